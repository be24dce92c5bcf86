"""The three dialects as fixtures, each called in this process with a key of the administrator."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import named
from tests.dialects.kept import Kept
from tests.dialects.mouth import Mouth, open_mouth
from tidings.platform.core import Core


@pytest.fixture(scope="session")
async def kept(server_dsn: str, template: str) -> AsyncIterator[Kept]:
    """The database of all tests of this folder."""
    admin = await asyncpg.connect(server_dsn)
    name = f"tidings_dialects_{uuid.uuid4().hex[:12]}"
    made = Kept(admin, template, name, named(server_dsn, name))
    await made.open()
    yield made
    await made.close()
    await admin.close()


@pytest.fixture
async def dsn(kept: Kept) -> AsyncIterator[str]:
    """That database, empty again after each test."""
    yield kept.dsn
    await kept.clean()


async def _opened(core: Core, name: str) -> AsyncIterator[Mouth]:
    mouth = await open_mouth(core, name, per_minute=1_000_000)
    yield mouth
    await mouth.client.aclose()


@pytest.fixture
async def crm(core: Core) -> AsyncIterator[Mouth]:
    """The FluentCRM dialect."""
    async for mouth in _opened(core, "fluentcrm"):
        yield mouth


@pytest.fixture
async def furiosa(core: Core) -> AsyncIterator[Mouth]:
    """The Furiosa dialect."""
    async for mouth in _opened(core, "furiosa"):
        yield mouth


@pytest.fixture
async def fluenzr(core: Core) -> AsyncIterator[Mouth]:
    """The FluenzR dialect."""
    async for mouth in _opened(core, "fluenzr"):
        yield mouth
