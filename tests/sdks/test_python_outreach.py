"""The Python clients against a running Tidings: campaigns with what belongs to them, webhooks, pages, analytics."""

from __future__ import annotations

from typing import Any

import tidings_client as sdk
from benchmarks.sink import Sink

from tests.sdks.answering import Asked
from tests.sdks.conftest import Running
from tests.sdks.either import all_of, done, refused, word
from tidings.campaigns import actions as campaigns
from tidings.campaigns.drawing import advance_campaigns
from tidings.dialects.fluenzr.ids import number_of
from tidings.pages import actions as pages
from tidings.pages.types import Block, PageDraft

WORKFLOW = {
    "nodes": [
        {"id": "s", "type": "start", "data": {}},
        {"id": "m", "type": "email", "data": {"subject": "Hi {{firstName|there}}", "body": "<p>Hello</p>"}},
        {"id": "e", "type": "end", "data": {}},
    ],
    "edges": [{"from": "s", "to": "m"}, {"from": "m", "to": "e"}],
}
UNREACHABLE = {"host": "127.0.0.1", "port": 1, "encryption": "none"}


async def test_fluenzr_campaigns(running: Running, fluenzr: Any):
    account = await done(fluenzr.email_accounts.create(email="me@harbour.example", smtp=UNREACHABLE))
    group = await done(fluenzr.groups.create(name=word()))
    people = [await done(fluenzr.contacts.create(email=f"{word()}@harbour.example")) for _ in range(3)]
    await done(fluenzr.groups.add_contacts(group.id, [one.id for one in people[:2]]))
    name = word()
    made = await done(
        fluenzr.campaigns.create(
            name=name, description="d", email_account_id=account.id, settings={"stopOnReply": True}, workflow=WORKFLOW
        )
    )
    assert (made.status, made.email_account_id, made.workflow["edges"]) == ("draft", account.id, WORKFLOW["edges"])
    assert (await done(fluenzr.campaigns.update(made.id, description="x"))).description == "x"
    added = await done(fluenzr.campaigns.add_contacts(made.id, group_id=group.id))
    assert (added.added, added.skipped, added.errors) == (2, 0, [])
    assert (await done(fluenzr.campaigns.add_contacts(made.id, {"groupId": group.id}))).skipped == 2
    by_filter = await done(fluenzr.campaigns.add_contacts(made.id, filters={"groups": [group.id]}))
    assert (by_filter.added, by_filter.skipped) == (0, 2)
    assert (await done(fluenzr.campaigns.add_contacts(made.id, contact_ids=[people[2].id]))).added == 1
    assert (await done(fluenzr.campaigns.remove_contacts(made.id, [people[2].id]))).removed == 1
    enrolled = await done(fluenzr.campaigns.list_contacts(made.id, status="pending", per_page=1))
    assert (enrolled.total, enrolled[0].status) == (2, "pending")
    assert {one.contact_id for one in await all_of(enrolled.iterate())} == {one.id for one in people[:2]}
    assert [one.id for one in await done(fluenzr.campaigns.list(name=name, status="draft"))] == [made.id]
    assert made.id in [one.id for one in await all_of(fluenzr.campaigns.iterate())]

    for act in (fluenzr.campaigns.pause, fluenzr.campaigns.resume, fluenzr.campaigns.archive):
        assert (await refused(sdk.Conflict, lambda act=act: act(made.id))).code == "CONFLICT"
    assert (await done(fluenzr.campaigns.start(made.id))).status == "active"
    await advance_campaigns(running.core)
    assert (await done(fluenzr.campaigns.pause(made.id))).status == "paused"
    assert (await done(fluenzr.campaigns.resume(made.id))).status == "active"
    stats = await done(fluenzr.campaigns.get_stats(made.id))
    assert (stats.contacts, stats.sent, stats.open_rate, stats.reply_rate) == (2, 0, 0, 0)
    mails = await done(fluenzr.campaigns.get_email_stats(made.id))
    assert [(one.node_id, one.sent) for one in mails] == [("m", 0)]
    assert (
        await done(fluenzr.campaigns.get_timeline(made.id, start="2027-01-01", end="2027-02-01", interval="week")) == []
    )
    happened = await done(fluenzr.campaigns.get_activity(made.id, type="email.opened", contact_id=people[0].id))
    assert (happened, happened.total) == ([], 0)
    number = number_of("cmp", made.id)
    assert number is not None
    await campaigns.cancel_campaign(running.core, number)
    assert (await done(fluenzr.campaigns.archive(made.id))).status == "archived"
    assert (await done(fluenzr.campaigns.get(made.id))).stats.contacts == 2
    faults = await refused(sdk.ValidationFailed, lambda: fluenzr.campaigns.create(name="x", workflow={"nodes": []}))
    assert any(field.startswith("workflow") for field in faults.fields)


