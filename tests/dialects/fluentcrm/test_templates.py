"""Templates on the wire: made, read, changed, copied, listed, moved and deleted; codes; the style of the house; ready-made ones."""

from __future__ import annotations

import json
from typing import Any

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW, PAGE_KEYS
from tidings.access import actions as access
from tidings.campaigns.from_templates import create_from_template, take_template
from tidings.platform.core import Core
from tidings.templates.queries import template_by_id

GIVEN: dict[str, Any] = {
    "post_title": "Welcome",
    "post_content": "<p>Hello {{contact.first_name|there}}</p>",
    "post_excerpt": "Pre header",
    "email_subject": "Welcome {{contact.first_name}}",
    "edit_type": "visual",
    "design_template": "plain",
    "settings": {
        "template_config": {"body_bg_color": "#FAFAFA", "content_width": 700},
        "footer_settings": {"custom_footer": "no", "footer_content": "", "disable_footer": "no"},
    },
}
FOOTER = {
    "custom_footer": "no",
    "footer_content": "",
    "disable_footer": "no",
    "font_size": 13,
    "font_color": "#202020",
    "background_color": "transparent",
    "footer_padding": 20,
}
OWN = '<a href="##crm.unsubscribe_url##">Bye</a>'


async def made(crm: Mouth, **more: Any) -> int:
    answer = await crm.post("/templates", {"template": GIVEN | more})
    assert answer.status_code == 200, answer.text
    return answer.json()["template_id"]


async def read(crm: Mouth, template_id: int) -> dict[str, Any]:
    return (await crm.get(f"/templates/{template_id}")).json()["template"]


async def test_a_template_is_made_read_changed_copied_and_deleted(crm: Mouth):
    one = await made(crm)
    config = {"body_bg_color": "#FAFAFA", "content_width": 700, "content_padding": 20, "disable_footer": "no"}
    settings = {"template_config": config, "footer_settings": FOOTER}
    assert await read(crm, one) == GIVEN | {"settings": settings}
    changes = {"post_title": "Second", "post_content": "<p>changed</p>", "settings": {"template_config": {"x": "1"}}}
    changed = await crm.put(f"/templates/{one}", {"template": changes})
    assert changed.json() == {"message": "Template successfully updated", "template_id": str(one)}
    now = await read(crm, one)
    assert (now["post_title"], now["post_content"], now["post_excerpt"]) == ("Second", "<p>changed</p>", "Pre header")
    assert now["settings"]["template_config"] == {"x": "1", "content_padding": 20, "disable_footer": "no"}
    assert now["settings"]["footer_settings"] == FOOTER
    again = await crm.post("/templates", {"template_id": one, "template": json.dumps({"post_title": ""})})
    assert again.json()["template_id"] == str(one)
    assert (await read(crm, one))["post_title"] == f"Email template created at {NOW}"
    copy = (await crm.post(f"/templates/duplicate/{one}")).json()
    assert copy["message"] == "Template successfully duplicated"
    assert await read(crm, copy["template_id"]) == await read(crm, one) | {
        "post_title": f"[Duplicate] Email template created at {NOW}"
    }
    assert (await crm.delete(f"/templates/{one}")).json()["message"] == "The template has been deleted successfully."
    for method, path in (("DELETE", f"/{one}"), ("PUT", "/999"), ("POST", "/duplicate/999")):
        assert (await crm.ask(method, f"/templates{path}", {"template": {}})).status_code == 404, path


