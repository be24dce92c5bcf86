"""A small HTTP server that answers what a test lists and remembers what it was asked: for what a healthy Tidings never
says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What `Said.status` stands for when the connection is cut instead of answered.
CUT = 0


@dataclass
class Said:
    """One answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b"{}"


@dataclass
class Asked:
    """One request: its method and path, and its headers in lower case."""

    line: str
    headers: dict[str, str]


@contextmanager
def answering(*answers: Said) -> Iterator[tuple[str, list[Asked]]]:
    """The address and the requests so far; the last answer is given for ever."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            said = answers[min(len(asked), len(answers) - 1)]
            asked.append(Asked(f"{self.command} {self.path}", {k.lower(): v for k, v in self.headers.items()}))
            self.close_connection = True
            if said.status == CUT:
                return
            self.send_response(said.status)
            for name, value in {**said.headers, "content-length": str(len(said.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
