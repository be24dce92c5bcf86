"""Templates and patterns as pages: made, changed, refused with the field, used for a campaign, and for those who may."""

from __future__ import annotations

import json

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.campaigns import actions as campaigns
from tidings.campaigns.queries import campaign_by_id
from tidings.platform.core import Core
from tidings.templates import actions, files, queries
from tidings.templates.gallery import READY
from tidings.templates.patterns import actions as patterns
from tidings.templates.patterns import queries as pattern_queries

HTMX = {"hx-request": "true"}


async def test_a_template_is_made_saved_and_refused_with_its_field(core: Core, door: Door):
    assert "No templates yet" in (await door.client.get("/templates")).text
    made = await door.post("/templates/new", {"from": "invitation"})
    assert (made.status_code, made.headers["location"]) == (303, "/templates/1")
    one = await queries.template_by_id(core, 1)
    assert (one.title, one.design, one.state, one.created_by) == ("Invitation", "raw_html", "draft", 1)
    about = {"title": "Party", "subject": "Come\nalong", "preheader": "", "is_offered": "yes", "has_frame": "no"}
    refused = await door.post("/templates/1", {**about, "title": " ", "body": "<p>x</p>"})
    assert refused.status_code == 422
    assert 'id="title-error"' in refused.text
    assert (await queries.template_by_id(core, 1)).body == one.body
    assert (await door.post("/templates/1", {**about, "body": "<p>x</p>\r\n\0"})).status_code == 303
    one = await queries.template_by_id(core, 1)
    assert (one.title, one.subject, one.body, one.design, one.state) == (
        "Party",
        "Come along",
        "<p>x</p>\n",
        "raw_html",
        "published",
    )
    draft = await door.post("/templates/1/content/draft", {**about, "body": "<p>Only kept</p>"}, headers=HTMX)
    assert "/templates/1/preview" in draft.text
    assert (await queries.template_by_id(core, 1)).body == "<p>Only kept</p>"
    await door.post("/templates/1/content/editor", {**about, "body": "<p>y</p>", "editor": "rich"})
    assert (await queries.template_by_id(core, 1)).design == "simple"
    for path in ("/templates/9", "/templates/9/preview", "/templates/gallery/none", "/templates/1/patterns/9"):
        assert (await door.client.get(path)).status_code == 404, path
    for ready in READY:
        assert (await door.client.get(f"/templates/gallery/{ready.name}")).status_code == 200
    assert (await door.post("/templates/1/test", {"recipient": "nobody"}, headers=HTMX)).status_code == 422


async def test_files_come_in_whole_or_not_at_all(core: Core, door: Door):
    one = await actions.create_template(core, title="One", body="<p>1</p>")
    given = await door.client.get(f"/templates/{one}/export")
    assert given.headers["content-disposition"] == f'attachment; filename="template-{one}.json"'
    assert json.loads(given.content)["templates"][0]["title"] == "One"
    chosen = await door.post("/templates/export", {"ids": [str(one), "99"]})
    assert chosen.content == files.to_file([await queries.template_by_id(core, one)])
    nothing = await door.post("/templates/import", {})
    assert nothing.status_code == 422
    assert "This is no file of templates" in nothing.text
    assert await queries.count_templates(core) == 1


async def test_a_draft_takes_what_is_published_and_nothing_else(core: Core, door: Door):
    hidden = await actions.create_template(core, title="Hidden", body="<p>h</p>")
    shown = await actions.create_template(core, title="Shown", body="<p>s</p>", state="published")
    draft = await campaigns.create_campaign(core, title="Draft", subject="Mine")
    page = (await door.client.get(f"/campaigns/{draft}/templates")).text
    assert "Shown" in page
    assert "Hidden" not in page
    assert (await door.client.get(f"/campaigns/{draft}/templates/{shown}")).status_code == 200
    assert (await door.client.get(f"/campaigns/{draft}/templates/{hidden}")).status_code == 404
    assert (await door.post(f"/campaigns/{draft}/templates", {"template": "99"})).status_code == 404
    await door.post(f"/campaigns/{draft}/templates", {"template": str(shown)})
    campaign = await campaign_by_id(core, draft)
    assert (campaign.body, campaign.subject, campaign.template_id) == ("<p>s</p>", "Mine", shown)
    await door.post(f"/campaigns/{draft}/templates", {"ready": "letter"})
    assert (await campaign_by_id(core, draft)).design == "plain"
    kept = await door.post(f"/campaigns/{draft}/template", {"title": "x" * 193}, headers=HTMX)
    assert kept.status_code == 422
    assert await queries.count_templates(core) == 2
    made = await door.post(f"/templates/{shown}/campaign", {})
    assert made.headers["location"].endswith("/edit")


async def test_a_pattern_is_made_changed_and_put_into_mails(core: Core, door: Door):
    assert (await door.post("/patterns/new", {"title": "", "category": "x" * 101})).status_code == 422
    body = {"title": "End", "category": "Endings", "body": "<p>Bye</p>", "is_synced": "yes"}
    assert (await door.post("/patterns/new", body)).status_code == 303
    assert (await pattern_queries.pattern_by_id(core, 1)).is_synced
    assert "Bye" in (await door.post("/patterns/preview", {"body": "<p>Bye</p><script>x</script>"})).text
    rich = await actions.create_template(core, title="Rich")
    code = await actions.create_template(core, title="Code", design="raw_classic")
    assert (await door.client.get(f"/templates/{rich}/patterns/1")).text == "<p>Bye</p>"
    piece = await door.client.get(f"/templates/{code}/patterns/1")
    assert piece.text == '<!-- wp:block {"ref":1} /-->'
    assert piece.headers["content-type"].startswith("text/plain")
    await door.post("/patterns/1", {"title": "End", "body": "<p>Ciao</p>"})
    one = await pattern_queries.pattern_by_id(core, 1)
    assert (one.content, one.category, one.is_synced) == ("<p>Ciao</p>", "", False)
    await door.post("/patterns/1/delete", {})
    assert (await door.client.get("/patterns/1")).status_code == 404


async def test_the_tables_cost_the_same_and_are_for_those_who_may(core: Core, door: Door, statements: StatementCounter):
    async def counts() -> list[int]:
        found: list[int] = []
        for path in ("/templates", "/patterns", "/templates/1"):
            await door.client.get(path)
            with statements as counted:
                assert (await door.client.get(path)).status_code == 200
            found.append(counted.count)
        return found

    await actions.create_template(core, title="One")
    await patterns.create_pattern(core, title="One", category="A")
    few = await counts()
    for n in range(3):
        await actions.create_template(core, title=f"More {n}")
        await patterns.create_pattern(core, title=f"More {n}", category=f"B{n}")
    assert await counts() == few
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_emails,fcrm_manage_emails}'")
    for path in ("/templates", "/templates/new", "/templates/1", "/templates/1/export", "/patterns", "/patterns/1"):
        assert (await door.client.get(path)).status_code == 403, path
    draft = await campaigns.create_campaign(core, title="Draft")
    assert (await door.post(f"/campaigns/{draft}/template", {"title": "x"})).status_code == 403
    assert (await door.client.get(f"/campaigns/{draft}/patterns/1")).status_code == 200