async def test_what_is_missing_has_a_default(crm: Mouth):
    empty = (await crm.post("/templates", {})).json()["template_id"]
    fresh, unknown = await read(crm, empty), await read(crm, 999)
    assert fresh["post_title"] == fresh["email_subject"] == f"Email Template @ {NOW}"
    assert unknown["post_title"] == unknown["email_subject"] == ""
    for one in (fresh, unknown):
        assert (one["edit_type"], one["design_template"], one["post_content"]) == ("html", "simple", "")
        assert one["settings"]["template_config"]["content_padding_top"] == "20px"
    assert (
        await crm.post(
            "/templates/set-global-style", {"config": {"body_bg_color": "<b>#123456</b>", "content_width": "640"}}
        )
    ).json() == {"message": "Global style settings have been updated"}
    assert (await read(crm, 0))["settings"]["template_config"]["body_bg_color"] == "#123456"
    campaign = (await crm.post("/campaigns", {"title": "C"})).json()
    shown = campaign["settings"]["template_config"]
    assert (shown["body_bg_color"], shown["content_width"]) == ("#123456", 640)


async def test_a_footer_needs_a_way_out_and_a_title_has_an_end(crm: Mouth, core: Core):
    footer = {"custom_footer": "yes", "footer_content": "Bye"}
    refused = await crm.post("/templates", {"template": GIVEN | {"settings": {"footer_settings": footer}}})
    assert refused.status_code == 422
    assert "##crm.unsubscribe_url##" in refused.json()["message"]
    long = await crm.post("/templates", {"template": {"post_title": "x" * 193}})
    assert (long.status_code, list(long.json())) == (422, ["post_title"])
    assert (await crm.get("/templates")).json()["templates"]["total"] == 0
    one = await made(crm, settings={"footer_settings": footer | {"footer_content": OWN, "font_size": 11}})
    assert (await read(crm, one))["settings"]["footer_settings"] == FOOTER | footer | {
        "footer_content": OWN,
        "font_size": 11,
    }
    assert (await template_by_id(core, one)).footer == OWN
    none = {"template": {"settings": {"footer_settings": {"disable_footer": "yes"}}}}
    assert (await crm.put(f"/templates/{one}", none)).status_code == 200
    assert (await read(crm, one))["settings"]["template_config"]["disable_footer"] == "yes"


async def test_templates_are_listed_moved_and_deleted_in_bulk(crm: Mouth):
    ids = [await made(crm, post_title=title) for title in ("Alpha", "beta", "Gamma")]
    page = (await crm.get("/templates", orderBy="post_title", order="asc")).json()["templates"]
    assert set(page) == PAGE_KEYS
    assert [(row["ID"], row["post_title"], row["post_status"]) for row in page["data"]] == [
        (ids[0], "Alpha", "draft"),
        (ids[1], "beta", "draft"),
        (ids[2], "Gamma", "draft"),
    ]
    assert page["data"][0] | {"guid": ""} == {
        "ID": ids[0],
        "post_author": "1",
        "post_date": NOW,
        "post_date_gmt": NOW,
        "post_content": GIVEN["post_content"],
        "post_title": "Alpha",
        "post_excerpt": "Pre header",
        "post_status": "draft",
        "post_modified": NOW,
        "post_modified_gmt": NOW,
        "guid": "",
        "post_type": "fc_template",
        "design_template": "plain",
    }
    bulk = {"action_name": "change_template_status", "template_ids": ids[:2], "status": "publish"}
    assert (await crm.post("/templates/do-bulk-action", bulk)).status_code == 200
    found = (await crm.ask("GET", "/templates", query=[("types[]", "publish"), ("search", "BET")])).json()["templates"]
    assert [row["post_title"] for row in found["data"]] == ["beta"]
    assert (await crm.ask("GET", "/templates", query=[("types[]", "odd")])).json()["templates"]["total"] == 0
    offered = (await crm.get("/templates/all")).json()
    assert [row["ID"] for row in offered["templates"]] == [ids[1], ids[0]]
    assert offered["smartcodes"] == (await crm.get("/templates/smartcodes")).json()["smartcodes"]
    assert [group["key"] for group in offered["smartcodes"]] == ["contact", "general"]
    for bad, said in (
        (bulk | {"status": ""}, "Please select status"),
        (bulk | {"template_ids": []}, "Please select templates"),
        ({"action_name": "delete_templates"}, "Please select templates"),
    ):
        refused = await crm.post("/templates/do-bulk-action", bad)
        assert (refused.status_code, refused.json()) == (422, {"message": said})
    odd = await crm.post("/templates/do-bulk-action", bulk | {"action_name": "shred"})
    assert (odd.status_code, list(odd.json())) == (200, ["message"])
    await crm.post("/templates/do-bulk-action", {"action_name": "delete_templates", "template_ids": ids[:1]})
    assert (await crm.get("/templates")).json()["templates"]["total"] == 2
    stats = (await crm.get("/reports/dashboard-stats")).json()["stats"]
    assert stats["total_templates"] == {"title": "Email Templates", "count": 2, "route": {"name": "templates"}}
    await crm.post("/templates/do-bulk-action", {"action_name": "delete_templates", "select_all": "true"})
    assert (await crm.get("/templates")).json()["templates"]["total"] == 0


