"""Which interfaces there are, and one of them with everything it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tidings.ui.shell.visit import Visiting


@dataclass(frozen=True, slots=True)
class Interface:
    """One of the three: its word in addresses, its name, where it is mounted."""

    word: str
    name: str
    prefix: str
    is_basic: bool = False

    @property
    def document(self) -> str:
        """Where its OpenAPI document is served."""
        return f"{self.prefix}/openapi.json"


INTERFACES = (
    Interface("fluenzr", "FluenzR", "/v1"),
    Interface("furiosa", "Furiosa", "/api/v1"),
    Interface("fluentcrm", "FluentCRM", "/wp-json/fluent-crm/v2", is_basic=True),
)


@get("/docs/api", access="anyone")
async def list_interfaces(visit: Visiting) -> Response[Any]:
    """All three, with their documents to take away."""
    return await visit.page("api/index.html", interfaces=INTERFACES)


@get("/docs/api/{word:str}", access="anyone")
async def show_interface(visit: Visiting, word: FromPath[str]) -> Response[Any]:
    """The console of one."""
    shown = next((one for one in INTERFACES if one.word == word), None)
    if shown is None:
        raise NotFoundException
    return await visit.page("api/console.html", shown=shown, interfaces=INTERFACES)


ROUTES = [list_interfaces, show_interface]
