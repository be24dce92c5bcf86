"""The board: a column for each stage, in pieces of a few cards, so that any number of contacts is a quick page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath

from tidings.contacts.types import Filter
from tidings.pipeline import queries
from tidings.pipeline.queries import Cursor
from tidings.platform.errors import NotFound
from tidings.segments.queries import where_of
from tidings.ui.contacts.filters import rule_of, shelves_of
from tidings.ui.shell.forms import Form
from tidings.ui.shell.visit import Visiting

HREF = "/pipeline"
BOARD = "board"
FILTERS = ("q", "list", "tag")
CARDS = 20


def _filter_words(words: Form) -> str:
    return urlencode([(name, words.text(name)) for name in FILTERS if words.text(name)])


async def _matching(visit: Visiting, words: Form) -> Filter | None:
    rule = rule_of(Form({name: words.text(name) for name in FILTERS}), ())
    return await where_of(visit.core, rule) if rule is not None else None


@get(HREF, permission="fcrm_read_contacts")
async def board_page(visit: Visiting) -> Response[Any]:
    """All stages with their first cards; htmx gets the columns alone."""
    core, words = visit.core, visit.query()
    matching = await _matching(visit, words)
    stages = await queries.list_stages(core)
    counts = await queries.count_matching(core, matching) if matching else None
    return await visit.page(
        "pipeline/board.html",
        block="board" if visit.request.headers.get("hx-target") == BOARD else None,
        stages=stages,
        columns={one.id: await queries.column_of(core, one.id, matching=matching, limit=CARDS) for one in stages},
        counts=counts if counts is not None else {one.id: one.contacts_count for one in stages},
        shelves=await shelves_of(core),
        words=words,
        filter_words=_filter_words(words),
        is_filtered=matching is not None,
    )


@get(f"{HREF}/column/{{stage_id:int}}", permission="fcrm_read_contacts")
async def more_cards(visit: Visiting, stage_id: FromPath[int]) -> Response[Any]:
    """The next cards of a column, for htmx."""
    words = visit.query()
    column = await queries.column_of(
        visit.core, stage_id, matching=await _matching(visit, words), after=_cursor(words), limit=CARDS
    )
    return await visit.page("pipeline/board.html", block="cards", column=column, filter_words=_filter_words(words))


def _cursor(words: Form) -> Cursor:
    try:
        at = datetime.fromisoformat(words.text("at"))
    except ValueError:
        raise NotFound("page", words.text("at")) from None
    contact = next(iter(words.ids("after")), None)
    if at.tzinfo is None or contact is None:
        raise NotFound("page", words.text("after"))
    return at, contact


ROUTES = [board_page, more_cards]
