"""`tidings up`, `web`, `worker` and `migrate`: the running system, whole or in parts."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console

from tidings.access import actions, queries
from tidings.app import build_core, know_webhook_forms
from tidings.cli.session import database, prepare, process_settings, reachable
from tidings.platform.errors import TidingsError
from tidings.platform.logs import configure_logs
from tidings.platform.migrations import migrate
from tidings.platform.supervisor import Part, Supervisor, die_with_supervisor
from tidings.settings import ProcessSettings

ADMINISTRATOR = "admin"
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on (default: 127.0.0.1).")]
Processes = Annotated[int | None, typer.Option(min=1, help="Web processes (default: 1).")]


def add_to(app: typer.Typer) -> None:
    """Puts the commands on `app`."""
    app.command("up")(up)
    app.command("web")(web)
    app.command("worker")(worker)
    app.command("migrate")(run_migrations)


def up(
    host: Host = None,
    processes: Processes = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
) -> None:
    """Start everything on this machine: database, migrations, web and worker processes."""
    _remember(host, processes)
    settings = process_settings()
    configure_logs(settings.log_format)
    require_free_port(settings)
    with only_one(settings.data_dir), database(settings) as (found, embedded):
        assert found.database_url is not None
        _say("Preparing the database …")
        password = asyncio.run(_prepare(found))
        os.environ["DATABASE_URL"] = found.database_url
        os.environ["TIDINGS_DATA"] = str(found.data_dir)
        _collect_metrics(found.data_dir)
        parts = [
            Part("web", ("-m", "tidings", "web")),
            *(Part(f"worker {n + 1}", ("-m", "tidings", "worker")) for n in range(workers)),
        ]
        supervisor = Supervisor(parts, embedded=embedded)
        asyncio.run(supervisor.run(lambda: _announce(found, password)))
    _say("Tidings has stopped.")


async def _prepare(settings: ProcessSettings) -> str | None:
    """Migrates, makes the first administrator, and returns that one's password, or None when there are users."""
    assert settings.database_url is not None
    with reachable(settings.database_url):
        await migrate(settings.database_url)
        core = await build_core(settings, max_connections=2)
    try:
        if await queries.has_users(core):
            return None
        password = secrets.token_urlsafe(12)
        await actions.create_user(
            core, login=ADMINISTRATOR, email="admin@localhost", role="administrator", password=password
        )
        if settings.port != 8000:
            await core.installation.put({"public_url": address_of(settings)})
        return password
    finally:
        await core.db.close()


def address_of(settings: ProcessSettings) -> str:
    """Where a browser on this machine finds it."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


async def _announce(settings: ProcessSettings, password: str | None) -> None:
    if password is not None:
        # Told before the wait: whoever stops at once has seen it, and it is told only once.
        _say(f"An administrator was made. Login: {ADMINISTRATOR}  Password: {password}")
    for delay in itertools.repeat(0.1):
        if await _is_ready(settings):
            break
        await asyncio.sleep(delay)
    _say(f"Tidings is ready at {address_of(settings)} — stop it with Ctrl-C.")


async def _is_ready(settings: ProcessSettings) -> bool:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104
    try:
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection(host, settings.port)
            writer.write(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            status = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def _remember(host: str | None, processes: int | None) -> None:
    """What the child processes must know goes into the environment."""
    if host:
        os.environ["TIDINGS_HOST"] = host
    if processes:
        os.environ["TIDINGS_WEB_PROCESSES"] = str(processes)


def _collect_metrics(data_dir: Path) -> None:
    """A fresh folder where all processes of this machine write their metrics."""
    folder = data_dir / "run" / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def require_free_port(settings: ProcessSettings) -> None:
    """Raises TidingsError when something else listens there, before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise TidingsError(
                f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another --port."
            ) from error


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Holds the lock of a data folder; raises TidingsError when another `tidings up` has it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "up.lock").open("a+") as file:
        _lock(file, data_dir)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(file: IO[str], data_dir: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        raise TidingsError(f"Tidings already runs from {data_dir} (process {file.read().strip() or '?'}).") from None


def web(host: Host = None, processes: Processes = None) -> None:
    """Run the web processes alone; the worker runs elsewhere."""
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels
    from granian.server import Server

    die_with_supervisor()
    _remember(host, processes)
    settings = process_settings()
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        _collect_metrics(settings.data_dir)
        # The metrics library decides when it is imported where it counts, and that was before this line.
        os.execv(sys.executable, [sys.executable, "-m", "tidings", "web"])  # noqa: S606
    require_free_port(settings)
    with database(settings) as (found, embedded):
        assert found.database_url is not None
        asyncio.run(prepare(found, is_ours=embedded is not None))
        os.environ["DATABASE_URL"] = found.database_url
        os.environ["TIDINGS_DATA"] = str(found.data_dir)
        configure_logs(settings.log_format)
        Server(
            "tidings.app:create",
            address=found.host,
            port=found.port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop if sys.platform != "win32" else Loops.auto,
            workers=found.web_processes,
            factory=True,
            websockets=False,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            workers_kill_timeout=6,
        ).serve()


def worker(
    loop: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Run only this loop; may be repeated.")] = None,
    health_port: Annotated[int | None, typer.Option(help="Answer /healthz, /readyz and /metrics there.")] = None,
) -> None:
    """Run the background work alone: sending, importing, folding, periodic tasks."""
    die_with_supervisor()
    settings = process_settings()
    configure_logs(settings.log_format)
    with database(settings) as (found, embedded):
        _run(_work(found, loop or [], health_port, is_ours=embedded is not None))


def _run(main: object) -> None:
    assert asyncio.iscoroutine(main)
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def _work(settings: ProcessSettings, only: list[str], health_port: int | None, *, is_ours: bool) -> None:
    from tidings.workers import run_loops
    from tidings.workers.health import serve_health

    know_webhook_forms()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await prepare(settings, is_ours=is_ours)
    assert settings.database_url is not None
    with reachable(settings.database_url):
        core = await build_core(settings)
    try:
        async with serve_health(core, health_port):
            await run_loops(core, stop, only=only)
    finally:
        await core.db.close()


def run_migrations() -> None:
    """Bring the database up to this program and print the steps that ran."""
    settings = process_settings()
    configure_logs(settings.log_format, "WARNING")
    with database(settings) as (found, _):
        assert found.database_url is not None
        with reachable(found.database_url):
            ran = asyncio.run(migrate(found.database_url))
    typer.echo("\n".join(ran) if ran else "Nothing to do.")
