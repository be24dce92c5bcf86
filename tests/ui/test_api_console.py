"""The console's pages without a browser: for everybody, under the strict policy."""

from __future__ import annotations

import pytest

from tests.ui.door import visitor
from tidings.platform.core import Core
from tidings.ui.api.pages import INTERFACES


@pytest.mark.parametrize("path", ["/docs/api", *(f"/docs/api/{one.word}" for one in INTERFACES)])
async def test_a_stranger_may_read_it_under_the_strict_policy(core: Core, path: str):
    async with visitor(core) as door:
        answer = await door.client.get(path)
        assert answer.status_code == 200
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert all(one.name in answer.text for one in INTERFACES)
        assert (await door.client.get("/docs/api/soap")).status_code == 404
