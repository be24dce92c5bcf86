"""The whole system as processes: started, hurt and stopped through the command line only."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import asyncpg
import psutil
import pytest

from tests.ports import free_port

PATIENCE = 45.0


class Up:
    """One `tidings up` in a folder of its own; what it writes goes to a file beside it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.log = folder / "up.log"
        self.port = free_port()
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith("TIDINGS_") and n != "DATABASE_URL"}
        self._file: IO[str] | None = None

    def start(self, *arguments: str) -> Up:
        """Starts it and waits until it says that it is ready."""
        self.spawn("up", "--port", str(self.port), "--data", str(self.data), *arguments)
        self.until(lambda: "is ready at" in self.text())
        return self

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts a command that stays."""
        with self.log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tidings", *arguments],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )
        return self.process

    def text(self) -> str:
        return self.log.read_text()

    def until(self, is_so: Callable[[], bool]) -> None:
        """Waits for a condition; fails with the log when it does not come, or when the process ends meanwhile."""
        end = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > end or self.process.poll() is not None:
                pytest.fail(f"it did not happen; status {self.process.poll()}\n{self.text()}")
            time.sleep(0.05)

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def body(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def children(self, word: str) -> list[psutil.Process]:
        return [child for child in psutil.Process(self.process.pid).children() if word in _words(child)]

    def postgres(self) -> int | None:
        path = self.data / "postgres" / "postmaster.pid"
        return int(path.read_text().split()[0]) if path.exists() else None

    def dsn(self) -> str:
        folder = (self.data / "postgres" / "postmaster.pid").read_text().splitlines()[4]
        return f"postgresql://postgres@/tidings?host={folder}"

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tidings", *arguments, "--data", str(self.data)],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=60,
        )

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Not started yet; whatever a failed test leaves running is stopped."""
    made = Up(tmp_path)
    yield made
    process = getattr(made, "process", None)
    if process is not None and process.poll() is None:
        process.terminate()
        process.wait(timeout=20)
    left = made.postgres()
    if left is not None and psutil.pid_exists(left):
        os.kill(left, signal.SIGQUIT)


async def forget_ticks(dsn: str) -> None:
    """Makes all periodic work due."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("DELETE FROM leases")
    await connection.close()


async def count_ticks(dsn: str) -> int:
    """How many periodic pieces were done since."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("SELECT count(*) FROM leases")
    finally:
        await connection.close()


def servers_of(web: psutil.Process) -> list[psutil.Process]:
    """The processes that answer requests, forked or spawned, without the helper that cleans up after them."""
    return [c for c in web.children() if not _is_gone(c.pid) and "resource_tracker" not in " ".join(_words(c))]


def _words(process: psutil.Process) -> list[str]:
    """The command line; empty for a process that ended between listing and looking."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_it_starts_prints_the_password_once_serves_commands_and_leaves_nothing_behind(up: Up):
    up.start()
    password = re.search(r"Login: admin +Password: (\S+)", up.text())
    assert password is not None
    assert (up.get("/healthz"), up.get("/readyz"), up.get("/metrics")) == (200, 200, 200)
    assert up.run("user", "add", "ada", "--email", "a@b.c", "--password-stdin", stdin="a long one\n").returncode == 0
    assert up.run("key", "add", "--user", "ada", "--kind", "fluenzr", "--name", "x").stdout.startswith("flz_sk_")
    second = up.run("up", "--port", str(up.port + 1))
    assert second.returncode == 1
    assert "already runs" in second.stderr
    postgres = up.postgres()
    assert postgres is not None
    assert up.get("/readyz") == 200
    family = [child.pid for child in psutil.Process(up.process.pid).children(recursive=True)]
    assert up.stop(signal.SIGINT) == 0
    assert all(_is_gone(pid) for pid in [postgres, *family])
    up.start()
    assert "Password" not in up.text()
    assert up.stop(signal.SIGTERM) == 0


def test_it_survives_the_killing_of_each_of_its_processes(up: Up):
    up.start("--processes", "2")
    web, worker = up.children("web")[0], up.children("worker")[0]
    servers = servers_of(web)
    assert len(servers) == 2
    servers[0].kill()
    up.until(lambda: len([c for c in servers_of(web) if c != servers[0]]) == 2)
    worker.kill()
    up.until(lambda: [child.pid for child in up.children("worker")] not in ([], [worker.pid]))
    web.kill()
    up.until(lambda: [child.pid for child in up.children("web")] not in ([], [web.pid]))
    up.until(lambda: up.get("/readyz") == 200)
    postgres = up.postgres()
    assert postgres is not None
    os.kill(postgres, signal.SIGKILL)
    up.until(lambda: up.postgres() not in (None, postgres) and up.get("/readyz") == 200)
    # The worker found the database again: what the leader does is done again.
    asyncio.run(forget_ticks(up.dsn()))
    up.until(lambda: asyncio.run(count_ticks(up.dsn())) > 0)
    assert up.stop() == 0
    assert up.postgres() is None


def test_its_processes_die_with_it_and_the_next_start_works(up: Up):
    up.start()
    family = psutil.Process(up.process.pid).children(recursive=True)
    up.process.kill()
    up.process.wait()
    end = time.monotonic() + PATIENCE
    while not all(_is_gone(child.pid) for child in family):
        assert time.monotonic() < end, "a process outlived its supervisor"
        time.sleep(0.05)
    up.start()
    assert up.get("/readyz") == 200
    assert up.stop() == 0
    assert up.postgres() is None


def test_commands_work_while_nothing_runs_and_stop_the_database_they_started(up: Up):
    made = up.run("settings", "set", "site_name", "Ünicode")
    assert made.returncode == 0, made.stderr
    assert up.run("settings", "get", "site_name").stdout == "Ünicode\n"
    assert json.loads(up.run("settings", "get", "is_set_up").stdout) is False
    assert up.postgres() is None


def test_web_and_worker_run_apart_on_a_database_of_ones_own(up: Up, dsn: str):
    up.environment |= {"DATABASE_URL": dsn, "TIDINGS_DATA": str(up.data), "TIDINGS_PORT": str(up.port)}
    web = up.spawn("web")
    up.until(lambda: up.get("/readyz") == 200)
    assert up.get("/wp-json/fluent-crm/v2/tags") == 401
    assert 'tidings_requests_total{door="fluentcrm",status="4xx"} 1.0' in up.body("/metrics")
    web.send_signal(signal.SIGTERM)
    assert web.wait(timeout=20) == 0
    worker = up.spawn("worker", "--loop", "scheduler")
    up.until(lambda: asyncio.run(count_ticks(dsn)) > 0)
    worker.send_signal(signal.SIGINT)
    assert worker.wait(timeout=20) == 0
    assert not (up.data / "postgres").exists()


def test_a_port_in_use_is_told_before_anything_starts(up: Up):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", up.port))
        taken.listen()
        done = up.run("up", "--port", str(up.port))
    assert done.returncode == 1
    assert "Choose another --port" in done.stderr
    assert not (up.data / "postgres").exists()
