"""A local SMTP sink for tests and benchmarks: fast, pipelining, with scripted answers.

    python -m benchmarks.sink --port 2525 --delay-ms 50 --log received.tsv

It reads DATA by searching for the final dot, never line by line. `answers` maps a word found in a recipient to the
reply its RCPT gets; the log has one line per accepted mail: Message-ID, recipient.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Callable
from typing import TextIO

_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(\S+)")


class Sink:
    """What the sink was told and what it has seen."""

    def __init__(self, *, delay: float = 0.0, answers: dict[str, str] | None = None, log: TextIO | None = None) -> None:
        self.delay = delay
        self.answers = answers or {}
        self.log = log
        self.accepted = 0
        self.received: list[tuple[str, str, bytes]] = []
        self.keeps_bodies = False
        self.keeps_recipients = log is None
        self.features = ["PIPELINING", "8BITMIME", "SMTPUTF8"]
        self.greeting = "220 sink ready"
        self.auth: tuple[str, str] | None = None
        # called with each accepted count; may raise ConnectionResetError to cut the line before the answer
        self.before_answer: Callable[[int], None] = lambda _n: None

    def make(self) -> asyncio.Protocol:
        return _Session(self)

    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self.make, host, port, backlog=500)


class _Session(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.transport: asyncio.Transport | None = None
        self.buffer = b""
        self.in_data = False
        self.recipient = ""
        self.is_refused = True
        self.replies: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.reply(self.sink.greeting)
        self.flush()

    def reply(self, text: str) -> None:
        self.replies.append(text.encode() + b"\r\n")

    def flush(self) -> None:
        if not self.replies or self.transport is None:
            return
        data, self.replies = b"".join(self.replies), []
        if self.sink.delay:
            asyncio.get_running_loop().call_later(self.sink.delay, self.transport.write, data)
        else:
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        try:
            while self.buffer:
                if self.in_data:
                    if not self.body():
                        break
                    continue
                line, found, rest = self.buffer.partition(b"\r\n")
                if not found:
                    break
                self.buffer = rest
                self.command(line)
        except ConnectionResetError:
            if self.transport is not None:
                self.transport.abort()
            return
        self.flush()

    def body(self) -> bool:
        if self.buffer.startswith(b".\r\n"):
            end, size = 0, 3
        else:
            end = self.buffer.find(b"\r\n.\r\n")
            if end < 0:
                return False
            size = 5
        body, self.buffer = self.buffer[:end], self.buffer[end + size :]
        self.in_data = False
        if self.is_refused:
            self.reply("554 no valid recipients")
            return True
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
        self.reply("250 2.0.0 accepted")
        return True

    def command(self, line: bytes) -> None:
        word = line[:4].upper()
        if word == b"MAIL":
            self.is_refused = True
            self.reply("250 2.1.0 ok")
        elif word == b"RCPT":
            self.recipient = line.split(b"<", 1)[1].split(b">", 1)[0].decode()
            answer = next((a for key, a in self.sink.answers.items() if key in self.recipient), "250 2.1.5 ok")
            self.is_refused = not answer.startswith("250")
            self.reply(answer)
        elif word == b"DATA":
            if self.is_refused:
                self.reply("554 5.5.1 no valid recipients")
            else:
                self.in_data = True
                self.reply("354 go on")
        elif word == b"EHLO":
            features = [*self.sink.features, *(["AUTH PLAIN LOGIN"] if self.sink.auth else [])]
            for place, feature in enumerate(["sink", *features]):
                self.reply(f"250{'-' if place < len(features) else ' '}{feature}")
        elif word == b"AUTH":
            self.authenticate(line)
        elif word == b"QUIT":
            self.reply("221 bye")
            self.flush()
            if self.transport is not None:
                self.transport.close()
        else:
            self.reply("250 ok")

    def authenticate(self, line: bytes) -> None:
        from base64 import b64decode

        given = b64decode(line.split()[-1]).split(b"\0")[1:]
        is_right = self.sink.auth is not None and [p.decode() for p in given] == list(self.sink.auth)
        self.reply("235 welcome" if is_right else "535 5.7.8 wrong credentials")


async def main() -> None:
    parser = argparse.ArgumentParser(description="A local SMTP sink.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--log", help="file of accepted mails: Message-ID, recipient")
    parser.add_argument("--seconds", type=float, default=3600)
    given = parser.parse_args()
    log = open(given.log, "a", encoding="utf-8") if given.log else None  # noqa: SIM115, ASYNC230 - open as long as it runs
    sink = Sink(delay=given.delay_ms / 1000, log=log)
    sink.keeps_recipients = False
    async with await sink.serve(given.host, given.port):
        print(f"sink on {given.host}:{given.port}", flush=True)
        await asyncio.sleep(given.seconds)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
