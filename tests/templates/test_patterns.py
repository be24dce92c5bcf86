"""Patterns on PostgreSQL: made, changed, copied, deleted; their categories; and what mails that refer to them say."""

from __future__ import annotations

import pytest

from tests.conftest import StatementCounter
from tidings.campaigns import actions as campaigns
from tidings.messages.mailing import load_mailing
from tidings.messages.preview import shared_view
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.templates.patterns import actions, queries
from tidings.templates.patterns.rules import reference, references, with_contents


async def test_a_pattern_is_made_changed_copied_and_deleted(core: Core):
    made = await actions.create_pattern(core, title="Head", content="<p>Hi</p>", category="Tops", created_by=4)
    one = await queries.pattern_by_id(core, made)
    assert (one.title, one.content, one.category, one.is_synced, one.created_by) == (
        "Head",
        "<p>Hi</p>",
        "Tops",
        False,
        4,
    )
    assert one.slug.startswith("head-")
    await actions.update_pattern(core, made, content="<p>Ho</p>", title="Head")
    assert (await queries.pattern_by_id(core, made)).slug == one.slug
    await actions.update_pattern(core, made, title="Head 2", is_synced=True)
    changed = await queries.pattern_by_id(core, made)
    assert (changed.slug, changed.content, changed.is_synced) == (f"head-2-{made}", "<p>Ho</p>", True)
    copy = await queries.pattern_by_id(core, await actions.duplicate_pattern(core, made, title="Copy"))
    assert (copy.title, copy.content, copy.category, copy.is_synced) == ("Copy", "<p>Ho</p>", "Tops", True)
    assert await actions.delete_patterns(core, [made, copy.id, 99]) == 2
    told = await core.db.fetch("SELECT subject_id, data FROM facts WHERE kind = 'pattern_deleted' ORDER BY subject_id")
    assert [tuple(row) for row in told] == [(made, {"title": "Head 2"}), (copy.id, {"title": "Copy"})]
    for gone in (
        queries.pattern_by_id(core, made),
        actions.update_pattern(core, made, title="x"),
        actions.duplicate_pattern(core, made, title="x"),
    ):
        with pytest.raises(NotFound):
            await gone


async def test_what_is_wrong_is_named(core: Core):
    made = await actions.create_pattern(core, title="Head")
    for wrong, field in (({"title": ""}, "title"), ({"category": "x" * 101}, "category"), ({"slug": "x"}, "slug")):
        with pytest.raises(Invalid) as refused:
            await actions.update_pattern(core, made, **wrong)
        assert list(refused.value.fields) == [field]
        with pytest.raises(Invalid):
            await actions.create_pattern(core, **{"title": "x", **wrong})
    for name in ("", " ", "x" * 101):
        with pytest.raises(Invalid) as refused:
            await actions.create_category(core, name)
        assert list(refused.value.fields) == ["name"]
    with pytest.raises(NotFound):
        await actions.delete_category(core, 99)


async def test_categories_are_names_and_may_have_a_row(core: Core):
    tops = await actions.create_category(core, "Tops")
    assert await actions.create_category(core, " Tops ") == tops
    await actions.create_category(core, "Ends")
    ids = [await actions.create_pattern(core, title=f"P{n}", category=word) for n, word in enumerate(("Tops", "Own"))]
    assert await queries.used_categories(core) == ["Own", "Tops"]
    assert [(one.name, one.slug, one.count) for one in await queries.list_categories(core)] == [
        ("Ends", "ends", 0),
        ("Tops", "tops", 1),
    ]
    assert [one.id for one in (await queries.list_patterns(core, category="Tops")).rows] == ids[:1]
    await actions.delete_category(core, tops)
    assert await queries.used_categories(core) == ["Own"]
    assert (await queries.pattern_by_id(core, ids[0])).category == ""
    with pytest.raises(NotFound):
        await queries.category_by_id(core, tops)


async def test_a_mail_follows_the_patterns_it_refers_to(core: Core, statements: StatementCounter):
    ids = [await actions.create_pattern(core, title=word, content=f"<p>{word}</p>") for word in ("head", "foot")]
    body = f"{reference(ids[0])}<p>text</p>{reference(ids[1])}{reference(999)}"
    campaign = await campaigns.create_campaign(core, title="C", subject="S", body=body)
    html = await shared_view(core, campaign)
    assert html.index("head</p>") < html.index("text</p>") < html.index("foot</p>")
    await actions.update_pattern(core, ids[0], content='<p>new <a href="https://a.test/x">link</a></p>')
    assert "new <a" in (html := await shared_view(core, campaign))
    assert ">head<" not in html
    assert list((await load_mailing(core, campaign)).compiled.links) == ["https://a.test/x"]
    with statements as counted:
        assert await queries.with_patterns(core, "<p>without</p>") == "<p>without</p>"
    assert counted.count == 0
    with statements as counted:
        await queries.with_patterns(core, body * 5)
    assert counted.count == 1
    await actions.delete_patterns(core, ids)
    assert "wp:block" not in await shared_view(core, campaign)


def test_references_are_read_as_editors_write_them():
    text = '<!-- wp:block {"ref":7} /--> <!--wp:block { "ref" : 8 }/--><!-- wp:block {"ref":7} /-->'
    assert references(text) == [7, 8]
    assert with_contents(text, {7: r"a\1", 8: "b"}) == r"a\1 ba\1"
    for other in ('<!-- wp:block {"ref":"7"} /-->', "<!-- wp:block -->", '<!-- wp:paragraph {"ref":7} /-->'):
        assert references(other) == []
    assert references('<!-- wp:block {"ref":' * 20_000) == []
