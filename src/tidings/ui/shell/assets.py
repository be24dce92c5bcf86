"""The built assets: kept in memory with their compressed form, addressed by content, cacheable for ever.

Nothing but what the build listed can be asked for, so no path ever reaches the file system.
"""

from __future__ import annotations

import gzip
import json
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

DIST = Path(__file__).parent.parent / "static" / "dist"
_COMPRESSIBLE = {".js", ".css", ".svg", ".json"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, its gzip form where that is smaller, its type."""

    body: bytes
    packed: bytes | None
    kind: str


@lru_cache(maxsize=1)
def _assets() -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for path in sorted((DIST / "assets").glob("*")):
        body = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        packed = gzip.compress(body, 6, mtime=0) if path.suffix in _COMPRESSIBLE else None
        found[path.name] = Asset(body, packed, kind)
    return found


@lru_cache(maxsize=1)
def _manifest() -> dict[str, Any]:
    path = DIST / "manifest.json"
    if not path.exists():
        raise RuntimeError("The interface is not built: run `npm ci && npm run build` in frontend/.")
    return json.loads(path.read_text())


@lru_cache(maxsize=1)
def _icons() -> dict[str, str]:
    return json.loads((DIST / "icons.json").read_text())


def script(entry: str) -> str:
    """Address of the built script of an entry ("main.ts")."""
    return f"/static/dist/{_manifest()[entry]['file']}"


def styles(entry: str) -> list[str]:
    """Addresses of the style sheets of an entry."""
    return [f"/static/dist/{name}" for name in _manifest()[entry].get("css", [])]


@lru_cache(maxsize=1024)
def icon(name: str, *, label: str = "") -> Markup:
    """A line icon, hidden from screen readers unless it has a label. Names: tabler.io/icons."""
    drawn = Markup(_icons().get(name, ""))  # noqa: S704 - our own build wrote it
    about = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon-line" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>'
    ).format(about, drawn)


@get("/static/dist/assets/{name:str}", access="anyone")
async def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A built file."""
    found = _assets().get(name)
    if found is None:
        raise NotFoundException
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    body = found.body
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = found.packed, "gzip"
    return Response(body, media_type=found.kind, headers=headers)


_MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" rx="8" fill="#0f6e6b"/>'
    '<path d="M6 11.5c2.7-2.7 5.3-2.7 8 0s5.3 2.7 8 0M6 17.5c2.7-2.7 5.300-2.7 8 0s5.300 2.7 8 0" fill="none" '
    'stroke="#fff" stroke-width="2.2" stroke-linecap="round"/></svg>'
)


@get("/favicon.svg", access="anyone")
async def favicon() -> Response[str]:
    """The mark of the product."""
    return Response(_MARK, media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"})


ROUTES = [asset, favicon]
