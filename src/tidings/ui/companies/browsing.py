"""The table of companies: search, filters, pages; making one in the drawer, deleting those that were picked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts.companies import actions, queries
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.ui.companies.forms import NAMES, draft_of
from tidings.ui.companies.switch import DELETE, GUARDS, READ, WRITE
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _, ngettext
from tidings.ui.shell.visit import Visiting

HREF = "/companies"
TABLE = "companies"
FILTERS = ("q", "type", "industry")
MAX_SEARCH = 200
PIECE = 1000


def _narrowing(words: Form) -> dict[str, Any]:
    """The filters of an address, as the queries take them."""
    return {
        "search": words.text("q").replace("\0", "")[:MAX_SEARCH],
        "types": words.texts("type"),
        "industries": words.texts("industry"),
    }


@get(HREF, permission=READ, guards=GUARDS)
async def companies_page(visit: Visiting) -> Response[Any]:
    """A page of companies; htmx gets the table alone."""
    words, table = visit.query(), visit.table(sort="name", is_descending=False)
    types, industries = await queries.words_in_use(visit.core)
    return await visit.page(
        "companies/index.html",
        block="table" if visit.request.headers.get("hx-target") == TABLE else None,
        table=table,
        rows=await queries.list_companies(visit.core, table.request, **_narrowing(words)),
        words=words,
        types=types,
        industries=industries,
        filter_words=urlencode([(name, words.text(name)) for name in FILTERS if words.text(name)]),
    )


async def _new(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    types, industries = await queries.words_in_use(visit.core)
    return await visit.page(
        "companies/new.html",
        block="sheet" if visit.is_partial else None,
        form=form,
        types=types,
        industries=industries,
        names=NAMES,
        status=status,
    )


@get(f"{HREF}/new", permission=WRITE, guards=GUARDS)
async def new_company(visit: Visiting) -> Response[Any]:
    """An empty form: in the drawer for htmx, else a page."""
    return await _new(visit, Form())


@post(f"{HREF}/new", permission=WRITE, guards=GUARDS)
async def make_company(visit: Visiting) -> Response[Any]:
    """Makes a company and opens it; a bad field is told at the field."""
    form = await visit.form()
    try:
        made = await actions.create_company(visit.core, draft_of(form, NAMES))
    except Invalid as error:
        return await _new(visit, form.refused(error), 422)
    return visit.redirect(f"{HREF}/{made}", _("The company is there."))


@post(f"{HREF}/delete", permission=DELETE, guards=GUARDS)
async def delete_some(visit: Visiting) -> Response[Any]:
    """Deletes those that were picked, or all that match the filters; the contacts stay."""
    form, done = await visit.form(), 0
    async for ids in _picked(visit.core, form):
        done += await actions.delete_companies(visit.core, ids)
    await visit.note("companies_deleted", "companies", count=done)
    text = ngettext("%(n)s company deleted.", "%(n)s companies deleted.", done)
    return visit.redirect(HREF, text % {"n": done})


@post(f"{HREF}/{{company_id:int}}/delete", permission=DELETE, guards=GUARDS)
async def delete_one(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """Deletes a company with its notes; the contacts stay."""
    if not await actions.delete_companies(visit.core, [company_id]):
        raise NotFound("company", company_id)
    await visit.note("companies_deleted", f"company {company_id}", count=1)
    return visit.redirect(HREF, _("The company is deleted."))


async def _picked(core: Core, form: Form) -> AsyncIterator[list[int]]:
    """Ids in pieces: the picked ones, or by keyset all whom the filters match."""
    if form.text("all") != "1":
        ids = list(dict.fromkeys(form.ids()))
        for at in range(0, len(ids), PIECE):
            yield ids[at : at + PIECE]
        return
    narrowing = _narrowing(Form(dict(parse_qsl(form.text("filter")))))
    after = 0
    while ids := await queries.list_company_ids(core, **narrowing, after=after, limit=PIECE):
        after = ids[-1]
        yield ids


ROUTES = [companies_page, new_company, make_company, delete_some, delete_one]
