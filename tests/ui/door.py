"""A visitor for tests of the interface without a browser: keeps cookies and fills in the token of each form."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
from litestar import Litestar

from tidings.access import actions as access
from tidings.platform.core import Core
from tidings.ui import app as ui

_built: list[Litestar] = []


class Door:
    """`client` for plain requests; `post` as a form of our own pages would."""

    def __init__(self, core: Core, client: httpx.AsyncClient) -> None:
        self.core = core
        self.client = client

    async def post(
        self, path: str, form: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Posts a form with the token that belongs to the cookies."""
        cookies = self.client.cookies
        token = cookies.get("tidings_session") or cookies.get("tidings_visitor")
        if token is None:
            self.client.cookies.set("tidings_visitor", token := "passing", domain="tidings.test")
        data = {**form, "_csrf": access.csrf_token(self.core, token)}
        return await self.client.post(path, data=data, headers=dict(headers or {}))

    async def log_in(self, login: str, password: str) -> None:
        """Through the form."""
        answer = await self.post("/login", {"login": login, "password": password})
        assert answer.status_code == 303, answer.text


@contextlib.asynccontextmanager
async def visitor(core: Core) -> AsyncIterator[Door]:
    """A stranger in front of the interface, which is called in this process.

    It is built once for all tests: what it knows of a core, and of whether there are users, is in its state.
    """
    if not _built:
        _built.append(ui.build(core))
    _built[0].state.update({"core": core, "has_users": False})
    transport = httpx.ASGITransport(app=_built[0])  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tidings.test") as client:
        yield Door(core, client)
