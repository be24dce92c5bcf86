"""A visitor in front of the public door."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.public.door import visitor
from tidings.platform.core import Core


@pytest.fixture
async def door(core: Core) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(core) as client:
        yield client
