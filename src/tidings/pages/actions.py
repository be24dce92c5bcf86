"""Writes of landing pages: making, changing, publishing, deleting; views and submissions counted exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tidings.forms import actions as forms
from tidings.forms.types import Form, Placed, Sent, Taken
from tidings.pages import rules, store
from tidings.pages.queries import page_by_id
from tidings.pages.types import Page, PageDraft
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem, Refused
from tidings.platform.facts import Fact, write_facts

_TAKEN = Invalid({"slug": Problem("unique", "Another page has this address already.")})


async def create_page(core: Core, draft: PageDraft, *, user_id: int | None = None) -> int:
    """Makes a draft; raises Invalid (`unique` for an address that is taken)."""
    draft = rules.checked(draft)
    columns = await _columns(core, draft)
    made = await core.db.fetchval(store.sql.insert, *columns, user_id, core.clock.now())
    if made is None:
        raise _TAKEN
    return made


async def update_page(core: Core, page_id: int, draft: PageDraft) -> None:
    """Replaces what the operator decided; a published page changes at once. Raises NotFound, Invalid."""
    draft = rules.checked(draft)
    columns = await _columns(core, draft)
    if await core.db.fetchval(store.sql.update, page_id, *columns, core.clock.now()) is None:
        await page_by_id(core, page_id)
        raise _TAKEN


async def _columns(core: Core, draft: PageDraft) -> tuple[Any, ...]:
    """The columns, once form, list and groups are known to exist."""
    row = await core.db.fetchrow(
        """SELECT $1::bigint IS NULL OR EXISTS (SELECT 1 FROM forms WHERE id = $1) AS form,
        $2::bigint IS NULL OR EXISTS (SELECT 1 FROM lists WHERE id = $2 AND parent_id IS NULL) AS list,
        (SELECT count(*) FROM lists WHERE id = ANY($3::bigint[]) AND parent_id = $2) AS groups""",
        draft.form_id,
        draft.list_id,
        list(draft.group_ids),
    )
    assert row is not None
    problems: dict[str, Problem] = {}
    if not row["form"]:
        problems["form_id"] = Problem("exists", "The form does not exist.")
    if not row["list"]:
        problems["list_id"] = Problem("exists", "The list does not exist.")
    if row["groups"] != len(set(draft.group_ids)):
        problems["group_ids"] = Problem("exists", "The list has no such group.")
    if problems:
        raise Invalid(problems)
    blocks, settings = msgspec.to_builtins(list(draft.blocks)), msgspec.to_builtins(draft.settings)
    ids = (draft.form_id, draft.list_id, list(draft.group_ids))
    return (draft.title, draft.slug, draft.mode, blocks, draft.html, settings, *ids)


async def publish_page(core: Core, page_id: int) -> None:
    """Opens the page to visitors; one that is open already stays so. Raises NotFound, Refused for an empty page."""
    page = (await page_by_id(core, page_id)).page
    if not rules.has_content(page.mode, page.blocks, page.html):
        raise Refused("The page has nothing on it yet.", code="empty")
    await _move(core, page_id, "published", ("draft", "unpublished"), "page_published")


async def unpublish_page(core: Core, page_id: int) -> None:
    """Closes the page; visitors find nothing from then on. Raises NotFound, Conflict for one that never was open."""
    page = (await page_by_id(core, page_id)).page
    if page.state == "draft":
        raise Conflict("The page is not published.", code="wrong_state")
    await _move(core, page_id, "unpublished", ("published",), "page_unpublished")


async def _move(core: Core, page_id: int, to: str, before: Sequence[str], fact: str) -> None:
    async with core.db.transaction() as tx:
        title = await tx.fetchval(store.sql.move, page_id, to, list(before), core.clock.now())
        if title is not None:
            await write_facts(tx, [Fact(fact, subject_id=page_id, data={"title": title})])


async def delete_page(core: Core, page_id: int) -> None:
    """Deletes a page with its counts; what people sent stays with its form. Raises NotFound."""
    async with core.db.transaction() as tx:
        if not await tx.fetchval("DELETE FROM pages WHERE id = $1 RETURNING 1", page_id):
            raise NotFound("page", page_id)
        await tx.execute("DELETE FROM page_tallies WHERE page_id = $1", page_id)


async def count_view(core: Core, page_id: int) -> None:
    """Counts a view of a person; returns when it is stored. Views that come at once are one row."""

    async def ask(page_ids: list[int]) -> Sequence[None]:
        await core.db.execute(store.sql.count_views, page_ids, await _today(core))
        return [None] * len(page_ids)

    await core.gatherings.of("page-views", ask).answer(page_id)


async def _today(core: Core) -> Any:
    """The day in the installation's zone."""
    return core.clock.now().astimezone(await core.installation.zone()).date()


async def submit_on_page(core: Core, page: Page, form: Form, sent: Sent) -> Taken:
    """Takes in what a visitor of a page sent: as its form would, and the person joins the page's list and groups.

    The submission, its count and its fact are one transaction. Raises what `forms.actions.submit` raises.
    """
    day = await _today(core)

    async def also(tx: Connection, contact_id: int, submission_id: int) -> None:
        await tx.execute("INSERT INTO page_tallies (page_id, day, submissions) VALUES ($1, $2, 1)", page.id, day)
        data = {"title": page.title, "form_id": form.id}
        await write_facts(tx, [Fact("page_submitted", contact_id, page.id, submission_id, data)])

    lists = (*([page.list_id] if page.list_id is not None else []), *page.group_ids)
    return await forms.submit(core, form, sent, Placed(page.id, lists, f"page: {page.title}"[:100], also))
