"""Landing pages, read only: the guide lets programs list them and see their counts and settings."""

from __future__ import annotations

from typing import Any

import msgspec

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects._engine.routes import Route
from tidings.dialects.furiosa.wire import page_body, page_request
from tidings.pages import queries
from tidings.pages.types import Counted


def landing_body(counted: Counted, home: str) -> dict[str, Any]:
    """A page with its counts; what its form feeds beside the audience is among the settings."""
    page = counted.page
    return {
        "id": page.id,
        "title": page.title,
        "slug": page.slug,
        "url": queries.page_url(home, page),
        "status": page.state,
        "submissions_count": counted.submissions,
        "views_count": counted.views,
        "settings": msgspec.to_builtins(page.settings) | {"form_id": page.form_id, "group_ids": list(page.group_ids)},
        "audience_id": page.list_id,
        "created_at": rfc3339(page.created_at),
        "updated_at": rfc3339(page.updated_at),
    }


async def _home(call: Call) -> str:
    return str(await call.core.installation.get("public_url"))


async def list_pages(call: Call) -> Any:
    home = await _home(call)
    return page_body(await queries.list_pages(call.core, page_request(call)), lambda one: landing_body(one, home))


async def get_page(call: Call) -> Any:
    return landing_body(await queries.page_by_id(call.core, call.id()), await _home(call))


ROUTES = [
    Route("GET", "/pages", "listPages", "pages:read", "crud", list_pages),
    Route("GET", "/pages/{id}", "getPage", "pages:read", "crud", get_page),
]
