"""The areas of people without a browser: permissions, forms, what a page costs, downloads."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from tests.conftest import StatementCounter
from tests.ui.conftest import PASSWORD
from tests.ui.door import Door
from tidings.access import actions as access
from tidings.bulk import jobs as bulk_jobs
from tidings.contacts import actions, queries
from tidings.contacts.companies.actions import create_company
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.types import CustomField, Draft
from tidings.messages.leaving import leave
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.ui.contacts import bulk


async def _write(core: Core, *drafts: Draft) -> list[int]:
    return [one.id for one in await actions.write_contacts(core, drafts)]


async def test_pages_of_contacts_cost_the_same_for_one_row_and_for_three(
    core: Core, door: Door, statements: StatementCounter
):
    readers = await actions.create_list(core, title="Readers")
    press = await actions.create_tag(core, title="Press")
    [one] = await _write(core, Draft({"email": "a@example.com"}, lists=(readers,), tags=(press,)))
    await actions.add_note(core, one, title="First")
    paths = ("/contacts", f"/contacts/{one}", f"/contacts/{one}/mails", f"/contacts/{one}/notes")
    paths += ("/contacts?q=example&status=subscribed&list=1&tag=1", f"/contacts/{one}/details")
    before: dict[str, int] = {}
    # The first visit of a process also reads what it keeps.
    await door.client.get("/contacts")
    for path in paths:
        # What a filter found is remembered; what is new is found again.
        await door.client.get(path)
        with statements as counted:
            assert (await door.client.get(path)).status_code == 200, path
        before[path] = counted.count
    others = [await actions.create_tag(core, title=f"Tag {n}") for n in range(3)]
    await _write(core, *(Draft({"email": f"{n}@example.com"}, lists=(readers,), tags=others) for n in range(3)))
    await actions.add_tags(core, [one], others)
    await actions.remove_tags(core, [one], others[:1])
    await actions.add_note(core, one, title="Second")
    for path in paths:
        await door.client.get(path)
        with statements as counted:
            assert (await door.client.get(path)).status_code == 200, path
        assert counted.count == before[path], path
    assert max(before.values()) <= 20


async def test_who_may_only_read_sees_no_way_to_change_and_is_refused(core: Core, door: Door):
    [one] = await _write(core, Draft({"email": "a@example.com", "first_name": "Anna"}))
    await access.create_user(
        core,
        login="ed",
        email="ed@example.com",
        role="editor",
        permissions=["fcrm_read_contacts"],
        password=PASSWORD,
    )
    await door.post("/logout", {})
    door.client.cookies.clear()
    await door.log_in("ed", PASSWORD)
    for path in ("/contacts", f"/contacts/{one}", f"/contacts/{one}/details", f"/contacts/{one}/notes"):
        text = (await door.client.get(path)).text
        assert "/contacts/bulk" not in text or 'name="ids"' not in text, path
        assert "/contacts/new" not in text, path
        assert f"/contacts/{one}/status" not in text, path
    assert (await door.client.get(f"/contacts/{one}/mails")).status_code == 403
    for path in ("/contacts/new", f"/contacts/{one}/details", "/contacts/bulk", "/contacts/bulk/delete"):
        assert (await door.post(path, {"ids": str(one), "email": "b@example.com"})).status_code == 403, path
    assert (await queries.contact_by_id(core, one)).contact.email == "a@example.com"


async def test_all_that_match_are_changed_not_only_the_page(core: Core, door: Door):
    ids = await _write(core, *(Draft({"email": f"{n}@example.com", "city": "Lyon"}) for n in range(30)))
    [other] = await _write(core, Draft({"email": "x@example.com", "city": "Bristol"}))
    answer = await door.post(
        "/contacts/bulk", {"what": "tags", "way": "add", "new": "French", "all": "1", "filter": "q=lyon", "ids": "1"}
    )
    assert answer.headers["location"] == "/contacts?q=lyon"
    views = await queries.contacts_by_ids(core, [*ids, other])
    assert [bool(view.tags) for _, view in sorted(views.items())] == [True] * 30 + [False]
    answer = await door.post("/contacts/bulk", {"what": "status", "status": "unsubscribed", "ids": str(other)})
    assert (await queries.contact_by_id(core, other)).contact.status == "unsubscribed"
    await door.post("/contacts/bulk", {"what": "status", "status": "bounced", "ids": str(other)})
    assert (await queries.contact_by_id(core, other)).contact.status == "unsubscribed"
    await door.post("/contacts/bulk/delete", {"all": "1", "filter": "status=subscribed"})
    assert await queries.count_contacts(core) == 1


async def test_each_kind_of_change_of_the_bulk_bar_is_made(core: Core, door: Door):
    await actions.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    await create_company(core, CompanyDraft({"name": "Acme"}))
    ids = await _write(core, Draft({"email": "a@example.com"}), Draft({"email": "b@example.com"}, status="pending"))
    picked = {"ids": [str(one) for one in ids]}
    for what in ("type", "field", "companies", "confirm"):
        page = await door.post("/contacts/bulk/choose", {"what": what, **picked})
        assert page.status_code == 200
        assert f'value="{what}"' in page.text
    for form, field in (
        ({"what": "type"}, "Choose a type."),
        ({"what": "field", "field": "nope"}, "Choose a field."),
        ({"what": "companies", "company": "Nobody"}, "There is no company of that name."),
    ):
        refused = await door.post("/contacts/bulk", {**form, **picked})
        assert (refused.status_code, field in refused.text) == (422, True), form
    await door.post("/contacts/bulk", {"what": "type", "contact_type": "customer", **picked})
    await door.post("/contacts/bulk", {"what": "field", "field": "plan", "custom_values.plan": "Team", **picked})
    await door.post("/contacts/bulk", {"what": "companies", "company": "acme", "way": "add", **picked})
    await door.post("/contacts/bulk", {"what": "confirm", **picked})
    views = (await queries.contacts_by_ids(core, ids)).values()
    assert {(v.contact.contact_type, v.contact.custom["plan"], v.contact.company_id) for v in views} == {
        ("customer", "Team", 1)
    }
    assert await core.db.fetchval("SELECT count(*) FROM jobs WHERE kind = 'mail_opt_in'") == 1


async def test_more_than_a_thousand_matching_are_changed_by_a_worker(
    core: Core, door: Door, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    tag = await actions.create_tag(core, title="French")
    ids = await _write(core, *(Draft({"email": f"{n}@example.com", "city": "Lyon"}) for n in range(5)))
    form = {"what": "tags", "way": "add", "tags": str(tag), "all": "1", "filter": "q=lyon", "ids": str(ids[0])}
    address = (await door.post("/contacts/bulk", form)).headers["location"]
    page = (await door.client.get(address)).text
    assert "Tag with French" in page
    assert "Waiting for its turn" in page
    assert "Tag with French" in (await door.client.get("/contacts")).text
    assert "Tag with French" in (await door.client.get("/contacts/changes/live")).text
    assert (await door.client.get(f"{address}/progress?was=queued")).status_code == 200
    [job] = await jobs.claim(core.db, [bulk_jobs.JOB], 1)
    await jobs.run_claimed(core, job)
    assert (await door.client.get(f"{address}/progress?was=queued")).headers["hx-refresh"] == "true"
    page = (await door.client.get(address)).text
    assert "It is done" in page
    assert "5 of 5 contacts" in page
    assert "Tag with French" in (await door.client.get("/contacts/changes")).text
    assert "The change is made." in (await door.client.get("/contacts/changes/live")).headers["hx-trigger"]
    assert all(view.tags for view in (await queries.contacts_by_ids(core, ids)).values())
    address = (await door.post("/contacts/bulk/delete", {**form, "filter": ""})).headers["location"]
    await door.post(f"{address}/stop", {})
    assert "Stopped" in (await door.client.get(address)).text
    assert await queries.count_contacts(core) == 5
    assert [row["action"] for row in await core.db.fetch("SELECT action FROM audit_entries ORDER BY id")][-3:] == [
        "contacts_change_started",
        "contacts_change_started",
        "contacts_change_stopped",
    ]


@pytest.mark.parametrize("words", ["status=nonsense", "list=x", "segment=99", "list=99999999999999999999", "tag=0"])
async def test_a_filter_that_means_nothing_matches_nobody(core: Core, door: Door, words: str):
    await _write(core, Draft({"email": "a@example.com"}))
    assert "Nobody matches" in (await door.client.get(f"/contacts?{words}")).text
    await door.post("/contacts/bulk/delete", {"all": "1", "filter": words})
    assert await queries.count_contacts(core) == 1


@pytest.mark.parametrize(
    "words", ["page=-1", "page=99999999", "per_page=x", "sort=password", "sort=custom;--", "q=%00"]
)
async def test_nonsense_in_the_address_breaks_nothing(core: Core, door: Door, words: str):
    await _write(core, Draft({"email": "a@example.com"}))
    assert (await door.client.get(f"/contacts?{words}")).status_code == 200


async def test_custom_fields_are_shown_saved_cleared_and_refused_by_name(core: Core, door: Door):
    await actions.replace_custom_fields(
        core,
        [
            CustomField("score", "Score", "number"),
            CustomField("likes", "Likes", "checkbox", options=("Maps", "Poetry")),
            CustomField("seen", "Seen", "date_time"),
        ],
    )
    form = {"email": "a@example.com", "status": "subscribed", "custom_values.score": "many"}
    refused = await door.post("/contacts/new", form)
    assert refused.status_code == 422
    assert 'id="custom_values.score-error"' in refused.text
    form |= {"custom_values.score": "7.5", "custom_values.likes": "Maps", "custom_values.seen": "2027-01-31T09:30"}
    address = (await door.post("/contacts/new", form)).headers["location"]
    view = await queries.contact_by_id(core, int(address.rsplit("/", 1)[1]))
    assert view.contact.custom == {"score": "7.5", "likes": ["Maps"], "seen": "2027-01-31 09:30:00"}
    page = (await door.client.get(f"{address}/details")).text
    assert 'value="2027-01-31T09:30:00"' in page
    await door.post(f"{address}/details", {"email": "a@example.com", "custom_values.score": "8"})
    view = await queries.contact_by_id(core, view.contact.id)
    assert {slug: value for slug, value in view.contact.custom.items() if value} == {"score": "8"}


async def test_a_contact_that_is_gone_is_not_found_anywhere(door: Door):
    for path in ("", "/details", "/mails", "/notes", "/timeline"):
        assert (await door.client.get(f"/contacts/77{path}")).status_code == 404, path
    for path in ("status", "delete", "lists", "tags", "notes"):
        form = {"status": "pending", "title": "x"}
        assert (await door.post(f"/contacts/77/{path}", form, {"hx-request": "true"})).status_code == 404, path


async def test_what_a_contact_is_called_is_shown_as_text(core: Core, door: Door):
    [one] = await _write(core, Draft({"email": "a@example.com", "first_name": "“A” & Söhne'"}))
    await core.db.execute("UPDATE contacts SET first_name = '<b>Bobby</b>', source = '<i>x</i>'")
    await actions.add_note(core, one, title="<u>t</u>", description="<script>d</script>")
    for path in ("/contacts", f"/contacts/{one}", f"/contacts/{one}/notes", f"/contacts/{one}/details"):
        text = (await door.client.get(path)).text
        assert not any(bad in text for bad in ("<b>Bobby", "<i>x", "<u>t", "<script>d")), path


async def test_the_timeline_tells_which_companies_a_contact_joined_and_left(core: Core, door: Door):
    [one] = await _write(core, Draft({"email": "a@example.com"}, companies=["Globex & Co", "Initech"]))
    await actions.write_contact(core, Draft(id=one, remove_companies=["Initech"]))
    await core.db.execute("DELETE FROM companies WHERE name = 'Initech'")
    text = (await door.client.get(f"/contacts/{one}/timeline")).text
    assert "Globex &amp; Co, a deleted company" in text
    assert text.count("a deleted company") == 2


async def test_a_note_is_changed_with_its_kind_and_time(core: Core, door: Door):
    [one, other] = await _write(core, Draft({"email": "a@example.com"}), Draft({"email": "b@example.com"}))
    home = f"/contacts/{one}/notes"
    for wrong, field in (({"title": " "}, "description"), ({"title": "x", "at": "someday"}, "at")):
        page = await door.post(home, {"kind": "call", **wrong})
        assert page.status_code == 422
        assert f'id="{field}-error"' in page.text
    at = "2026-03-29T08:15"
    await door.post(home, {"kind": "invoice_paid", "title": "Paid", "description": "By card", "at": at})
    [note] = (await queries.list_notes(core, one, PageRequest())).rows
    assert (note.kind, note.title, note.created_at.strftime("%Y-%m-%dT%H:%M")) == ("invoice_paid", "Paid", at)
    page = (await door.client.get(f"{home}/{note.id}")).text
    assert f'value="{at}"' in page
    assert '<option value="invoice_paid" selected>Invoice paid</option>' in page
    exact = note.created_at + timedelta(seconds=42)
    await core.db.execute("UPDATE notes SET created_at = $1, kind = 'visit'", exact)
    assert '<option value="visit" selected>Visit</option>' in (await door.client.get(f"{home}/{note.id}")).text
    changed = {"kind": "visit", "title": "Seen", "description": "In the shop", "at": at}
    assert (await door.post(f"{home}/{note.id}", changed)).status_code == 303
    after = await queries.find_note(core, note.id)
    assert after is not None
    assert (after.kind, after.title, after.description, after.created_at) == ("visit", "Seen", "In the shop", exact)
    assert (await door.post(f"{home}/{note.id}", {"title": "", "description": ""})).status_code == 422
    assert (await door.post(f"/contacts/{other}/notes/{note.id}", changed)).status_code == 404
    assert (await door.client.get(f"/contacts/{other}/notes/{note.id}")).status_code == 404


async def test_people_have_initials_until_somebody_wants_pictures(core: Core, door: Door):
    written = (Draft({"email": " Ada@Example.com", "first_name": "Ada"}), Draft({"email": "b@example.com"}))
    one, other = await _write(core, *written)
    await core.db.execute("UPDATE contacts SET avatar = 'https://shop.example/b.png' WHERE id = $1", other)
    for path in ("/contacts", f"/contacts/{one}", f"/contacts/{other}"):
        assert "<img" not in (await door.client.get(path)).text, path
    await door.post("/settings/tracking", {})
    assert await core.installation.get("gravatars") == ""
    await door.post("/settings/tracking", {"gravatars": "yes"})
    digest = hashlib.sha256(b"ada@example.com").hexdigest()
    page = (await door.client.get("/contacts")).text
    assert f"https://gravatar.com/avatar/{digest}?s=128&amp;d=blank" in page
    assert 'src="https://shop.example/b.png"' in page
    assert digest in (await door.client.get(f"/contacts/{one}")).text
    await core.db.execute("UPDATE contacts SET avatar = 'javascript:alert(1)' WHERE id = $1", other)
    assert "javascript:" not in (await door.client.get("/contacts")).text
    await door.post("/settings/tracking", {})
    assert await core.installation.get("gravatars") == "no"


async def test_a_reason_that_somebody_gave_for_leaving_is_text_in_the_notes(core: Core, door: Door):
    [one] = await _write(core, Draft({"email": "a@example.com"}, status="subscribed"))
    await leave(core, one, reason='<a href="https://evil.example">Log in</a>')
    page = (await door.client.get(f"/contacts/{one}/notes")).text
    assert "Reason: &lt;a href=" in page
    assert 'href="https://evil.example' not in page
