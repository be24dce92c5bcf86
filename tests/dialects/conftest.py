"""The three dialects as fixtures, each called in this process with a key of the administrator."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.dialects.mouth import Mouth, open_mouth
from tidings.platform.core import Core


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
