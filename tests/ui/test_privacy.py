"""The privacy tab of a contact without a browser: who may, what must be typed, what the audit book says."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

from tests.conftest import StatementCounter
from tests.privacy.person import ADDRESS, known_person
from tests.public.door import run_jobs
from tests.ui.door import Door
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core
from tidings.privacy import jobs as privacy_jobs

assert privacy_jobs


async def test_the_file_is_made_shown_and_downloaded(core: Core, door: Door):
    sent = await known_person(core)
    home = f"/contacts/{sent.contact_id}/privacy"
    page = (await door.client.get(home)).text
    assert "My secret" in page
    await door.post(f"{home}/export", {})
    assert "The file is being made" in (await door.client.get(home)).text
    await run_jobs(core)
    assert f"{home}/exports/1/file" in (await door.client.get(f"{home}/exports")).text
    answer = await door.client.get(f"{home}/exports/1/file")
    assert answer.headers["cache-control"] == "no-store"
    with ZipFile(BytesIO(answer.content)) as archive:
        assert ADDRESS in archive.read("personal-data.html").decode()
    other = await contacts.write_contact(core, Draft({"email": "ben@example.org"}))
    assert (await door.client.get(f"/contacts/{other.id}/privacy/exports/1/file")).status_code == 404


async def test_erasure_wants_the_address_typed(core: Core, door: Door):
    sent = await known_person(core)
    home = f"/contacts/{sent.contact_id}/privacy"
    for typed in ("", "ada", "erase"):
        refused = await door.post(f"{home}/erase", {"confirmed": typed})
        assert (refused.status_code, "Type it exactly" in refused.text) == (422, True)
    await run_jobs(core)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 1
    assert (await door.post(f"{home}/erase", {"confirmed": ADDRESS.lower()})).headers["location"] == "/contacts"
    assert "is being erased" in (await door.client.get(home)).text
    await run_jobs(core)
    assert (await door.client.get(home)).status_code == 404
    rows = await core.db.fetch(
        "SELECT action, actor FROM audit_entries WHERE object = $1 ORDER BY id", f"contact {sent.contact_id}"
    )
    assert [tuple(row) for row in rows] == [("contact_erasure_asked", "ada"), ("contact_erased", "ada")]


async def test_who_may_only_read_is_offered_and_given_neither(core: Core, door: Door):
    sent = await known_person(core)
    password = "a quiet harbour"
    await access.create_user(
        core, login="ed", email="ed@y.co", role="editor", permissions=["fcrm_read_contacts"], password=password
    )
    door.client.cookies.clear()
    await door.log_in("ed", password)
    home = f"/contacts/{sent.contact_id}/privacy"
    page = (await door.client.get(home)).text
    assert "Make the file" not in page
    assert "To confirm, type" not in page
    for path in ("export", "erase"):
        assert (await door.post(f"{home}/{path}", {"confirmed": ADDRESS})).status_code == 403
    assert (await door.client.get(f"{home}/exports/1/file")).status_code == 403
    assert await core.db.fetchval("SELECT count(*) FROM jobs WHERE kind LIKE '%contact'") == 0


async def test_forms_and_events_have_a_page_each(core: Core, door: Door, statements: StatementCounter):
    sent = await known_person(core)
    for path, word in (("forms", "Sign up"), ("events", "Chess club")):
        page = await door.client.get(f"/contacts/{sent.contact_id}/{path}")
        assert (page.status_code, word in page.text) == (200, True)
    empty = await contacts.write_contact(core, Draft({"email": "ben@example.org"}))
    for path, word in (("forms", "No forms yet"), ("events", "No events yet"), ("privacy", "Nothing is recorded")):
        assert word in (await door.client.get(f"/contacts/{empty.id}/{path}")).text
