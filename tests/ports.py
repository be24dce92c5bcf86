"""Ports for servers that a test starts as processes of their own."""

from __future__ import annotations

import contextlib
import os
import socket

# Below those that the system gives to connections, so that none is taken between choosing and listening; each process
# of a run has a part of its own.
_FIRST, _PART, _PARTS = 20_000, 1500, 8
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _PARTS
_given = os.getpid()


def free_port() -> int:
    """A port of 127.0.0.1 where nobody listens; another one each time."""
    global _given
    while True:
        _given += 1
        port = _FIRST + _worker * _PART + _given % _PART
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
