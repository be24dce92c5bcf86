"""The hot routes: the pixel and the links. The answer waits for the hit's group to be on disk."""

from __future__ import annotations

import base64
import ipaddress
import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from tidings.platform.core import Core
from tidings.platform.db import AWAY
from tidings.public.http import Reply, Visit, header_url
from tidings.tracking.collector import CLICK, OPEN, Collector, Hit
from tidings.tracking.machines import is_machine
from tidings.tracking.tokens import click_proof, from_base36, is_same, number_from, open_proof

log = logging.getLogger("tidings.public")
GIF = base64.b64decode("R0lGODlhAQABAJAAAP8AAAAAACH5BAUQAAAALAAAAAABAAEAAAICBAEAOw==")
_KEPT_FOR = 30.0
_LINK = """
SELECT l.url, c.utm, c.tracks_clicks FROM links l JOIN campaigns c ON c.id = l.campaign_id WHERE l.id = $1
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link goes: as stored, and with the campaign's UTM parameters."""

    url: str
    tracked_url: str
    is_anonymous: bool


class Hits:
    """Answers pixel and links; holds the collector and a short-lived cache of links."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._collector = Collector(core)
        self._anonymizes = True
        self._links: dict[int, tuple[float, Target | None]] = {}

    async def open(self, visit: Visit) -> Reply:
        """The pixel: always 200, whatever the proof says."""
        message_id = number_from(visit.query.get("_e_id"))
        if message_id is not None and is_same(visit.query.get("_e_hash", ""), open_proof(self._core.keys, message_id)):
            await self._record(visit, Hit(OPEN, message_id, is_anonymous="ano" in visit.query))
        return Reply(200, GIF, b"image/gif")

    async def click(self, visit: Visit) -> Reply:
        """A link: 307 to where it was registered to go; a wrong proof goes there too and records nothing."""
        link_id = from_base36(visit.query.get("ns_url", ""))
        target = await self._target(link_id) if link_id is not None else None
        if link_id is None or target is None:
            home = str(await self._core.installation.get("public_url")).rstrip("/")
            return Reply(302, headers=[(b"location", header_url(f"{home}/"))])
        message_id = number_from(visit.query.get("mid"))
        given = visit.query.get("fch", "")
        if message_id is None or not is_same(given, click_proof(self._core.keys, message_id)):
            return Reply(307, headers=[(b"location", header_url(target.url))])
        await self._record(
            visit, Hit(CLICK, message_id, link_id, is_anonymous=target.is_anonymous or "ano" in visit.query)
        )
        onward = target.tracked_url
        if "route=smart_url" in onward:
            onward = with_reader(onward, str(await self._core.installation.get("public_url")), message_id, given)
        return Reply(307, headers=[(b"location", header_url(onward))])

    async def _record(self, visit: Visit, hit: Hit) -> None:
        """Waits for the disk. A hit that cannot be kept is told to the operator; the reader goes on to the page."""
        ip = None if hit.is_anonymous else await self._address(visit.ip)
        machine = is_machine(visit.method, visit.headers, is_click=hit.kind == CLICK)
        agent = None if hit.is_anonymous else visit.headers.get("user-agent")
        whole = Hit(hit.kind, hit.message_id, hit.link_id, machine, hit.is_anonymous, ip, agent)
        try:
            await self._collector.record(whole)
        except Exception as error:
            log.error("a hit on message %s is lost: %r", hit.message_id, error)

    async def _address(self, ip: str) -> str | None:
        try:
            self._anonymizes = bool(await self._core.installation.get("anonymize_ip"))
        except AWAY:
            # The database is away: what was decided last holds.
            log.debug("settings cannot be read now")
        return anonymised(ip) if self._anonymizes else ip or None

    async def _target(self, link_id: int) -> Target | None:
        now = time.monotonic()
        known = self._links.get(link_id)
        if known is not None and now - known[0] < _KEPT_FOR:
            return known[1]
        row = await self._core.db.fetchrow(_LINK, link_id)
        target = None
        if row is not None and row["url"].lower().startswith(("http://", "https://")):
            target = Target(row["url"], with_utm(row["url"], row["utm"]), row["tracks_clicks"] == "anonymous")
        if len(self._links) > 50_000:
            self._links.clear()
        self._links[link_id] = (now, target)
        return target


def with_utm(url: str, utm: dict[str, Any] | None) -> str:
    """The address with the campaign's UTM parameters behind what its query holds already."""
    if not utm or not utm.get("status"):
        return url
    words = {f"utm_{n}": utm[n] for n in ("source", "medium", "campaign", "term", "content") if utm.get(n)}
    if not words:
        return url
    parts = urlsplit(url)
    query = f"{parts.query}&{urlencode(words)}" if parts.query else urlencode(words)
    return urlunsplit(parts._replace(query=query))


def with_reader(url: str, home: str, message_id: int, proof: str) -> str:
    """The address of a smart link of our own with the mail it was followed from; any other stays as it is."""
    if not url.startswith(f"{home.rstrip('/')}/?") or "route=smart_url" not in url:
        return url
    return f"{url}&{urlencode({'mid': message_id, 'fch': proof})}"


def anonymised(ip: str) -> str | None:
    """The last octet of IPv4 and the last 80 bits of IPv6 zeroed (fluentcrm.md §5.3)."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    bits = 8 if address.version == 4 else 80
    return str(type(address)(int(address) >> bits << bits))
