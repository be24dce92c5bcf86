"""Templates on PostgreSQL: made, changed, copied, published, deleted; files of them; campaigns made of them and they of campaigns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import StatementCounter
from tidings.campaigns import actions as campaigns
from tidings.campaigns.from_templates import create_from_template, save_as_template, take_template
from tidings.campaigns.queries import campaign_by_id
from tidings.campaigns.types import WORKFLOW
from tidings.messages import mailing
from tidings.messages.preview import preview
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, NotFound, Refused
from tidings.platform.pagination import PageRequest
from tidings.templates import actions, files, queries
from tidings.templates.gallery import READY, find_ready
from tidings.templates.types import CONTENT

GIVEN: dict[str, Any] = {
    "subject": "Hello {{contact.first_name}}",
    "preheader": "Before",
    "body": "<p>Text</p>",
    "design": "plain",
    "look": {"link_color": "#112233", "content_width": 600},
}
WAY_OUT = '<a href="##crm.unsubscribe_url##">Leave</a>'


async def titles(core: Core, **asked: Any) -> list[str]:
    return [one.title for one in (await queries.list_templates(core, **asked)).rows]


async def test_a_template_is_made_changed_copied_published_and_deleted(core: Core):
    made = await actions.create_template(core, title=" <b>Spring</b> ", created_by=7, **GIVEN)
    one = await queries.template_by_id(core, made)
    assert (one.title, one.state, one.footer, one.created_by) == ("Spring", "draft", "global", 7)
    assert {name: getattr(one, name) for name in GIVEN} == GIVEN
    await actions.update_template(core, made, body="<p>Other</p>", footer=f"Bye {WAY_OUT}")
    copy = await actions.duplicate_template(core, made, title="Copy", created_by=8)
    other, original = await queries.template_by_id(core, copy), await queries.template_by_id(core, made)
    assert {name: getattr(other, name) for name in CONTENT} == {name: getattr(original, name) for name in CONTENT}
    assert (other.title, other.state, other.body, other.created_by) == ("Copy", "draft", "<p>Other</p>", 8)
    assert await queries.offered_templates(core) == []
    assert await actions.move_templates(core, [made, copy, 99], "published") == 2
    assert await actions.move_templates(core, [made], "published") == 0
    assert await actions.move_templates(core, None, "draft") == 2
    assert await actions.move_templates(core, [copy], "published") == 1
    assert [one.title for one in await queries.offered_templates(core)] == ["Copy"]
    assert await actions.delete_templates(core, [made, 99]) == 1
    assert await queries.find_template(core, made) is None
    assert await actions.delete_templates(core, None) == 1
    assert await queries.count_templates(core) == 0
    told = await core.db.fetch("SELECT kind, subject_id, data FROM facts WHERE kind LIKE 'template%' ORDER BY id")
    assert [tuple(row) for row in told] == [
        ("template_deleted", made, {"title": "Spring"}),
        ("template_deleted", copy, {"title": "Copy"}),
    ]


async def test_what_is_wrong_is_named_and_nothing_is_written(core: Core):
    made = await actions.create_template(core, title="Spring", **GIVEN)
    for wrong, field in (
        ({"title": "<i></i>"}, "title"),
        ({"title": "x" * 193}, "title"),
        ({"state": "gone"}, "state"),
        ({"footer": "Bye"}, "footer"),
        ({"audience": {}}, "audience"),
    ):
        with pytest.raises(Invalid) as refused:
            await actions.update_template(core, made, **{"body": "changed", **wrong})
        assert list(refused.value.fields) == [field]
        with pytest.raises(Invalid):
            await actions.create_template(core, **{"title": "Other", **wrong})
    with pytest.raises(Invalid):
        await actions.move_templates(core, None, "gone")  # type: ignore[arg-type]
    assert (await queries.template_by_id(core, made)).body == "<p>Text</p>"
    assert await titles(core) == ["Spring"]
    for gone in (
        actions.update_template(core, 99, title="x"),
        actions.duplicate_template(core, 99, title="x"),
        queries.template_by_id(core, 99),
        create_from_template(core, 99),
    ):
        with pytest.raises(NotFound):
            await gone


async def test_templates_are_found_sorted_and_paged_in_two_statements(core: Core, statements: StatementCounter):
    for n, title in enumerate(("beta 100%", "Alpha", "gamma")):
        await actions.create_template(core, title=title, state="published" if n else "draft")
    with statements as counted:
        assert await titles(core) == ["gamma", "Alpha", "beta 100%"]
    assert counted.count == 2
    by_title = PageRequest(page=1, per_page=2, sort="title", is_descending=False)
    assert await titles(core, request=by_title) == ["Alpha", "beta 100%"]
    assert await titles(core, search="0%") == ["beta 100%"]
    assert await titles(core, search="A", states=("published",)) == ["gamma", "Alpha"]
    assert (await queries.list_templates(core, by_title)).total == 3


async def test_a_file_carries_templates_to_another_installation(core: Core):
    for title in ("One", "Two"):
        await actions.create_template(core, title=title, state="published", **GIVEN)
    written = files.to_file((await queries.list_templates(core)).rows)
    ids = await files.import_templates(core, written, created_by=3)
    took = [await queries.template_by_id(core, one) for one in ids]
    assert [(one.title, one.state, one.created_by) for one in took] == [("Two", "draft", 3), ("One", "draft", 3)]
    assert {name: getattr(took[0], name) for name in GIVEN} == GIVEN
    good = json.loads(written)
    bad: list[Any] = [
        b"{",
        b"[]",
        b"[" * 5000,
        good | {"format": "other"},
        good | {"version": 2},
        good | {"templates": []},
        good | {"templates": [good["templates"][0]] * 201},
        good | {"templates": [{"title": "No body"}]},
        good | {"templates": [*good["templates"], {"title": "", "body": ""}]},
        good | {"templates": [{"title": "x", "body": "", "footer": "no way out"}]},
        good | {"templates": [{"title": "x", "body": "", "look": {"a": {"b": 1}}}]},
        good | {"templates": [{"title": "x", "body": "", "state": "published"}]},
        b" " * (files.MAX_BYTES + 1),
    ]
    for one in bad:
        with pytest.raises(Invalid) as refused:
            await files.import_templates(core, one if isinstance(one, bytes) else json.dumps(one).encode())
        assert list(refused.value.fields) == ["file"]
    assert await queries.count_templates(core) == 4
    zero = good | {"templates": [{"title": "Zero", "body": "a\0b"}]}
    [made] = await files.import_templates(core, json.dumps(zero).encode())
    assert (await queries.template_by_id(core, made)).body == "ab"


async def test_a_campaign_begins_with_a_copy_and_stays_as_it_was(core: Core):
    made = await actions.create_template(core, title="Spring", **GIVEN)
    first = await create_from_template(core, made, created_by=5)
    second = await create_from_template(core, made, subject="Own")
    campaign = await campaign_by_id(core, first)
    assert {name: getattr(campaign, name) for name in GIVEN} == GIVEN
    assert (campaign.title, campaign.template_id, campaign.created_by, campaign.audience) == ("Spring", made, 5, {})
    other = await campaign_by_id(core, second)
    assert (other.title, other.subject, other.body) == ("Spring 2", "Own", GIVEN["body"])
    await actions.update_template(core, made, body="<p>New</p>", subject="New")
    await actions.delete_templates(core, [made])
    assert await campaign_by_id(core, first) == campaign


async def test_a_draft_takes_a_template_and_keeps_what_was_said_of_its_subject(core: Core):
    made = await actions.create_template(core, title="Spring", **GIVEN)
    draft = await campaigns.create_campaign(core, title="Draft", subject="Mine", footer="none", body="old")
    await take_template(core, draft, made)
    campaign = await campaign_by_id(core, draft)
    assert (campaign.subject, campaign.preheader, campaign.footer) == ("Mine", "Before", "global")
    assert (campaign.body, campaign.look, campaign.template_id) == (GIVEN["body"], GIVEN["look"], made)
    await core.db.execute("UPDATE campaigns SET state = 'scheduled' WHERE id = $1", draft)
    with pytest.raises(Conflict):
        await take_template(core, draft, made)


async def test_a_campaign_is_kept_as_a_template_without_its_people(core: Core):
    draft = await campaigns.create_campaign(
        core, title="News " + "x" * 200, audience={"all": []}, sender={"from_name": "Ada"}, **GIVEN
    )
    made = await save_as_template(core, draft, created_by=2)
    one = await queries.template_by_id(core, made)
    assert {name: getattr(one, name) for name in GIVEN} == GIVEN
    assert (one.title, one.state, one.settings) == (("News " + "x" * 200)[:192], "published", {})
    await campaigns.update_campaign(core, draft, body="later")
    assert (await queries.template_by_id(core, made)).body == GIVEN["body"]
    steps = await campaigns.create_campaign(core, title="Steps", kind=WORKFLOW)
    with pytest.raises(Refused):
        await save_as_template(core, steps, title="x")


async def test_the_look_of_the_house_is_beneath_that_of_a_mail(core: Core):
    await core.installation.put({"mail_look": {"body_bg_color": "#123456", "link_color": "#abcdef"}})
    row = {"subject": "S", "preheader": "", "body": '<p><a href="https://a.test">a</a></p>', "design": "simple"}
    row |= {"footer": "global", "language": "smartcodes", "is_transactional": False, "look": {"link_color": "#00ff00"}}
    _, html = await preview(core, mailing.source_from(row), None)
    assert "#123456" in html
    assert "#00ff00" in html
    assert "#abcdef" not in html


@pytest.mark.parametrize("name", [one.name for one in READY])
async def test_every_ready_made_template_may_go_out_and_asks_no_other_host(core: Core, name: str):
    from tidings.content import compliance_problems, lint

    ready = find_ready(name)
    assert ready is not None
    made = await actions.create_template(core, title=ready.title, **ready.content)
    template = await queries.template_by_id(core, made)
    written = mailing.source_from({**{n: getattr(template, n) for n in CONTENT}, "is_transactional": False})
    site = await mailing.site(core)
    assert lint(written.source, language="smartcodes", site=site) == []
    assert compliance_problems(written.source, site) == []
    subject, html = await preview(core, written, None)
    assert subject
    assert "unsubscribe" in html.lower()
    assert "<img" not in html
    assert "url(" not in html
    assert find_ready("none") is None
