"""SMTP on asyncio protocols: persistent connections, one round trip a mail (RFC 5321, pipelining RFC 2920).

The body of a mail and the commands of the next one leave in one write. STARTTLS (RFC 3207), AUTH PLAIN and LOGIN
(RFC 4954), 8BITMIME and SMTPUTF8 are used as offered; a server without PIPELINING is taken step by step.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, cast

from tidings.messages.transports.types import Envelope, Outcome, Result, SmtpEndpoint

OnResult = Callable[[Result], None]
TRANSIENT = frozenset(range(400, 500))
MAX_BACKLOG = 1_000_000  # bytes of answers without a line end


class Step(Enum):
    """Whose answer is awaited."""

    RESET = 0
    MAIL = 1
    RCPT = 2
    DATA = 3
    BODY = 4


class SmtpFailure(Exception):
    """The connection cannot be used; `code` and text of the server when it said any."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def wire_address(address: str, *, can_utf8: bool) -> str:
    """The address for MAIL and RCPT: domain in IDNA, control characters refused (ValueError)."""
    if any(c in address for c in "\r\n\x00<> \t") or "@" not in address or len(address) > 320:
        raise ValueError("The address cannot be used in SMTP.")
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode()
    if not local.isascii() and not can_utf8:
        raise ValueError("The server does not take addresses with non-ASCII letters in front of the @.")
    return f"{local}@{domain}"


def dot_stuffed(data: bytes) -> bytes:
    """The body as DATA wants it: leading dots doubled, ended by CRLF.CRLF (RFC 5321 §4.5.2)."""
    if b"\n." in data:
        data = data.replace(b"\r\n.", b"\r\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")


