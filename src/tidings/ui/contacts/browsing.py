"""The table of contacts: search, filters, pages. Bulk work on its rows is in `bulk`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from tidings.contacts import queries as contacts
from tidings.contacts.types import STATUSES
from tidings.platform.modules import is_on
from tidings.segments.queries import where_of
from tidings.ui.contacts.changes import live_changes
from tidings.ui.contacts.filters import WORDS, rule_of, shelves_of
from tidings.ui.contacts.pictures import pictures
from tidings.ui.shell.forms import Form
from tidings.ui.shell.visit import Visiting

TABLE = "people"


@get("/contacts", permission="fcrm_read_contacts")
async def contacts_page(visit: Visiting) -> Response[Any]:
    """A page of contacts; htmx gets the table alone."""
    core, words, table = visit.core, visit.query(), visit.table(sort="created_at")
    shelves = await shelves_of(core)
    rule = rule_of(words, shelves.segments)
    where = await where_of(core, rule) if rule is not None else None
    may_change = visit.me.may("fcrm_manage_contacts")
    is_piece = visit.request.headers.get("hx-target") == TABLE
    return await visit.page(
        "contacts/index.html",
        block="table" if is_piece else None,
        table=table,
        rows=await contacts.list_contacts(core, table.request, where),
        words=words,
        shelves=shelves,
        picture_of=await pictures(core),
        statuses=STATUSES,
        filter_words=kept(words),
        changes=[] if is_piece or not may_change else await live_changes(core),
        has_companies=await is_on(core, "companies"),
    )


def kept(words: Form) -> str:
    """The filters of an address, as the bulk form carries them on."""
    return urlencode([(name, words.text(name)) for name in WORDS if words.text(name)])


ROUTES = [contacts_page]