async def test_fluenzr_webhooks(fluenzr: Any, hook: tuple[str, list[Asked]]):
    address, told = hook
    made = await done(fluenzr.webhooks.create(name="Shop", url=f"{address}/hook", events=["contact.created"]))
    assert (made.url, made.events, made.active, made.disabled_reason) == (
        f"{address}/hook",
        ["contact.created"],
        True,
        None,
    )
    assert made.secret.startswith("whsec_")
    changed = await done(fluenzr.webhooks.update(made.id, events=["contact.created", "email.opened"], active=True))
    assert changed.events == ["contact.created", "email.opened"]
    assert "secret" not in await done(fluenzr.webhooks.get(made.id))
    tried = await done(fluenzr.webhooks.test(made.id))
    assert (tried.status, tried.status_code, [one.line for one in told]) == ("success", 200, ["POST /hook"])
    logs = await done(fluenzr.webhooks.get_logs(made.id, status="success", event_type=tried.event_type))
    assert [(one.id, one.event_id) for one in logs] == [(tried.id, tried.event_id)]
    assert (await done(fluenzr.webhooks.get_logs(made.id, status="failed"))).total == 0
    assert [one.id for one in await done(fluenzr.webhooks.list(sort="createdAt", order="desc", per_page=1))] == [
        made.id
    ]
    assert made.id in [one.id for one in await all_of(fluenzr.webhooks.iterate())]
    assert (await done(fluenzr.webhooks.delete(made.id))).deleted
    await refused(sdk.NotFound, lambda: fluenzr.webhooks.get(made.id))


async def test_fluenzr_email_accounts(fluenzr: Any, sink: tuple[int, Sink]):
    port, taken = sink
    smtp = {"host": "127.0.0.1", "port": port, "encryption": "none"}
    made = await done(
        fluenzr.email_accounts.create(email="me@harbour.example", display_name="Me", daily_limit=50, smtp=smtp)
    )
    assert (made.display_name, made.daily_limit, made.sent_today, made.smtp["port"]) == ("Me", 50, 0, port)
    tried = await done(fluenzr.email_accounts.test(made.id, to="tove@fjord.example"))
    assert (tried.status, [one[1] for one in taken.received]) == ("connected", ["tove@fjord.example"])
    assert (await done(fluenzr.email_accounts.test(made.id))).status == "connected"
    changed = await done(fluenzr.email_accounts.update(made.id, {"smtp": UNREACHABLE}, enabled=False, daily_limit=None))
    assert (changed.status, changed.daily_limit, changed.smtp["port"]) == ("disabled", None, 1)
    assert (await done(fluenzr.email_accounts.test(made.id))).status == "error"
    assert (await done(fluenzr.email_accounts.get(made.id))).email == "me@harbour.example"
    assert made.id in [one.id for one in await done(fluenzr.email_accounts.list(sort="createdAt", order="desc"))]
    assert made.id in [one.id for one in await all_of(fluenzr.email_accounts.iterate())]
    assert (await done(fluenzr.email_accounts.delete(made.id))).deleted
    wrong = await refused(sdk.ValidationFailed, lambda: fluenzr.email_accounts.create(email="me@harbour.example"))
    assert set(wrong.fields) == {"smtp.host"}


