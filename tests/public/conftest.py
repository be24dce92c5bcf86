"""A visitor in front of the public door; one database for all tests of this folder, empty again after each."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from tests.conftest import named
from tests.dialects.kept import Kept
from tests.public.door import visitor
from tidings.platform.core import Core


@pytest.fixture(scope="session")
async def kept(server_dsn: str, template: str) -> AsyncIterator[Kept]:
    admin = await asyncpg.connect(server_dsn)
    name = f"tidings_public_{uuid.uuid4().hex[:12]}"
    made = Kept(admin, template, name, named(server_dsn, name))
    await made.open()
    yield made
    await made.close()
    await admin.close()


@pytest.fixture
async def dsn(kept: Kept) -> AsyncIterator[str]:
    """That database."""
    yield kept.dsn
    await kept.clean()


@pytest.fixture
async def door(core: Core) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(core) as client:
        yield client
