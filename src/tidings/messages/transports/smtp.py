"""SMTP on asyncio protocols: persistent connections, one round trip a mail (RFC 5321, pipelining RFC 2920).

`SmtpPool` is the transport, `SmtpConnection` one conversation: the body of a mail and the commands of the next one
leave in one write, and everything is driven from the replies, without a task or future per mail. A server without
PIPELINING is taken step by step. Greeting, STARTTLS and AUTH are in `handshake`, bytes and verdicts in `wire`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from tidings.messages.transports.handshake import Handshake, SmtpFailure
from tidings.messages.transports.types import Envelope, Outcome, Result, SmtpEndpoint
from tidings.messages.transports.wire import Step, body_parts, code_of, text_of, verdict, wire_address

__all__ = ["SmtpConnection", "SmtpFailure", "SmtpPool"]

OnResult = Callable[[Result], None]
MAX_LOSSES = 3  # connections in a row that a lane loses without one reply to a mail, until it gives up
MAX_OFFERS = 2  # connections that one mail may be offered on and lost with, until it is put off


class SmtpConnection(Handshake):
    """One connection. `open` makes it ready; `run` sends from a queue until the queue is empty or the line is lost."""

    def __init__(self, endpoint: SmtpEndpoint) -> None:
        super().__init__(endpoint)
        self.answered = 0
        self._queue: deque[Envelope] = deque()
        self._on_result: OnResult = lambda _result: None
        self._done: asyncio.Future[None] | None = None
        # Replies to come, in order; a server without PIPELINING gets the commands in _unsent one by one.
        self._awaited: deque[tuple[Step, Envelope]] = deque()
        self._unsent: deque[tuple[Step, Envelope, bytes]] = deque()
        # The mail that is offered and whose DATA has no reply yet, and what was said against it so far.
        self._current: Envelope | None = None
        self._refusal: Result | None = None
        self._refused_at = Step.RESET
        self._given_back: Envelope | None = None
        self._is_mail_open = False  # a transaction was begun that no body has ended: RSET comes first
        self._sender = ("", b"")
        self._watch: asyncio.TimerHandle | None = None

    async def run(self, queue: deque[Envelope], on_result: OnResult) -> Envelope | None:
        """Sends from the queue until it is empty or the connection is lost; every mail taken from it has had its one
        result, except the mail that is answered: it was offered, nothing of its body was, and it may be sent again."""
        if not self.is_usable:
            return None
        self._queue, self._on_result, self._given_back, self.answered = queue, on_result, None, 0
        done = self._done = self._loop.create_future()
        self._heard_at = self._loop.time()
        self._look()
        self._offer_next()
        try:
            await done
        except asyncio.CancelledError:
            self.abort("was cut on our side")
            raise
        finally:
            if self._watch is not None:
                self._watch.cancel()
        return self._given_back

    def _look(self) -> None:
        limit = self.endpoint.timeout.total_seconds()
        if self._loop.time() - self._heard_at > limit:
            self.abort(f"was silent for {limit:g} s")
            return
        self._watch = self._loop.call_later(min(1.0, limit / 2), self._look)

    # -- offering

    def _next(self) -> tuple[Envelope, bytes, bytes] | None:
        """The next mail that can be offered, with its MAIL and RCPT; what cannot has its result at once."""
        while self._queue:
            envelope = self._queue.popleft()
            outcome = Outcome.ACCOUNT_FAILED
            try:
                mail = self._mail_command(envelope)
                outcome = Outcome.REFUSED
                recipient = wire_address(envelope.recipient, can_utf8=self.takes_utf8).encode()
                if self.max_size and len(envelope.data) > self.max_size:
                    raise ValueError(f"The mail is larger than the {self.max_size} bytes that the server takes (SIZE).")
            except ValueError as error:
                self._on_result(Result(envelope.key, outcome, None, str(error)))
                continue
            return envelope, mail, b"RCPT TO:<" + recipient + b">\r\n"
        return None

    def _mail_command(self, envelope: Envelope) -> bytes:
        if self._sender[0] != envelope.sender:
            address = wire_address(envelope.sender, can_utf8=self.takes_utf8).encode()
            self._sender = (envelope.sender, b"MAIL FROM:<" + address + b">")
        mail = self._sender[1]
        if self.takes_utf8 and not (envelope.recipient.isascii() and mail.isascii()):
            mail += b" SMTPUTF8"
        if self.takes_8bit and not envelope.data.isascii():
            mail += b" BODY=8BITMIME"
        return mail + b"\r\n"

    def _offer_next(self, *before: bytes) -> None:
        """Writes `before` and the commands of the next mail in one go; ends the run when nothing is left to hear."""
        offer = self._next()
        self._current = self._refusal = None
        if offer is None:
            if before:
                self._write(*before)
            elif not self._awaited:
                self._finish()
            return
        envelope, mail, rcpt = offer
        self._current = envelope
        if not self.is_pipelining:
            if self._is_mail_open:
                self._unsent.append((Step.RESET, envelope, b"RSET\r\n"))
            self._unsent.extend(
                ((Step.MAIL, envelope, mail), (Step.RCPT, envelope, rcpt), (Step.DATA, envelope, b"DATA\r\n"))
            )
            self._step_on()
        else:
            if self._is_mail_open:
                self._awaited.append((Step.RESET, envelope))
                before = (*before, b"RSET\r\n")
            self._awaited.extend(((Step.MAIL, envelope), (Step.RCPT, envelope), (Step.DATA, envelope)))
            self._write(*before, mail, rcpt, b"DATA\r\n")
        self._is_mail_open = True

    def _step_on(self) -> None:
        step, envelope, command = self._unsent.popleft()
        self._awaited.append((step, envelope))
        self._write(command)

    # -- hearing

    def _on_reply(self, line: bytes, earlier: list[str] | None) -> None:
        if not self._awaited:
            super()._on_reply(line, earlier)
            return
        code = code_of(line)
        is_go_on = code == 354 and self._awaited[0][0] is Step.DATA
        if not code or (300 <= code < 400 and not is_go_on):
            self.abort(f"said what is no reply: {line[:100].decode('ascii', 'replace')}")
            return
        step, envelope = self._awaited.popleft()
        if step is Step.BODY:
            self.answered += 1
            self._on_result(verdict(envelope, step, code, text_of(line, earlier)))
            if code == 421:
                self.abort("said 421 and goodbye")
            elif not self._awaited:
                self._offer_next()
        elif step is Step.EMPTY or (step is Step.RESET and code < 300):
            self._go_on()
        elif step is Step.RESET:
            self.abort(f"said {code} to RSET")
        elif code == 421 and step is Step.MAIL:
            self.abort(f"said 421 {text_of(line, earlier)}")
        else:
            if code >= 400 and self._refusal is None:
                self._refusal, self._refused_at = verdict(envelope, step, code, text_of(line, earlier)), step
            if code == 421:
                self.abort("said 421 and goodbye")
            elif step is Step.DATA:
                self._on_data(envelope, code)
            elif self._refusal is None:
                self._go_on()
            elif not self.is_pipelining:
                self._unsent.clear()
                self._report_refusal()

    def _go_on(self) -> None:
        if self._unsent:
            self._step_on()
        elif not self._awaited:
            self._offer_next()

    def _report_refusal(self, *before: bytes) -> None:
        assert self._refusal is not None
        self.answered += 1
        self._on_result(self._refusal)
        self._offer_next(*before)

    def _on_data(self, envelope: Envelope, code: int) -> None:
        """The server wants the body, or not. If it wants one though the recipient was refused (RFC 2920 §3.1), it
        gets an empty one; if it wants one without a sender, nobody knows to whom the empty mail would go."""
        if code != 354:
            if self._refusal is None:
                self.abort(f"said {code} to DATA")
            else:
                self._report_refusal()
        elif self._refusal is not None:
            if self._refused_at is Step.MAIL:
                self.abort("wants a mail whose sender it refused")
                return
            self._awaited.append((Step.EMPTY, envelope))
            self._report_refusal(b".\r\n")
        else:
            self._awaited.append((Step.BODY, envelope))
            self._is_mail_open = False
            if self.is_pipelining:
                self._offer_next(*body_parts(envelope))
            else:
                self._current = None
                self._write(*body_parts(envelope))

    def _finish(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Bodies without a reply are unknown; what was refused is refused; what was only offered is given back."""
        super().connection_lost(exc)
        while self._awaited:
            step, envelope = self._awaited.popleft()
            if step is Step.BODY:
                self._on_result(Result(envelope.key, Outcome.UNKNOWN, None, self.failure.text))
        self._unsent.clear()
        if self._refusal is not None:
            self.answered += 1
            self._on_result(self._refusal)
        else:
            self._given_back = self._current
        self._current = self._refusal = None
        self._finish()


