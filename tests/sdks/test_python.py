"""The Python clients against a running Tidings: each resource, its errors, its pages; blocking and asyncio alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tidings_client as sdk

from tests.sdks.conftest import Running
from tests.sdks.either import all_of, done, refused, word


async def test_fluenzr_contacts(fluenzr: Any):
    email, tag = f"{word()}@example.com", word()
    group = await done(fluenzr.groups.create(name=word()))
    made = await done(
        fluenzr.contacts.create({"company": "Acme"}, email=email, first_name="Zoë", group_ids=[group.id], tags=[tag])
    )
    assert (made.email, made.first_name, made["firstName"], made.company) == (email, "Zoë", "Zoë", "Acme")
    assert made.groups[0].name == group.name
    assert (await done(fluenzr.contacts.get(made.id))) == made
    changed = await done(fluenzr.contacts.update(made.id, last_name="Quay", custom_fields={}))
    assert (changed.last_name, changed.first_name) == ("Quay", "Zoë")
    assert (await done(fluenzr.contacts.add_tags(made.id, ["b"]))).tags == [tag, "b"]
    assert (await done(fluenzr.contacts.remove_tags(made.id, ["b"]))).tags == [tag]
    assert (await done(fluenzr.contacts.remove_groups(made.id, [group.id]))).groups == []
    assert len((await done(fluenzr.contacts.add_groups(made.id, [group.id]))).groups) == 1
    found = await done(fluenzr.contacts.search(email, filters={"tags": [tag]}, sort={"field": "email", "order": "asc"}))
    assert [one.id for one in found] == [made.id]
    assert (await done(fluenzr.contacts.delete(made.id))).deleted is True
    assert (await refused(sdk.NotFound, lambda: fluenzr.contacts.get(made.id))).code == "NOT_FOUND"


async def test_fluenzr_many_contacts_and_their_pages(fluenzr: Any):
    group = await done(fluenzr.groups.create(name=word(), description="d", type="static", color="#1d4ed8"))
    rows = [{"email": f"{word()}@example.com", "firstName": str(n)} for n in range(7)]
    result = await done(fluenzr.contacts.create_many([*rows, {"email": "no"}], group_ids=[group.id]))
    assert (result.created, [one.index for one in result.errors]) == (7, [7])
    page = await done(fluenzr.contacts.list(per_page=3, group_id=group.id, sort="createdAt", order="asc"))
    assert (len(page), page.total, page.total_pages, page.has_more) == (3, 7, 3, True)
    assert page.meta["perPage"] == 3
    names = [one.first_name for one in await all_of(page.iterate())]
    assert names == [
        one.first_name for one in await all_of(fluenzr.contacts.iterate(per_page=2, group_id=group.id, order="asc"))
    ]
    assert sorted(names) == [str(n) for n in range(7)]
    second = await done(page.next_page())
    assert (second.page, len(second)) == (2, 3)
    last = await done((await done(second.next_page())).next_page())
    assert last is None


async def test_fluenzr_groups(fluenzr: Any):
    group = await done(fluenzr.groups.create(name=word()))
    contact = await done(fluenzr.contacts.create(email=f"{word()}@example.com"))
    added = await done(fluenzr.groups.add_contacts(group.id, [contact.id]))
    assert (added.added, added.skipped) == (1, 0)
    assert (await done(fluenzr.groups.get(group.id))).contacts_count == 1
    renamed = await done(fluenzr.groups.update(group.id, name=word()))
    assert renamed.id in [one.id for one in await done(fluenzr.groups.list(name=renamed.name))]
    assert renamed.id in [one.id for one in await all_of(fluenzr.groups.iterate(per_page=1))]
    assert (await done(fluenzr.groups.delete(group.id))).deleted


async def test_fluenzr_refusals(running: Running, fluenzr: Any, make: Callable[..., Any]):
    email = f"{word()}@example.com"
    await done(fluenzr.contacts.create(email=email))
    assert (await refused(sdk.Conflict, lambda: fluenzr.contacts.create(email=email))).status == 409
    wrong = await refused(sdk.ValidationFailed, lambda: fluenzr.contacts.create(first_name="Zoë"))
    assert (wrong.status, wrong.code, wrong.fields) == (400, "VALIDATION_ERROR", {"email": "Email is required"})
    assert "per_page" not in wrong.fields
    await refused(sdk.ValidationFailed, lambda: fluenzr.contacts.list(per_page=1000))
    await refused(sdk.Unauthorized, lambda: make("fluenzr", "flz_sk_wrong").groups.list())
    reader = make("fluenzr", await running.key("fluenzr", is_read_only=True))
    assert (await refused(sdk.Forbidden, lambda: reader.groups.create(name="x"))).code == "FORBIDDEN"


async def test_furiosa_contacts(furiosa: Any):
    audience = await done(furiosa.audiences.create(name=word(), description="News"))
    group = await done(furiosa.audiences.create_group(audience.id, "Berlin"))
    email = f"{word()}@example.com"
    made = await done(
        furiosa.contacts.create(audience_id=audience.id, email=email, phone="+447911123456", groups=[group.id])
    )
    assert (made.audience_id, made.email, made.groups) == (audience.id, email, [group.id])
    assert (await done(furiosa.contacts.update(made.id, last_name="Doe"))).last_name == "Doe"
    assert (await done(furiosa.contacts.get(made.id))).last_name == "Doe"
    again = await refused(sdk.Conflict, lambda: furiosa.contacts.create(audience_id=audience.id, email=email))
    assert again.body["error"] is True
    wrong = await refused(sdk.ValidationFailed, lambda: furiosa.contacts.create(audience_id=audience.id))
    assert set(wrong.fields) == {"email", "phone"}
    rows = [{"email": f"{word()}@example.com"} for _ in range(4)]
    batch = await done(furiosa.contacts.create_many([*rows, {"email": email}, {}], audience_id=audience.id))
    assert (batch.created, batch.failed, [one.status for one in batch.results]) == (4, 2, [201] * 4 + [409, 422])
    page = await done(furiosa.contacts.list(audience_id=audience.id, per_page=2))
    assert (len(page), page.total, page.total_pages) == (2, 5, 3)
    assert len({one.id for one in await all_of(page.iterate())}) == 5
    assert len(await all_of(furiosa.contacts.iterate(audience_id=audience.id, per_page=2))) == 5
    assert await done(furiosa.contacts.delete(made.id)) == {}
    await refused(sdk.NotFound, lambda: furiosa.contacts.get(made.id))


async def test_furiosa_audiences_and_groups(furiosa: Any):
    audience = await done(furiosa.audiences.create(name=word()))
    assert (await done(furiosa.audiences.update(audience.id, description="x"))).description == "x"
    assert audience.id in [one.id for one in await all_of(furiosa.audiences.iterate())]
    assert (await done(furiosa.audiences.list(per_page=1))).per_page == 1
    group = await done(furiosa.audiences.create_group(audience.id, "Berlin"))
    assert (await done(furiosa.audiences.update_group(audience.id, group.id, "Bonn"))).name == "Bonn"
    assert [one.name for one in await done(furiosa.audiences.list_groups(audience.id))] == ["Bonn"]
    stats = await done(furiosa.audiences.get_stats(audience.id))
    assert (stats.contacts_count, [one.id for one in stats.groups]) == (0, [group.id])
    await done(furiosa.audiences.delete_group(audience.id, group.id))
    assert (await done(furiosa.audiences.get(audience.id))).groups == []
    await done(furiosa.audiences.delete(audience.id))
    await refused(sdk.NotFound, lambda: furiosa.audiences.get(audience.id))


async def test_furiosa_campaigns(furiosa: Any):
    audience = await done(furiosa.audiences.create(name=word()))
    made = await done(furiosa.campaigns.create(name=word(), subject="Hi", audience_ids=[audience.id]))
    assert (made.status, made.audience_ids) == ("draft", [audience.id])
    assert (await done(furiosa.campaigns.update(made.id, subject="Hello"))).subject == "Hello"
    assert (await done(furiosa.campaigns.get(made.id))).subject == "Hello"
    assert made.id in [one.id for one in await all_of(furiosa.campaigns.iterate())]
    assert (await done(furiosa.campaigns.get_metrics(made.id))).open_rate == 0
    assert (await refused(sdk.ApiError, lambda: furiosa.campaigns.send(made.id))).status in (409, 422)


async def test_furiosa_the_key(running: Running, make: Callable[..., Any]):
    key = await running.key("furiosa", scopes=["contacts:read"], per_minute=500)
    client = make("furiosa", key)
    me = await done(client.me())
    assert (me.name, me.scopes, me.rate_limit.limit) == ("test", ["contacts:read"], 500)
    error = await refused(sdk.Forbidden, lambda: client.audiences.list())
    assert "audiences:read" in error.message


async def test_fluentcrm_contacts(crm: Any):
    tag = await done(crm.tags.create(title=word()))
    email = f"{word()}@example.com"
    made = await done(crm.contacts.create(email=email, status="subscribed", first_name="Zoë", tags=[tag.id]))
    assert (made.email, made.first_name, made.tags[0].id) == (email, "Zoë", tag.id)
    assert (await done(crm.contacts.get(made.id))).full_name == "Zoë"
    assert (await done(crm.contacts.get_by_email(email))).id == made.id
    changed = await done(crm.contacts.update(made.id, last_name="Quay", detach_tags=[tag.id]))
    assert (changed.last_name, changed.tags) == ("Quay", [])
    forced = await done(crm.contacts.create(email=email, status="subscribed", city="Bonn", force_update=True))
    assert int(forced.id) == made.id
    wrong = await refused(sdk.ValidationFailed, lambda: crm.contacts.create(email=email, status="subscribed"))
    assert "email" in wrong.fields
    assert [one.id for one in await done(crm.contacts.list(search=email))] == [made.id]
    note = await done(crm.contacts.create_note(made.id, title="Call", description="Talked", type="call"))
    assert [one.id for one in await done(crm.contacts.list_notes(made.id))] == [note.id]
    assert (
        await done(crm.contacts.update_note(made.id, note.id, title="Met", description="x", type="note"))
    ).title == "Met"
    assert (await done(crm.contacts.delete_note(made.id, note.id))).message
    assert await done(crm.contacts.list_emails(made.id)) == []
    assert (await done(crm.contacts.track_event(email=email, event_key="bought", title="Bought"))).message
    assert (await done(crm.contacts.create_many([{"email": f"{word()}@example.com", "status": "subscribed"}]))).message
    assert (await done(crm.contacts.delete(made.id))).message
    assert (await refused(sdk.ApiError, lambda: crm.contacts.get(made.id))).status == 422


async def test_fluentcrm_pages(crm: Any):
    listed = await done(crm.lists.create(title=word(), slug=word()))
    rows = [{"email": f"{word()}@example.com", "status": "subscribed"} for _ in range(5)]
    for row in rows:
        await done(crm.contacts.create(row, lists=[listed.id]))
    page = await done(crm.contacts.list(lists=[listed.id], per_page=2))
    assert (len(page), page.total, page.total_pages) == (2, 5, 3)
    for all_rows in (page.iterate(), crm.contacts.iterate(lists=[listed.id], per_page=3)):
        assert {one.email for one in await all_of(all_rows)} == {row["email"] for row in rows}


async def test_fluentcrm_tags_and_lists(crm: Any):
    for terms in (crm.tags, crm.lists):
        made = await done(terms.create(title=word(), slug=word(), description="d"))
        assert (await done(terms.get(made.id))).description == "d"
        changed = await done(terms.update(made.id, title="New Title"))
        assert (changed.title, changed.description or "") == ("New Title", "")
        assert made.id in [one.id for one in await all_of(terms.iterate())]
        assert [one.id for one in await done(terms.list(search="New Title"))] == [made.id]
        assert (await done(terms.delete(made.id))).message
        await refused(sdk.NotFound, lambda terms=terms, made=made: terms.get(made.id))


async def test_fluentcrm_companies(crm: Any):
    made = await done(crm.companies.create(name=word(), website="https://acme.example"))
    assert (await done(crm.companies.update(made.id, industry="Books"))).id == made.id
    assert (await done(crm.companies.get(made.id))).name == made.name
    contact = await done(crm.contacts.create(email=f"{word()}@example.com", status="subscribed"))
    assert (await done(crm.companies.attach_contacts([made.id], [contact.id]))).message
    assert (await done(crm.companies.detach_contacts([made.id], [contact.id]))).message
    assert made.id in [one.id for one in await all_of(crm.companies.iterate())]
    assert [one.id for one in await done(crm.companies.list(search=made.name))] == [made.id]
    assert (await done(crm.companies.delete(made.id))).message


async def test_fluentcrm_campaigns(crm: Any):
    await done(crm.contacts.create(email=f"{word()}@harbour.example", status="subscribed"))
    made = await done(crm.campaigns.create(title=word()))
    title = word()
    assert (await done(crm.campaigns.update(made.id, title=title, email_subject="Hi"))).email_subject == "Hi"
    assert (await done(crm.campaigns.get(made.id))).title == title
    audience = {"subscribers": [{"list": "all", "tag": "all"}], "excludedSubscribers": [], "sending_filter": "list_tag"}
    assert "count" in await done(crm.campaigns.set_recipients(made.id, **audience))
    copy = await done(crm.campaigns.duplicate(made.id))
    assert copy.id in [one.id for one in await all_of(crm.campaigns.iterate())]
    assert made.id in [one.id for one in await done(crm.campaigns.list(searchBy=title))]
    assert await done(crm.campaigns.get_stats(made.id))
    for act in (crm.campaigns.pause, crm.campaigns.resume, crm.campaigns.unschedule, crm.campaigns.schedule):
        error = await refused(sdk.ApiError, lambda act=act: act(copy.id))
        assert 400 <= error.status < 500
    assert await done(crm.campaigns.delete(made.id))


async def test_fluentcrm_the_rest(crm: Any, make: Callable[..., Any]):
    fields = await done(crm.custom_fields.replace([{"label": "Plan", "slug": "plan", "field_key": "text"}]))
    assert [one.slug for one in fields] == ["plan"]
    assert [one.slug for one in await done(crm.custom_fields.list())] == ["plan"]
    hook = await done(crm.webhooks.create(name=word(), status="subscribed"))
    assert hook.id in [one.id for one in await done(crm.webhooks.list())]
    assert hook.id in [one.id for one in await all_of(crm.webhooks.iterate())]
    await done(crm.webhooks.update(hook.id, name="Shop", status="pending"))
    assert (await done(crm.webhooks.delete(hook.id))).message
    assert (await done(crm.reports.get_dashboard())).stats.total_subscribers.count >= 0
    for series in (crm.reports.get_growth, crm.reports.get_sent, crm.reports.get_opened, crm.reports.get_clicked):
        assert "stats" in await done(series("2027-01-01", "2027-02-01"))
    assert "labels" in await done(crm.request("GET", "/labels"))
    assert (await refused(sdk.NotFound, lambda: crm.request("GET", "/nowhere"))).code == "rest_no_route"
    stranger = make("fluentcrm", "no no no no")
    assert (await refused(sdk.Unauthorized, lambda: stranger.tags.list())).code == "rest_forbidden"


async def test_a_spent_key_is_told_how_long_to_wait_and_waited_for(
    running: Running, make: Callable[..., Any], is_async: bool, monkeypatch: pytest.MonkeyPatch
):
    key = await running.key("fluenzr", per_minute=1)
    impatient = make("fluenzr", key, retries=sdk.RetryPolicy(max_retries=0))
    await done(impatient.groups.list())
    error = await refused(sdk.RateLimited, lambda: impatient.groups.list())
    assert isinstance(error, sdk.RateLimited)
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 60
    waited: list[float] = []

    def passing(seconds: float) -> None:
        waited.append(seconds)

    async def passing_by(seconds: float) -> None:
        passing(seconds)
        await running.core.db.execute("DELETE FROM rate_windows")

    if is_async:
        monkeypatch.setattr("tidings_client._async.transport.asyncio.sleep", passing_by)
        await done(make("fluenzr", key).groups.list())
        assert len(waited) == 1
    else:
        monkeypatch.setattr("tidings_client._sync.transport.time.sleep", passing)
        await refused(sdk.RateLimited, lambda: make("fluenzr", key).groups.list())
        assert len(waited) == 3
    assert all(0 < one <= 60 for one in waited)


def test_the_name_of_the_guide_works(running: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TIDINGS_BASE_URL", running.url)
    from fluenzr import FluenzrClient

    with FluenzrClient(api_key=running.keys["fluenzr"]) as client:
        assert isinstance(client.contacts.list(), list)