async def test_fluenzr_pipeline(fluenzr: Any):
    first, *_ = stages = await done(fluenzr.pipeline.list_stages())
    made = await done(fluenzr.pipeline.create_stage(name=word(), color="#112233"))
    assert (made.position, made.color, made.contacts_count) == (len(stages), "#112233", 0)
    renamed = await done(fluenzr.pipeline.update_stage(made.id, name=word()))
    assert renamed.name != made.name
    contact = await done(fluenzr.contacts.create(email=f"{word()}@example.com", pipeline_stage_id=made.id))
    assert contact.pipeline_stage.id == made.id
    await refused(sdk.ApiError, lambda: fluenzr.pipeline.delete_stage(made.id))
    gone = await done(fluenzr.pipeline.delete_stage(made.id, move_to=first.id))
    assert (gone.deleted, gone.moved) == (True, 1)
    assert (await done(fluenzr.contacts.get(contact.id))).pipeline_stage.id == first.id
    assert made.id not in [one.id for one in await done(fluenzr.pipeline.list_stages())]


async def test_furiosa_a_campaign_is_sent(furiosa: Any):
    audience = await done(furiosa.audiences.create(name=word()))
    await done(furiosa.contacts.create(audience_id=audience.id, email=f"{word()}@harbour.example"))
    made = await done(
        furiosa.campaigns.create(name=word(), subject="Hi", content="<p>Hello</p>", audience_ids=[audience.id])
    )
    assert (await done(furiosa.campaigns.send(made.id))).status == "sending"
    again = await refused(sdk.Conflict, lambda: furiosa.campaigns.send(made.id))
    assert again.message == "The campaign is already sending."
    sending = [one.id for one in await done(furiosa.campaigns.list(per_page=100)) if one.status == "sending"]
    assert made.id in sending


async def test_furiosa_pages(running: Running, furiosa: Any):
    slug = word()
    number = await pages.create_page(running.core, PageDraft("Spring", slug, blocks=[Block("divider")]))
    page = await done(furiosa.pages.get(number))
    assert (page.title, page.slug, page.views_count, page.submissions_count) == ("Spring", slug, 0, 0)
    assert page.settings.form_id is None
    assert number in [one.id for one in await done(furiosa.pages.list(per_page=100))]
    assert number in [one.id for one in await all_of(furiosa.pages.iterate(per_page=1))]
    span = {"start": "2027-01-01", "end": "2027-01-14", "interval": "week"}
    told = await done(furiosa.analytics.get_pages(**span, page_id=number))
    assert (told["from"], told.to, told.interval, told.totals.views) == ("2027-01-01", "2027-01-14", "week", 0)
    assert [one.date for one in told.data] == ["2027-01-01", "2027-01-04", "2027-01-11"]
    campaign = await done(furiosa.campaigns.create(name=word()))
    told = await done(furiosa.analytics.get_campaigns(**span, campaign_id=campaign.id))
    assert (told.totals.sent, [one.opens for one in told.data]) == (0, [0, 0, 0])
    audience = await done(furiosa.audiences.create(name=word()))
    assert (await done(furiosa.analytics.get_audiences(**span, audience_id=audience.id))).data[-1].total == 0
    usual = await done(furiosa.analytics.get_audiences())
    assert (usual.interval, len(usual.data)) == ("day", 30)
    wrong = await refused(sdk.ValidationFailed, lambda: furiosa.analytics.get_pages(start="soon", page_id=99_999))
    assert wrong.fields.keys() == {"from"}


async def test_furiosa_request(furiosa: Any):
    assert (await done(furiosa.request("GET", "/me")))["name"] == (await done(furiosa.me())).name


async def test_fluenzr_request(fluenzr: Any):
    assert (await done(fluenzr.request("GET", "/pipeline/stages")))["success"] is True
