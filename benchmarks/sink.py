"""A local SMTP sink for tests and benchmarks: fast, pipelining, with scripted answers.

    python -m benchmarks.sink --port 2525 --delay-ms 50 --log received.tsv --answer full@=452

It reads DATA by searching for the final dot, never line by line, and is as strict about the order of commands as
RFC 5321 is. `answers` maps a word found in a recipient to the reply its RCPT gets; `script` sees every command and the
end of every body. The log has one line per accepted mail: Message-ID, recipient.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import ssl
import sys
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable
from typing import TextIO, cast

_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(\S+)")


class Sink:
    """What the sink was told and what it has seen."""

    def __init__(self, *, delay: float = 0.0, answers: dict[str, str] | None = None, log: TextIO | None = None) -> None:
        self.delay = delay
        self.answers = answers or {}
        self.log = log
        self.connections = 0
        self.accepted = 0
        self.received: list[tuple[str, str, bytes]] = []
        self.commands: list[str] = []
        self.keeps_bodies = False
        self.keeps_recipients = log is None
        self.keeps_commands = False
        self.features = ["PIPELINING", "8BITMIME", "SMTPUTF8"]
        self.greeting = "220 sink ready"
        self.auth: tuple[str, str] | None = None
        self.auth_ways = "PLAIN LOGIN"
        # offers STARTTLS with this context (and AUTH only behind it)
        self.tls: ssl.SSLContext | None = None
        # whether DATA without a valid recipient is asked for its body all the same (RFC 2920 §3.1 allows both)
        self.is_trusting = False
        # called with each accepted count; may raise ConnectionResetError to cut the line before the answer
        self.before_answer: Callable[[int], None] = lambda _n: None
        # called with each command line, "." for the end of a body and "" for the greeting; may answer the reply to
        # give instead of acting on it, or raise ConnectionResetError to cut the line
        self.script: Callable[[str], str | None] | None = None

    def make(self) -> asyncio.Protocol:
        return _Session(self)

    async def serve(
        self, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None
    ) -> asyncio.Server:
        """Listens; with `tls` the encryption begins with the first byte."""
        return await asyncio.get_running_loop().create_server(self.make, host, port, backlog=500, ssl=tls)


class _Session(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.transport: asyncio.Transport | None = None
        self.upgrade: asyncio.Task[None] | None = None
        self.buffer = b""
        self.replies: list[bytes] = []
        self.in_data = self.in_mail = self.is_encrypted = self.is_known = False
        self.recipient = ""
        self.login: list[str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.sink.connections += 1
        self.react(self.greet, "")

    def greet(self) -> None:
        self.reply(self.sink.greeting)
        if not self.sink.greeting.startswith("2") and self.transport is not None:
            self.flush()
            self.transport.close()

    def reply(self, text: str) -> None:
        self.replies.append(text.encode() + b"\r\n")

    def flush(self) -> None:
        if not self.replies or self.transport is None:
            return
        data, self.replies = b"".join(self.replies), []
        if self.sink.delay:
            asyncio.get_running_loop().call_later(self.sink.delay, self.write_late, data)
        else:
            self.transport.write(data)

    def write_late(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        try:
            self.read()
        except ConnectionResetError:
            self.cut()
            return
        self.flush()

    def read(self) -> None:
        start, buffer = 0, self.buffer
        while start < len(buffer) and self.upgrade is None:
            if self.in_data:
                is_empty = buffer.startswith(b".\r\n", start)
                end = start if is_empty else buffer.find(b"\r\n.\r\n", start)
                if end < 0:
                    break
                body = buffer[start:end]
                start = end + (3 if is_empty else 5)
                self.in_data = False
                self.body(body)
            else:
                end = buffer.find(b"\r\n", start)
                if end < 0:
                    break
                line = buffer[start:end]
                start = end + 2
                self.command(line)
        self.buffer = buffer[start:] if start else buffer

    def react(self, act: Callable[[], None], said: str) -> None:
        """What the script wants instead, else what is to be done."""
        try:
            answer = self.sink.script(said) if self.sink.script else None
        except ConnectionResetError:
            if said:
                self.flush()
                raise
            self.cut()
            return
        if answer is None:
            act()
        else:
            self.reply(answer)
            if answer.startswith("421") and self.transport is not None:
                self.flush()
                self.transport.close()
        if not said:
            self.flush()

    def body(self, body: bytes) -> None:
        self.in_mail = False
        if not self.recipient:
            self.reply("554 5.5.1 no valid recipients")
        elif self.sink.script:
            self.react(lambda: self.keep(body), ".")
        else:
            self.keep(body)
        self.recipient = ""

    def keep(self, body: bytes) -> None:
        sink = self.sink
        sink.accepted += 1
        if sink.keeps_recipients or sink.log:
            found = _MESSAGE_ID.search(body, 0, 4000)
            message_id = found.group(1).decode() if found else ""
            if sink.log:
                sink.log.write(f"{message_id}\t{self.recipient}\n")
                sink.log.flush()
            else:
                sink.received.append((message_id, self.recipient, body if sink.keeps_bodies else b""))
        sink.before_answer(sink.accepted)
        self.replies.append(b"250 2.0.0 accepted\r\n")

    def command(self, line: bytes) -> None:
        if self.sink.keeps_commands:
            self.sink.commands.append(line.decode())
        if self.sink.script:
            self.react(lambda: self.act(line), line.decode())
        else:
            self.act(line)

    def act(self, line: bytes) -> None:
        if self.login is not None:
            self.log_in(line)
            return
        action = _ACTIONS.get(line[:4].upper())
        if action is None:
            self.reply("500 5.5.2 not known")
        else:
            action(self, line)

    def mail(self, _line: bytes) -> None:
        if self.sink.auth and not self.is_known:
            self.reply("530 5.7.0 log in first")
        elif self.in_mail:
            self.reply("503 5.5.1 nested MAIL command")
        else:
            self.in_mail, self.recipient = True, ""
            self.replies.append(b"250 2.1.0 ok\r\n")

    def rcpt(self, line: bytes) -> None:
        if not self.in_mail:
            self.reply("503 5.5.1 MAIL first")
            return
        recipient = line[line.find(b"<") + 1 : line.rfind(b">")].decode()
        answer = next((a for key, a in self.sink.answers.items() if key in recipient), None)
        if answer is None:
            self.recipient = recipient
            self.replies.append(b"250 2.1.5 ok\r\n")
        else:
            self.reply(answer)

    def data(self, _line: bytes) -> None:
        if self.recipient or (self.in_mail and self.sink.is_trusting):
            self.in_data = True
            self.replies.append(b"354 go on\r\n")
        else:
            self.reply("554 5.5.1 no valid recipients" if self.in_mail else "503 5.5.1 MAIL first")

    def ehlo(self, _line: bytes) -> None:
        features = list(self.sink.features)
        if self.sink.tls and not self.is_encrypted:
            features.append("STARTTLS")
        elif self.sink.auth:
            features.append(f"AUTH {self.sink.auth_ways}")
        for place, feature in enumerate(["sink", *features]):
            self.reply(f"250{'-' if place < len(features) else ' '}{feature}")

    def rset(self, _line: bytes) -> None:
        self.in_mail, self.recipient = False, ""
        self.reply("250 2.0.0 ok")

    def noop(self, _line: bytes) -> None:
        self.reply("250 2.0.0 ok")

    def quit(self, _line: bytes) -> None:
        self.reply("221 bye")
        self.flush()
        if self.transport is not None:
            self.transport.close()

    def starttls(self, _line: bytes) -> None:
        if self.sink.tls is None or self.is_encrypted:
            self.reply("502 5.5.1 not offered")
            return
        self.reply("220 go on")
        self.flush()
        self.upgrade = asyncio.get_running_loop().create_task(self.encrypt())

    async def encrypt(self) -> None:
        assert self.transport is not None
        assert self.sink.tls is not None
        self.buffer = b""
        try:
            made = await asyncio.get_running_loop().start_tls(self.transport, self, self.sink.tls, server_side=True)
        except OSError:
            self.cut()
            return
        assert made is not None
        self.transport, self.upgrade = made, None
        self.is_encrypted = True
        self.data_received(b"")  # what came in while this task was waiting for its turn

    def authenticate(self, line: bytes) -> None:
        words = line.split()
        if len(words) > 1 and words[1].upper() == b"LOGIN":
            self.login = []
            self.reply(f"334 {b64encode(b'Username:').decode()}")
        else:
            self.judge([part.decode() for part in _decoded(words[-1]).split(b"\0")[1:]])

    def log_in(self, line: bytes) -> None:
        assert self.login is not None
        self.login.append(_decoded(line).decode())
        if len(self.login) == 1:
            self.reply(f"334 {b64encode(b'Password:').decode()}")
        else:
            given, self.login = self.login, None
            self.judge(given)

    def judge(self, given: list[str]) -> None:
        self.is_known = self.sink.auth is not None and given == list(self.sink.auth)
        self.reply("235 2.7.0 welcome" if self.is_known else "535 5.7.8 wrong credentials")


_ACTIONS: dict[bytes, Callable[[_Session, bytes], None]] = {
    b"MAIL": _Session.mail,
    b"RCPT": _Session.rcpt,
    b"DATA": _Session.data,
    b"EHLO": _Session.ehlo,
    b"HELO": _Session.noop,
    b"RSET": _Session.rset,
    b"NOOP": _Session.noop,
    b"QUIT": _Session.quit,
    b"STAR": _Session.starttls,
    b"AUTH": _Session.authenticate,
}


def _decoded(text: bytes) -> bytes:
    try:
        return b64decode(text, validate=True)
    except BadBase64:
        return b""


async def main() -> None:
    parser = argparse.ArgumentParser(description="A local SMTP sink.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--delay-ms", type=float, default=0, help="before each reply")
    parser.add_argument("--log", help="file of accepted mails: Message-ID, recipient")
    parser.add_argument("--answer", action="append", default=[], metavar="WORD=REPLY", help="RCPT with this word in it")
    parser.add_argument("--certificate", help="PEM file with certificate and key: offers STARTTLS")
    parser.add_argument("--seconds", type=float, default=3600)
    given = parser.parse_args()
    log = open(given.log, "a", encoding="utf-8") if given.log else None  # noqa: SIM115, ASYNC230 - open as long as it runs
    answers = dict(one.split("=", 1) for one in given.answer)
    sink = Sink(delay=given.delay_ms / 1000, answers=answers, log=log)
    sink.keeps_recipients = False
    if given.certificate:
        sink.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        sink.tls.load_cert_chain(given.certificate)
    async with await sink.serve(given.host, given.port):
        print(f"sink on {given.host}:{given.port}", flush=True)
        await asyncio.sleep(given.seconds)


if __name__ == "__main__":
    if sys.platform == "win32":
        asyncio.run(main())
    else:
        import uvloop

        uvloop.run(main())
