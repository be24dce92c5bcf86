"""One database for all tests of this folder, empty again after each."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import named
from tests.dialects.kept import Kept


@pytest.fixture(scope="session")
async def kept(server_dsn: str, template: str) -> AsyncIterator[Kept]:
    admin = await asyncpg.connect(server_dsn)
    name = f"tidings_consent_{uuid.uuid4().hex[:12]}"
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
