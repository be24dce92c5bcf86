"""The way to another system's API: guarded, patient when it says wait, and silent about credentials."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.platform.http import Fetched, OutboundFailed, OutboundRefused, fetch

TRIES = 4
MAX_WAIT = 10.0
TIMEOUT = 30.0
MAX_BYTES = 20 * 1024 * 1024


class Client:
    """One system's API at `base`; what it answers is JSON."""

    def __init__(self, core: Core, base: str, *, headers: Mapping[str, str] | None = None) -> None:
        self._core = core
        self._base = base.rstrip("/")
        self._headers = {"accept": "application/json", **(headers or {})}

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON at a path; parameters that are None or "" are left out.

        Waits and tries again when told to. Raises Refused with a sentence for the operator.
        """
        query = urlencode({name: value for name, value in params.items() if value is not None and value != ""})
        url = f"{self._base}{path}{f'?{query}' if query else ''}"
        answer = await self._asked(url)
        for _ in range(TRIES - 1):
            if answer.status not in (429, 503):
                break
            await asyncio.sleep(_wait(answer.headers.get("retry-after", "")))
            answer = await self._asked(url)
        if answer.status in (401, 403):
            raise Refused("The other system does not accept these credentials.", code="credentials")
        if answer.status != 200:
            raise Refused(f"The other system answered {answer.status}.", code="answered")
        try:
            return msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refused("The other system did not answer in JSON. Is the address right?", code="answered") from error

    async def _asked(self, url: str) -> Fetched:
        try:
            # Keys stand in headers of each system's own name, so no redirect is followed with them.
            return await fetch(
                self._core,
                "GET",
                url,
                headers=self._headers,
                timeout=TIMEOUT,
                max_bytes=MAX_BYTES,
                follow_redirects=False,
            )
        except (OutboundFailed, OutboundRefused) as error:
            raise Refused(f"The other system cannot be reached. {error.message}", code="unreachable") from error


def _wait(text: str) -> float:
    try:
        return min(max(float(text), 0.0), MAX_WAIT)
    except ValueError:
        return 1.0


def basic(name: str, password: str) -> dict[str, str]:
    """The header of Basic credentials."""
    return {"authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


def web_base(url: str) -> str:
    """An installation's address as the operator typed it; raises Refused for what is none."""
    text = url.strip().rstrip("/")
    text = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(text)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.username
    except ValueError:
        is_right = False
    if not is_right:
        raise Refused("Please type the address of the other system, such as https://crm.example.com.", code="url")
    return text


def rows(answer: Any, *names: str) -> list[dict[str, Any]]:
    """The objects of a list somewhere inside an answer; empty where it is something else."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else []


def number(answer: Any, *names: str) -> int | None:
    """A number somewhere inside an answer, also as digits."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    if isinstance(answer, str) and answer.isascii() and answer.isdigit() and len(answer) < 19:
        return int(answer)
    return answer if isinstance(answer, int) and not isinstance(answer, bool) else None


def record(value: Any) -> dict[str, Any]:
    """An object; empty where it is something else (empty objects of PHP are lists)."""
    return value if isinstance(value, dict) else {}


def cut(cursor: str) -> tuple[int, str]:
    """A cursor `<place>:<rest>` of systems that are read list by list."""
    place, _, rest = cursor.partition(":")
    return (int(place) if place.isascii() and place.isdigit() and len(place) < 9 else 0), rest


def page_of(cursor: str, *, first: int = 1) -> int:
    """A cursor that is a number."""
    return int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 12 else first
