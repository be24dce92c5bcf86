"""The one outbound HTTP client: webhooks, feeds, images, discovery. Nothing else may open HTTP to the outside.

A name is resolved, every address is judged, and the connection goes to the judged address itself, so that a second
answer of the name server changes nothing (DNS rebinding). Redirects are followed by hand and judged again. What is
fetched and what is done with it belongs to the features; the SMTP transport uses `resolve_guarded` for its hosts.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from tidings.platform.core import Core
from tidings.platform.errors import TidingsError

MAX_REDIRECTS = 5
MAX_BYTES = 5 * 1024 * 1024
TIMEOUT = 15.0
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Of an answer that is only looked at.
MAX_EXCERPT = 16 * 1024
# No compression: a small body could unfold into a huge one.
_HEADERS = {"user-agent": "Tidings", "accept-encoding": "identity"}
_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


class OutboundRefused(TidingsError):
    """The target is not allowed: its scheme, its address, its redirects or its size."""


class OutboundFailed(TidingsError):
    """The target could not be reached or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: status, headers (lower case), body, and the address it finally came from."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


def guard_address(ip: str, allow_private: bool = False) -> None:
    """Raises OutboundRefused when `ip` must not be connected to.

    Always refused: unspecified, multicast and link-local addresses (cloud metadata lives there). Private, loopback
    and every other address that is not public (RFC 6890) pass only with `allow_private`. IPv4 inside IPv6 (mapped,
    6to4, Teredo, NAT64, IPv4-compatible) is judged by the address inside.
    """
    try:
        address = ipaddress.ip_address(ip.split("%", 1)[0])
    except ValueError:
        raise OutboundRefused(f"“{ip}” is not an IP address.") from None
    for one in (address, *_inside(address)):
        is_public = one.is_global and not one.is_multicast and not one.is_reserved
        if one.is_unspecified or one.is_multicast or one.is_link_local:
            raise OutboundRefused(f"The address {ip} is not allowed.")
        if not is_public and not allow_private and not (one is address and _inside(address)):
            raise OutboundRefused(f"The address {ip} is private. Allow private targets in the settings if it is yours.")


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    is_compatible = int(address) >> 32 == 0 and int(address) > 1
    if address in _NAT64 or is_compatible:
        found.append(low)
    return [one for one in found if one is not None]