async def test_a_campaign_made_of_a_template_shows_its_look_and_footer(crm: Mouth, core: Core):
    footer = {"custom_footer": "yes", "footer_content": OWN}
    config = {"body_bg_color": "#010203"}
    one = await made(crm, settings={"template_config": config, "footer_settings": footer})
    fresh = await create_from_template(core, one, title="Fresh")
    draft = (await crm.post("/campaigns", {"title": "Draft"})).json()["id"]
    await take_template(core, draft, one)
    for campaign_id in (fresh, draft):
        body = (await crm.get(f"/campaigns/{campaign_id}")).json()["campaign"]
        assert (body["template_id"], body["design_template"]) == (str(one), "plain")
        assert body["settings"]["template_config"] == config
        assert body["settings"]["footer_settings"] == FOOTER | footer
        assert set(body["settings"]["mailer_settings"]) >= {"from_name", "from_email"}
        kept = {"title": f"Kept {campaign_id}", "settings": {"mailer_settings": {"from_name": "Ada"}}}
        assert (await crm.put(f"/campaigns/{campaign_id}", kept)).status_code == 200
        after = (await crm.get(f"/campaigns/{campaign_id}")).json()["campaign"]["settings"]
        assert (after["template_config"], after["footer_settings"]) == (config, FOOTER | footer)


async def test_ready_made_templates_are_our_own_and_nothing_is_fetched(crm: Mouth):
    offered = (await crm.get("/templates/built-in-templates")).json()["templates"]
    assert len(offered) >= 6
    first = offered[0]
    content = json.loads(first["content"])
    given = (await crm.post("/templates/built-in-template", {"file": first["link"]})).json()["template"]
    assert given == content
    assert given["post_title"] == first["title"]
    one = (await crm.post("/templates", {"template": given})).json()["template_id"]
    assert (await read(crm, one))["post_content"] == given["post_content"]
    for foreign in ("https://example.com/x.json", "", first["link"] + "x", "file:///etc/passwd"):
        refused = await crm.post("/templates/built-in-template", {"file": foreign})
        assert (refused.status_code, refused.json()) == (422, {"message": "Invalid template source URL"})


async def test_templates_are_for_those_who_may(crm: Mouth, core: Core):
    for login, permission in (("tom", "fcrm_manage_email_templates"), ("eve", "fcrm_manage_emails")):
        await access.create_user(
            core, login=login, email=f"{login}@example.com", password="pw-12345-abcdef", role="editor",
            permissions=[permission, "fcrm_read_emails"],
        )  # fmt: skip
    tom, eve = await crm.new_key("tom"), await crm.new_key("eve")
    assert (await crm.ask("GET", "/templates", auth=tom)).status_code == 200
    assert (await crm.ask("GET", "/templates", auth=eve)).status_code == 403
    assert (await crm.ask("POST", "/email-patterns", {"title": "x"}, auth=eve)).status_code == 403
    for path in ("/templates/all", "/templates/smartcodes", "/email-patterns"):
        assert (await crm.ask("GET", path, auth=eve)).status_code == 200, path