class SmtpPool:
    """A transport over several persistent connections to one endpoint.

    `check_address` is called with every IP address before it is dialled, and raises when it must not be.
    """

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
        failures: list[SmtpFailure] = []
        offers: dict[int, int] = {}
        async with asyncio.TaskGroup() as lanes:
            for _ in range(min(self.connections, len(queue))):
                lanes.create_task(self._lane(queue, on_result, failures, offers))
        while queue:
            on_result(Result(queue.popleft().key, Outcome.ACCOUNT_FAILED, failures[-1].code, failures[-1].text))

    async def _lane(
        self, queue: deque[Envelope], on_result: OnResult, failures: list[SmtpFailure], offers: dict[int, int]
    ) -> None:
        losses = 0
        while queue and losses < MAX_LOSSES:
            connection = self._take()
            is_fresh = connection is None
            if connection is None:
                connection = SmtpConnection(self.endpoint)
                try:
                    await connection.open(self._check_address)
                except SmtpFailure as failure:
                    failures.append(failure)
                    return
            lost = await connection.run(queue, on_result)
            if connection.is_usable:
                self._idle.append(connection)
                continue
            failures.append(connection.failure)
            if is_fresh:
                losses = 0 if connection.answered else losses + 1
            if lost is None:
                continue
            # An idle connection may have ended long ago: that says nothing about the mail.
            offers[lost.key] = offers.get(lost.key, 0) + (1 if is_fresh and not connection.answered else 0)
            if offers[lost.key] < MAX_OFFERS:
                queue.appendleft(lost)
            else:
                on_result(Result(lost.key, Outcome.DEFERRED, connection.failure.code, connection.failure.text))

    def _take(self) -> SmtpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
        return None

    async def close(self) -> None:
        """Says goodbye on what is idle, and closes it."""
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()
