"""What most tests of the interface begin with: an installation that is set up, and its administrator at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ui.door import Door, visitor
from tidings.access import actions as access
from tidings.platform.core import Core

PASSWORD = "correct horse battery"


@pytest.fixture
async def door(core: Core) -> AsyncIterator[Door]:
    """The interface called in this process, an administrator logged in."""
    await core.installation.put({"is_set_up": True, "business_name": "Harbour", "business_address": "1 Quay"})
    await access.create_user(core, login="ada", email="ada@example.com", role="administrator", password=PASSWORD)
    async with visitor(core) as made:
        await made.log_in("ada", PASSWORD)
        yield made
