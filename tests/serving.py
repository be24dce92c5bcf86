"""A web process as `tidings web` starts it, on a free port over a database that exists, for tests that ask from outside."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.ports import free_port
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import load_keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation

SECRET_KEY = "browser-tests-secret-key-of-32-bytes"
_GRANIAN = ["--interface", "asgi", "--host", "127.0.0.1", "--factory", "--no-ws", "tidings.app:create"]


@contextlib.contextmanager
def serving(dsn: str, folder: Path) -> Iterator[str]:
    """The address of Tidings; its log is `folder`/server.log."""
    port = str(free_port())
    environment = {
        **os.environ,
        "DATABASE_URL": dsn,
        "TIDINGS_DATA": str(folder),
        "TIDINGS_PORT": port,
        "TIDINGS_SECRET_KEY": SECRET_KEY,
    }
    with (folder / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "granian", "--port", port, *_GRANIAN]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _await_answer(url := f"http://127.0.0.1:{port}", process)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("the server ended before it answered")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not answer in time")


def core_beside(db: Database, folder: Path) -> Core:
    """A core over the same database and keys as the server in `folder`."""
    keys = load_keyring(folder, SECRET_KEY)
    return Core(db, SystemClock(), keys, Installation(db, keys), folder)
