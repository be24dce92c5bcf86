"""The beginning of an SMTP conversation: dialling, greeting, STARTTLS (RFC 3207), AUTH PLAIN and LOGIN (RFC 4954).

A `Handshake` is the protocol object of one connection until mails are sent on it; `smtp` builds on it for the rest.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import os
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from typing import Any, cast

from tidings.messages.transports.types import SmtpEndpoint
from tidings.messages.transports.wire import code_of, text_of

MAX_LINE = 100_000  # bytes without a line end
MAX_LINES = 200  # lines of one reply

Reply = tuple[int, list[str]]


class SmtpFailure(Exception):
    """The connection cannot be used; `code` and `text` of the server when it said any."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Handshake(asyncio.Protocol):
    """One connection to an SMTP server up to the point where mails can be offered, and what the server can do."""

    def __init__(self, endpoint: SmtpEndpoint) -> None:
        self.endpoint = endpoint
        self.is_usable = False
        self.failure = SmtpFailure(f"The connection to {endpoint.host} was lost.")
        self.is_pipelining = self.takes_utf8 = self.takes_8bit = False
        self.max_size = 0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._is_lost = False
        self._has_failed = False
        self._heard_at = 0.0
        self._buffer = b""
        self._earlier: list[str] | None = None
        self._reply: asyncio.Future[Reply] | None = None
        self._features: dict[str, str] = {}

    # -- opening

    async def open(self, check_address: Callable[[str], None] | None = None) -> None:
        """Connects, greets, encrypts and authenticates; raises SmtpFailure."""
        where = f"{self.endpoint.host}:{self.endpoint.port}"
        try:
            async with asyncio.timeout(self.endpoint.timeout.total_seconds()):
                await self._dial(check_address)
                await self._introduce()
        except TimeoutError as error:
            raise SmtpFailure(f"{where}: no answer in time") from error
        except (OSError, ValueError) as error:
            raise SmtpFailure(f"{where}: {error}") from error
        finally:
            if self._reply is not None and not self._reply.cancel() and not self._reply.cancelled():
                self._reply.exception()  # it was seen, though nobody waited for it any more
            if not self.is_usable:
                self.abort("was given up")

    async def _dial(self, check_address: Callable[[str], None] | None) -> None:
        """Tries the addresses of the host in turn; what was checked is what is dialled."""
        addresses = await _addresses(self.endpoint.host, self.endpoint.port)
        patience = self.endpoint.timeout.total_seconds() / len(addresses)
        for place, address in enumerate(addresses, start=1):
            try:
                if check_address is not None:
                    check_address(address)
            except Exception as error:
                raise SmtpFailure(str(error)) from error
            try:
                async with asyncio.timeout(patience):
                    await self._connect(address)
                return
            except OSError:
                if place == len(addresses):
                    raise

    async def _connect(self, address: str) -> None:
        is_tls = self.endpoint.encryption == "tls"
        self._is_lost = False
        self._reply = self._loop.create_future()
        await self._loop.create_connection(
            lambda: self,
            address,
            self.endpoint.port,
            ssl=self._context() if is_tls else None,
            server_hostname=self.endpoint.host if is_tls else None,
        )

    async def _introduce(self) -> None:
        self._expect(await self._answer(), 220)
        await self._hello()
        if self.endpoint.encryption == "starttls":
            await self._encrypt()
            await self._hello()
        await self._authenticate()
        size = self._features.get("SIZE", "")
        self.max_size = int(size) if size.isdigit() else 0
        self.is_pipelining = "PIPELINING" in self._features
        self.takes_utf8 = "SMTPUTF8" in self._features
        self.takes_8bit = "8BITMIME" in self._features
        if self._is_lost:
            raise self.failure
        self.is_usable = True

    async def _encrypt(self) -> None:
        host = self.endpoint.host
        if "STARTTLS" not in self._features:
            raise SmtpFailure(f"{host} does not offer STARTTLS.")
        self._expect(await self._command("STARTTLS"), 220)
        if self._buffer or self._earlier or self._is_lost:
            raise SmtpFailure(f"{host} sent text in front of the encryption.")
        plain = cast(Any, self._transport)
        self._transport = cast(
            asyncio.Transport, await self._loop.start_tls(plain, self, self._context(), server_hostname=host)
        )

    def _context(self) -> ssl.SSLContext:
        return _context(self.endpoint.verifies_tls, os.environ.get("SSL_CERT_FILE"))

    async def _hello(self) -> None:
        name = self.endpoint.local_hostname or self._own_name()
        code, lines = await self._command(f"EHLO {name}")
        if code != 250:
            self._expect(await self._command(f"HELO {name}"), 250)
            lines = []
        words = [line.replace("=", " ", 1).partition(" ") for line in lines[1:]]
        self._features = {word.upper(): rest for word, _, rest in words}

    def _own_name(self) -> str:
        name = socket.gethostname()
        if "." in name and name.isascii():
            return name
        address = str(self._transport.get_extra_info("sockname")[0]) if self._transport is not None else "127.0.0.1"
        return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"

    async def _authenticate(self) -> None:
        user, password = self.endpoint.username, self.endpoint.password or ""
        if not user:
            return
        offered = self._features.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            token = _base64(f"\0{user}\0{password}")
            answer = await self._command(f"AUTH PLAIN {token}")
            if answer[0] == 334:
                answer = await self._command(token)
        elif "LOGIN" in offered:
            answer = await self._command("AUTH LOGIN")
            for text in (user, password):
                self._expect(answer, 334)
                answer = await self._command(_base64(text))
        else:
            raise SmtpFailure(f"{self.endpoint.host} offers no way to log in that is known (PLAIN, LOGIN).")
        self._expect(answer, 235)

    def _expect(self, answer: Reply, code: int) -> None:
        if answer[0] != code:
            raise SmtpFailure(f"{answer[0]} {' '.join(answer[1])}".strip()[:500], answer[0])

    async def _command(self, text: str) -> Reply:
        if self._is_lost:
            raise self.failure
        self._reply = self._loop.create_future()
        self._write(text.encode() + b"\r\n")
        return await self._answer()

    async def _answer(self) -> Reply:
        assert self._reply is not None
        return await self._reply

    def _write(self, *parts: bytes) -> None:
        if self._transport is not None and not self._is_lost:
            self._transport.writelines(parts)

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for raw in lines:
            if self._is_lost:
                return
            line = raw.rstrip(b"\r")
            if line[3:4] == b"-":
                self._earlier = [*(self._earlier or ()), line[4:].decode("utf-8", "replace")]
                if len(self._earlier) > MAX_LINES:
                    self.abort("never stops talking")
            else:
                earlier, self._earlier = self._earlier, None
                self._on_reply(line, earlier)
        if len(self._buffer) > MAX_LINE:
            self.abort("never ends its line")

    def _on_reply(self, line: bytes, earlier: list[str] | None) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result((code_of(line), [*(earlier or ()), text_of(line)]))
        else:
            self.abort(f"said unasked: {text_of(line)}")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._has_failed and exc is not None:
            self.failure = SmtpFailure(f"The connection to {self.endpoint.host} was lost: {exc}")
        self.is_usable, self._is_lost = False, True
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(self.failure)

    def abort(self, why: str) -> None:
        """Cuts the connection at once, for a reason that completes "the server …"."""
        if not self._has_failed:
            self.failure = SmtpFailure(f"{self.endpoint.host} {why}.")
        self.is_usable, self._is_lost, self._has_failed = False, True, True
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Says goodbye and closes."""
        if self.is_usable:
            self._write(b"QUIT\r\n")
        self.is_usable = False
        if self._transport is not None:
            self._transport.close()
            # one turn of the loop, so that the socket is really closed when the caller goes on
            await asyncio.sleep(0)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@functools.lru_cache(maxsize=4)
def _context(verifies: bool, _certificates: str | None) -> ssl.SSLContext:
    """One context for all connections: reading the system's certificates takes longer than a handshake. The second
    argument is the environment's choice of certificates, which the context follows."""
    context = ssl.create_default_context()
    if not verifies:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _addresses(host: str, port: int) -> list[str]:
    try:
        ipaddress.ip_address(host)
        return [host]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses:
        raise SmtpFailure(f"{host} has no address.")
    return addresses
