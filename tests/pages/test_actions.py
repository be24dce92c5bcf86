"""Landing pages on PostgreSQL: made, changed, published; views and submissions counted to the last one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import StatementCounter
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.forms import actions as forms
from tidings.forms import queries as form_queries
from tidings.forms.rules import TEMPLATES
from tidings.forms.types import FormDraft, Sent
from tidings.pages import actions, queries
from tidings.pages.types import Block, PageDraft, PageSettings
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, NotFound, RateLimited, Refused
from tidings.platform.pagination import PageRequest
from tidings.workers.scheduler import fold_tallies

BLOCKS = (Block("heading", "Spring", level=1), Block("form"))


async def made(core: Core, slug: str = "spring", **more: Any) -> int:
    form_id = await forms.create_form(core, FormDraft(f"Join {slug}", TEMPLATES["with_name_subscribe"][1]))
    draft = {"title": "Spring", "blocks": BLOCKS, "form_id": form_id} | more
    return await actions.create_page(core, PageDraft(slug=slug, **draft))


async def kinds(core: Core) -> list[str]:
    rows = await core.db.fetch("SELECT kind FROM facts WHERE kind LIKE 'page%' ORDER BY id")
    return [row["kind"] for row in rows]


async def test_a_page_is_made_changed_published_closed_and_deleted(core: Core):
    page_id = await made(core, settings=PageSettings(accent="#112233"))
    page = (await queries.page_by_id(core, page_id)).page
    assert (page.state, page.version, page.settings.accent, page.blocks) == ("draft", 1, "#112233", list(BLOCKS))
    assert await queries.stamp_of(core, "spring") is None
    with pytest.raises(Conflict):
        await actions.unpublish_page(core, page_id)
    await actions.publish_page(core, page_id)
    await actions.publish_page(core, page_id)
    opened = await queries.stamp_of(core, "spring")
    assert opened is not None
    await actions.update_page(core, page_id, PageDraft("Summer", "summer", "html", html="<p onclick=x>Hi</p>"))
    assert await queries.stamp_of(core, "spring") is None
    changed = await queries.find_published(core, "summer")
    assert changed is not None
    assert (changed.title, changed.html, changed.version, changed.form_id) == ("Summer", "<p>Hi</p>", 3, None)
    await actions.unpublish_page(core, page_id)
    assert await queries.find_published(core, "summer") is None
    assert await kinds(core) == ["page_published", "page_unpublished"]
    await actions.count_view(core, page_id)
    await actions.delete_page(core, page_id)
    assert await core.db.fetchval("SELECT count(*) FROM page_tallies") == 0
    for gone in (actions.delete_page, actions.publish_page, actions.unpublish_page, queries.page_by_id):
        with pytest.raises(NotFound):
            await gone(core, page_id)
    with pytest.raises(NotFound):
        await actions.update_page(core, page_id, PageDraft("Summer", "summer"))


async def test_an_empty_page_is_not_published_and_what_does_not_exist_is_named(core: Core):
    news = await contacts.create_list(core, title="News")
    shop = await contacts.create_list(core, title="Shop")
    berlin = await contacts.create_list(core, title="Berlin", parent_id=shop)
    page_id = await made(core, blocks=())
    with pytest.raises(Refused):
        await actions.publish_page(core, page_id)
    for wrong, field in (
        ({"form_id": 99}, "form_id"),
        ({"list_id": 99}, "list_id"),
        ({"list_id": berlin}, "list_id"),
        ({"list_id": news, "group_ids": [berlin]}, "group_ids"),
        ({"group_ids": [berlin]}, "group_ids"),
        ({"slug": "spring"}, "slug"),
    ):
        draft: dict[str, Any] = {"title": "T", "slug": "other"} | wrong
        with pytest.raises(Invalid) as caught:
            await actions.create_page(core, PageDraft(**draft))
        assert set(caught.value.fields) == {field}, wrong
    other = await made(core, "other", list_id=shop, group_ids=[berlin])
    with pytest.raises(Invalid) as caught:
        await actions.update_page(core, other, PageDraft("T", "spring"))
    assert set(caught.value.fields) == {"slug"}
    # A list or a form that goes takes no page with it.
    await contacts.delete_lists(core, [shop])
    await core.db.execute("DELETE FROM forms")
    left = (await queries.page_by_id(core, other)).page
    assert (left.list_id, left.form_id) == (None, None)


async def test_who_sends_the_form_joins_the_list_and_its_groups(core: Core):
    news = await contacts.create_list(core, title="News")
    berlin = await contacts.create_list(core, title="Berlin", parent_id=news)
    gone = await contacts.create_list(core, title="Gone", parent_id=news)
    page = (await queries.page_by_id(core, await made(core, list_id=news, group_ids=[berlin, gone]))).page
    await contacts.delete_lists(core, [gone])
    assert page.form_id is not None
    form = await form_queries.form_by_id(core, page.form_id)
    taken = await actions.submit_on_page(core, page, form, Sent({"email": ["ada@example.com"]}, ip="1.2.3.4"))
    view = await find_contact_by_email(core, "ada@example.com")
    assert view is not None
    assert (view.contact.source, view.contact.status) == ("page: Spring", "pending")
    assert {one.id for one in view.lists} == {news, berlin}
    [fact] = await core.db.fetch(
        "SELECT contact_id, subject_id, object_id, data FROM facts WHERE kind = 'page_submitted'"
    )
    assert (fact["contact_id"], fact["subject_id"], fact["data"]["title"]) == (taken.contact_id, page.id, "Spring")
    rows, numbers = await form_queries.submissions_on_page(core, page.id, PageRequest())
    assert ([one.id for one in rows.rows], numbers) == ([fact["object_id"]], [1])
    # A machine in the trap, and a refused answer, count nothing.
    await actions.submit_on_page(core, page, form, Sent({"email": ["bot@example.com"]}, trap="x"))
    with pytest.raises(Invalid):
        await actions.submit_on_page(core, page, form, Sent({"email": ["no"]}))
    for _ in range(2):
        await actions.submit_on_page(core, page, form, Sent({"email": ["ada@example.com"]}, ip="1.2.3.4"))
    with pytest.raises(RateLimited):
        await actions.submit_on_page(core, page, form, Sent({"email": ["ada@example.com"]}, ip="1.2.3.4"))
    assert (await queries.page_by_id(core, page.id)).submissions == 3
    # What was sent goes with the person, the count stays; the page may go without what was sent.
    await actions.delete_page(core, page.id)
    assert await core.db.fetchval("SELECT count(*) FROM form_submissions WHERE page_id IS NULL") == 3


async def test_views_and_submissions_are_exact_when_they_come_at_once(core: Core, statements: StatementCounter):
    """Two pages, 300 views and 40 submissions at the same time over eight connections, folded in between.

    A counter that was read, raised and written back would lose some: every `count_view` that answered must be in the sum.
    """
    first, second = await made(core), await made(core, "autumn")
    page = (await queries.page_by_id(core, first)).page
    form = await form_queries.form_by_id(core, page.form_id or 0)

    async def view(n: int) -> None:
        await actions.count_view(core, first if n % 3 else second)

    async def send(n: int) -> None:
        await actions.submit_on_page(core, page, form, Sent({"email": [f"p{n}@example.com"]}, ip=f"10.0.0.{n}"))

    with statements as counted:
        await asyncio.gather(*(view(n) for n in range(300)))
    assert counted.count < 30
    await asyncio.gather(
        *(view(n) for n in range(300)), *(send(n) for n in range(40)), *(fold_tallies(core) for _ in range(3))
    )
    for _ in range(2):
        told = {one.page.id: (one.views, one.submissions) for one in (await queries.list_pages(core)).rows}
        assert told == {first: (400, 40), second: (200, 0)}
        await fold_tallies(core)
    assert (await queries.page_by_id(core, first)).conversion_rate == 10.0


async def test_a_day_is_one_of_the_installation(core: Core, clock: FixedClock):
    await core.installation.put({"time_zone": "Pacific/Auckland"})
    page_id = await made(core)
    for at in (datetime(2026, 11, 20, 10, 59, tzinfo=UTC), datetime(2026, 11, 20, 11, 1, tzinfo=UTC)):
        clock.set(at)
        await actions.count_view(core, page_id)
    days = [str(row["day"]) for row in await core.db.fetch("SELECT day FROM page_tallies ORDER BY day")]
    assert days == ["2026-11-20", "2026-11-21"]


async def test_pages_are_listed_sorted_and_found_with_the_same_statements(core: Core, statements: StatementCounter):
    ids = [await made(core, f"page-{n}", title=f"Page {n}") for n in range(3)]
    await actions.count_view(core, ids[1])
    with statements as small:
        await queries.list_pages(core, PageRequest(per_page=1))
    with statements as large:
        await queries.list_pages(core, PageRequest(per_page=3))
    assert small.count == large.count
    by_views = await queries.list_pages(core, PageRequest(sort="views"))
    assert by_views.rows[0].page.id == ids[1]
    assert [one.page.id for one in (await queries.list_pages(core, search="page-2")).rows] == [ids[2]]
    assert (await queries.list_pages(core, search="%")).total == 0