async def resolve_guarded(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of `host`, all of them judged: one bad address refuses the name. Connect to these, not to the name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundFailed(f"The host {host} was not found.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        guard_address(address, allow_private)
    return addresses


async def fetch(
    core: Core,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    timeout: float = TIMEOUT,
    max_bytes: int = MAX_BYTES,
    follow_redirects: bool = True,
) -> Fetched:
    """Sends one request and returns the answer, whatever its status.

    `timeout` (seconds) caps the whole exchange with all redirects, `max_bytes` the body. Raises OutboundRefused and
    OutboundFailed. Credentials in headers do not follow a redirect to another origin.
    """
    allow_private = bool(await core.installation.get("allow_private_targets"))
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    try:
        async with asyncio.timeout(timeout):
            return await _follow(
                method.upper(), url, sent, content, allow_private, max_bytes, MAX_REDIRECTS if follow_redirects else 0
            )
    except TimeoutError as error:
        raise OutboundFailed(f"{_shown(url)} did not answer within {timeout:g} seconds.") from error


async def _follow(
    method: str,
    url: str,
    headers: dict[str, str],
    content: bytes | None,
    allow_private: bool,
    max_bytes: int,
    left: int,
) -> Fetched:
    is_following = left > 0
    while True:
        answer = await _exchange(method, url, headers, content, allow_private, max_bytes)
        target = answer.headers.get("location")
        if not is_following or answer.status not in (301, 302, 303, 307, 308) or not target:
            return answer
        if left == 0:
            raise OutboundRefused(f"{_shown(url)} redirects more than {MAX_REDIRECTS} times.")
        left -= 1
        following = urljoin(url, target)
        if urlsplit(following)[:2] != urlsplit(url)[:2]:
            headers = {name: value for name, value in headers.items() if name not in _SECRET_HEADERS}
        if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
            method, content = "GET", None
            headers = {name: value for name, value in headers.items() if not name.startswith("content-")}
        url = following


def _target(url: str) -> tuple[httpx.URL, str, int]:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise OutboundRefused(f"“{url[:200]}” is not a valid address.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise OutboundRefused("Only http and https addresses are allowed.")
    return parsed, parsed.raw_host.decode("ascii"), parsed.port or (443 if parsed.scheme == "https" else 80)


def split_url(url: str) -> str:
    """The host of an address that may be kept for later; raises OutboundRefused for what can never be fetched."""
    parsed, host, _ = _target(url)
    if parsed.userinfo:
        raise OutboundRefused("An address with a user name or password is not allowed.")
    return host.strip("[]")


class Poster:
    """Posts again and again to the same places over kept connections; one for each place that must not delay another.

    At most `CONNECTIONS` posts may be under way at a time: the caller sees to that. A name is resolved and judged anew every
    `AGE` seconds, and requests go to judged addresses only. Redirects are answers.
    """

    AGE = 30.0
    CONNECTIONS = 16

    def __init__(self, core: Core) -> None:
        self._core = core
        self._idle: dict[str, list[httpcore.AsyncHTTPConnection]] = {}
        # host and port -> addresses, whether private ones were allowed, when they were judged
        self._judged: dict[tuple[str, int], tuple[list[str], bool, float]] = {}

    async def close(self) -> None:
        """Closes the connections that lie idle."""
        for connection in [one for idle in self._idle.values() for one in idle]:
            await connection.aclose()
        self._idle.clear()

    async def post(self, url: str, content: bytes, headers: Mapping[str, str], *, timeout: float) -> Fetched:
        """One POST. The body of the answer is cut after `MAX_EXCERPT` bytes. Raises OutboundRefused, OutboundFailed.

        `timeout` (seconds) caps the whole exchange. A kept connection that the other side has just closed is replaced
        once: the same bytes may arrive twice.
        """
        parsed, host, port = _target(url)
        sent = {**_HEADERS, **headers, "host": parsed.netloc.decode("ascii"), "content-length": str(len(content))}
        head = [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()]
        failure: Exception | None = None
        try:
            async with asyncio.timeout(timeout):
                for address in await self._addresses(host, port):
                    place = httpcore.URL(scheme=parsed.scheme, host=address, port=port, target=parsed.raw_path)
                    more = {"sni_hostname": host}
                    request = httpcore.Request("POST", place, headers=head, content=content, extensions=more)
                    try:
                        return await self._send(place.origin, request, url)
                    except httpcore.RemoteProtocolError:
                        return await self._send(place.origin, request, url)
                    except httpcore.ConnectError as error:
                        failure = error
        except TimeoutError as error:
            raise OutboundFailed(f"{_shown(url)} did not answer within {timeout:g} seconds.") from error
        except (*_BROKEN, OSError) as error:
            raise OutboundFailed(f"{_shown(url)} could not be reached: {str(error) or type(error).__name__}") from error
        raise OutboundFailed(f"{_shown(url)} could not be reached: {failure}") from failure

    async def _addresses(self, host: str, port: int) -> list[str]:
        allow_private, now = bool(await self._core.installation.get("allow_private_targets")), time.monotonic()
        found, was_allowed, at = self._judged.get((host, port), ([], allow_private, 0.0))
        if not found or was_allowed != allow_private or now - at > self.AGE:
            found = await resolve_guarded(host.strip("[]"), port, allow_private=allow_private)
            self._judged[(host, port)] = (found, allow_private, now)
        return found

    async def _send(self, origin: httpcore.Origin, request: httpcore.Request, url: str) -> Fetched:
        connection = await self._connection(origin)
        try:
            response = await connection.handle_async_request(request)
            body = bytearray()
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) >= MAX_EXCERPT:
                    break
            # What was not read to its end ends the connection.
            await response.aclose()
        except BaseException:
            await connection.aclose()
            raise
        if connection.is_idle():
            self._idle.setdefault(str(origin), []).append(connection)
        else:
            await connection.aclose()
        names = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Fetched(response.status, names, bytes(body[:MAX_EXCERPT]), url)

    async def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        """The one that was used last, if it still stands."""
        idle = self._idle.get(str(origin), [])
        while idle:
            connection = idle.pop()
            if connection.is_idle() and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(origin, ssl_context=_tls(), keepalive_expiry=15)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


async def _exchange(
    method: str, url: str, headers: dict[str, str], content: bytes | None, allow_private: bool, max_bytes: int
) -> Fetched:
    parsed, host, port = _target(url)
    addresses = await resolve_guarded(host.strip("[]"), port, allow_private=allow_private)
    sent = _HEADERS | headers | {"host": parsed.netloc.decode("ascii")}
    failure: Exception | None = None
    # No environment proxies, no shared connections: a connection belongs to the name it was judged for. The caller's
    # timeout caps the whole exchange, so the parts need none.
    async with httpx.AsyncClient(trust_env=False, timeout=None) as client:  # noqa: S113
        for address in addresses:
            request = client.build_request(
                method,
                parsed.copy_with(host=address),
                headers=sent,
                content=content,
                extensions={"sni_hostname": host},
            )
            try:
                response = await client.send(request, stream=True, follow_redirects=False)
            except httpx.ConnectError as error:
                failure = error
                continue
            except (httpx.HTTPError, OSError) as error:
                raise OutboundFailed(f"{_shown(url)} could not be reached: {error}") from error
            return await _read(response, url, max_bytes)
    raise OutboundFailed(f"{_shown(url)} could not be reached: {failure}") from failure


async def _read(response: httpx.Response, url: str, max_bytes: int) -> Fetched:
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > max_bytes:
                raise OutboundRefused(f"{_shown(url)} answers with more than {max_bytes} bytes.")
    except httpx.HTTPError as error:
        raise OutboundFailed(f"{_shown(url)} broke off its answer: {error}") from error
    finally:
        await response.aclose()
    if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise OutboundRefused(f"{_shown(url)} sends a compressed answer that was not asked for.")
    return Fetched(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(body), url)


def _shown(url: str) -> str:
    """The address without credentials and query, for messages."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:200]