class SmtpConnection(asyncio.Protocol):
    """One connection. `open` greets and authenticates; `run` sends from a queue until it is empty."""

    def __init__(self, endpoint: SmtpEndpoint) -> None:
        self.endpoint = endpoint
        self.is_usable = False
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._reply: asyncio.Future[tuple[int, list[str]]] | None = None
        self._lines: list[str] = []
        self._features: dict[str, str] = {}
        self._awaited: deque[tuple[Step, Envelope | None]] = deque()
        self._queue: deque[Envelope] = deque()
        self._on_result: OnResult = lambda _result: None
        self._done: asyncio.Future[None] | None = None
        self._refusal: Result | None = None
        self._is_body_out = False
        self._current: Envelope | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._loop = asyncio.get_running_loop()

    # -- connecting

    async def open(self, check_address: Callable[[str], None] | None = None) -> None:
        """Connects, greets, encrypts and authenticates; raises SmtpFailure."""
        try:
            async with asyncio.timeout(self.endpoint.timeout.total_seconds()):
                await self._open(check_address)
        except SmtpFailure:
            self.abort()
            raise
        except (OSError, ssl.SSLError, TimeoutError) as error:
            self.abort()
            raise SmtpFailure(f"{self.endpoint.host}:{self.endpoint.port}: {error or 'no answer in time'}") from error

    async def _open(self, check_address: Callable[[str], None] | None) -> None:
        host, port = self.endpoint.host, self.endpoint.port
        target = await _resolved(host, port, check_address)
        is_tls = self.endpoint.encryption == "tls"
        self._reply = self._loop.create_future()
        await self._loop.create_connection(
            lambda: self,
            target,
            port,
            ssl=self._context() if is_tls else None,
            server_hostname=host if is_tls else None,
        )
        self._expect(await self._answer(), 220)
        await self._hello()
        if self.endpoint.encryption == "starttls":
            if "STARTTLS" not in self._features:
                raise SmtpFailure(f"{host} does not offer STARTTLS.")
            self._expect(await self._command("STARTTLS"), 220)
            if self._buffer:
                raise SmtpFailure(f"{host} sent text in front of the encryption.")
            transport = await self._loop.start_tls(
                cast(Any, self._transport), self, self._context(), server_hostname=host
            )
            self._transport = cast(asyncio.Transport, transport)
            await self._hello()
        await self._authenticate()
        self.is_usable = True

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.endpoint.verifies_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def _hello(self) -> None:
        code, lines = await self._command(f"EHLO {self.endpoint.local_hostname}")
        if code != 250:
            self._expect(await self._command(f"HELO {self.endpoint.local_hostname}"), 250)
            lines = []
        self._features = {}
        for line in lines[1:]:
            word, _, rest = line.partition(" ")
            self._features[word.upper()] = rest

    async def _authenticate(self) -> None:
        user, password = self.endpoint.username, self.endpoint.password
        if not user:
            return
        offered = self._features.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            token = b64encode(f"\0{user}\0{password or ''}".encode()).decode()
            answer = await self._command(f"AUTH PLAIN {token}")
        elif "LOGIN" in offered:
            answer = await self._command("AUTH LOGIN")
            for text in (user, password or ""):
                self._expect(answer, 334)
                answer = await self._command(b64encode(text.encode()).decode())
        else:
            raise SmtpFailure(f"{self.endpoint.host} offers no way to log in that is known (PLAIN, LOGIN).")
        self._expect(answer, 235)

    def _expect(self, answer: tuple[int, list[str]], code: int) -> None:
        if answer[0] != code:
            raise SmtpFailure(f"{answer[0]} {' '.join(answer[1])}".strip(), answer[0])

    async def _command(self, text: str) -> tuple[int, list[str]]:
        self._reply = self._loop.create_future()
        self._write(text.encode() + b"\r\n")
        return await self._answer()

    async def _answer(self) -> tuple[int, list[str]]:
        assert self._reply is not None
        return await self._reply

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MAX_BACKLOG:
            self.abort()
            return
        for raw in lines:
            line = raw.rstrip(b"\r")
            if line[3:4] == b"-":
                self._lines.append(line[4:].decode("utf-8", "replace"))
                continue
            code = int(line[:3]) if line[:3].isdigit() else 0
            texts = [*self._lines, line[4:].decode("utf-8", "replace")] if self._lines else None
            self._lines = []
            if self._awaited:
                self._on_step(code, line, texts)
            elif self._reply is not None and not self._reply.done():
                self._reply.set_result((code, texts or [line[4:].decode("utf-8", "replace")]))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_usable = False
        failure = SmtpFailure(f"The connection to {self.endpoint.host} was lost{f': {exc}' if exc else ''}.")
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(failure)
        self._stop(failure.text)

    # -- sending

    async def run(self, queue: deque[Envelope], on_result: OnResult) -> None:
        """Sends from the queue until it is empty or the connection is lost. What was not offered goes back to the
        front of the queue; every other mail has had its result."""
        if not self.is_usable:
            return
        self._queue, self._on_result = queue, on_result
        self._done = self._loop.create_future()
        self._heard_at = self._loop.time()
        self._watch = self._loop.call_later(1.0, self._look)
        self._offer_next()
        try:
            await self._done
        except asyncio.CancelledError:
            self.abort()
            raise
        finally:
            self._watch.cancel()

    def _look(self) -> None:
        if self._awaited and self._loop.time() - self._heard_at > self.endpoint.timeout.total_seconds():
            self.abort()
            return
        self._watch = self._loop.call_later(1.0, self._look)

    def _next(self) -> Envelope | None:
        while self._queue:
            envelope = self._queue.popleft()
            try:
                wire_address(envelope.sender, can_utf8=True)
                wire_address(envelope.recipient, can_utf8="SMTPUTF8" in self._features)
            except (ValueError, UnicodeError) as error:
                self._on_result(Result(envelope.key, Outcome.REFUSED, None, str(error)))
                continue
            return envelope
        return None

    def _offer_next(self, before: bytes = b"", *, resets: bool = False) -> None:
        """Writes `before` and the commands of the next mail in one go; ends the run when there is none."""
        envelope = self._next()
        self._current = envelope
        self._refusal = None
        self._is_body_out = False
        if envelope is None:
            if before:
                self._write(before)
            elif not self._awaited:
                self._finish()
            return
        commands = before
        if resets:
            commands += b"RSET\r\n"
            self._awaited.append((Step.RESET, None))
        mail = b"MAIL FROM:<" + wire_address(envelope.sender, can_utf8=True).encode() + b">"
        if not envelope.recipient.isascii() and "SMTPUTF8" in self._features:
            mail += b" SMTPUTF8"
        rcpt = b"RCPT TO:<" + wire_address(envelope.recipient, can_utf8=True).encode() + b">\r\n"
        self._awaited.append((Step.MAIL, envelope))
        if "PIPELINING" in self._features:
            self._awaited.append((Step.RCPT, envelope))
            self._awaited.append((Step.DATA, envelope))
            self._write(commands + mail + b"\r\n" + rcpt + b"DATA\r\n")
        else:
            self._write(commands + mail + b"\r\n")

    def _on_step(self, code: int, line: bytes, texts: list[str] | None) -> None:
        step, envelope = self._awaited.popleft()
        if step is Step.BODY:
            assert envelope is not None
            self._on_result(_result(envelope, code, _said(line, texts)))
            if code == 421:
                self.abort()
            elif not self._awaited and self._current is None:
                self._offer_next()
            return
        if step is Step.RESET or envelope is None:
            return
        if code == 421:
            self.abort()
            return
        if step is not Step.DATA and not 200 <= code < 300 and self._refusal is None:
            self._refusal = _result(envelope, code, _said(line, texts), is_sender=step is Step.MAIL)
        if "PIPELINING" not in self._features and step is not Step.DATA and self._refusal is None:
            self._step_on(step, envelope)
            return
        if step is Step.DATA or "PIPELINING" not in self._features:
            self._on_data(step, envelope, code, _said(line, texts))

    def _step_on(self, step: Step, envelope: Envelope) -> None:
        if step is Step.MAIL:
            self._awaited.append((Step.RCPT, envelope))
            self._write(b"RCPT TO:<" + wire_address(envelope.recipient, can_utf8=True).encode() + b">\r\n")
        else:
            self._awaited.append((Step.DATA, envelope))
            self._write(b"DATA\r\n")

    def _on_data(self, step: Step, envelope: Envelope, code: int, text: str) -> None:
        """The server wants the body, or not. A refusal noted before is reported now; an empty body satisfies 354."""
        if self._refusal is not None:
            self._on_result(self._refusal)
            if step is Step.DATA and code == 354:
                self._awaited.append((Step.RESET, None))
                self._write(b".\r\n")
            self._offer_next(resets=True)
            return
        if code != 354:
            self._on_result(_result(envelope, code, text))
            self._offer_next(resets=True)
            return
        body = dot_stuffed(envelope.data)
        self._awaited.append((Step.BODY, envelope))
        if "PIPELINING" in self._features:
            self._offer_next(body)
        else:
            self._current = None
            self._write(body)

    def _finish(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(None)

    def _stop(self, text: str) -> None:
        """The connection is gone: bodies without answer are unknown, what was only offered goes back."""
        while self._awaited:
            step, envelope = self._awaited.popleft()
            if step is Step.BODY and envelope is not None:
                self._on_result(Result(envelope.key, Outcome.UNKNOWN, None, text))
        if self._refusal is not None:
            self._on_result(self._refusal)
        elif self._current is not None:
            self._queue.appendleft(self._current)
        self._current, self._refusal = None, None
        self._finish()

    def abort(self) -> None:
        """Cuts the connection at once."""
        self.is_usable = False
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Says goodbye and closes."""
        if self.is_usable:
            self.is_usable = False
            self._write(b"QUIT\r\n")
        if self._transport is not None:
            self._transport.close()
            # one turn of the loop, so that the socket is really closed when the caller goes on
            await asyncio.sleep(0)


def _said(line: bytes, texts: list[str] | None) -> str:
    return (" ".join(texts) if texts else line[4:].decode("utf-8", "replace"))[:500]


def _result(envelope: Envelope, code: int, text: str, *, is_sender: bool = False) -> Result:
    if 200 <= code < 300:
        return Result(envelope.key, Outcome.SENT, code, text)
    if code in TRANSIENT:
        return Result(envelope.key, Outcome.DEFERRED, code, text)
    if is_sender or code in (530, 535):
        return Result(envelope.key, Outcome.ACCOUNT_FAILED, code, text)
    return Result(envelope.key, Outcome.REFUSED, code, text)


async def _resolved(host: str, port: int, check_address: Callable[[str], None] | None) -> str:
    """One checked address of the host, so that what was checked is what is dialled."""
    try:
        ipaddress.ip_address(host)
        addresses = [host]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise SmtpFailure(f"{host} has no address.")
    if check_address is not None:
        try:
            check_address(addresses[0])
        except Exception as error:
            raise SmtpFailure(str(error)) from error
    return addresses[0]


class SmtpPool:
    """A transport over several persistent connections to one endpoint."""

    def __init__(
        self, endpoint: SmtpEndpoint, *, connections: int = 10, check_address: Callable[[str], None] | None = None
    ) -> None:
        self.endpoint = endpoint
        self.connections = connections
        self._check_address = check_address
        self._idle: list[SmtpConnection] = []

    async def send(self, envelopes: Sequence[Envelope], on_result: OnResult) -> None:
        """Spreads mails over the connections; returns when each has had its result."""
        queue = deque(envelopes)
        lanes = min(self.connections, len(queue))
        failures: list[SmtpFailure] = []
        await asyncio.gather(*(self._lane(queue, on_result, failures) for _ in range(lanes)))
        text = failures[-1].text if failures else f"The connection to {self.endpoint.host} was lost again and again."
        code = failures[-1].code if failures else None
        while queue:
            on_result(Result(queue.popleft().key, Outcome.ACCOUNT_FAILED, code, text))

    async def _lane(self, queue: deque[Envelope], on_result: OnResult, failures: list[SmtpFailure]) -> None:
        losses = 0
        while queue and losses < 3:
            connection = self._take()
            try:
                if connection is None:
                    connection = SmtpConnection(self.endpoint)
                    await connection.open(self._check_address)
            except SmtpFailure as failure:
                failures.append(failure)
                return
            before = len(queue)
            await connection.run(queue, on_result)
            if connection.is_usable:
                self._idle.append(connection)
            else:
                losses = losses + 1 if len(queue) >= before - 1 else 0

    def _take(self) -> SmtpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
        return None

    async def close(self) -> None:
        """Closes what is idle."""
        for connection in self._idle:
            await connection.close()
        self._idle.clear()
