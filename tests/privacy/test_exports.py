"""The file with everything about a person: what is in it, how long it lasts, who gets it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import asyncpg
import httpx
import pytest

from tests.conftest import NOW, StatementCounter
from tests.privacy.person import ADDRESS, known_person
from tests.public.door import AJAX, captured_links, form_of, no_room_for, run_jobs, visitor
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.privacy import actions
from tidings.privacy import jobs as privacy_jobs
from tidings.privacy.collecting import personal_data
from tidings.privacy.documents import personal_page
from tidings.privacy.links import ask_for_erasure, purpose_of, use_link
from tidings.tracking.tokens import Addresses

assert privacy_jobs


async def test_the_file_holds_everything_as_json_and_as_a_page(core: Core):
    sent = await known_person(core)
    export_id = await actions.request_export(core, sent.contact_id, user_id=7)
    with pytest.raises(NotFound):
        await actions.export_file(core, sent.contact_id, export_id)
    await run_jobs(core)
    file = await actions.export_file(core, sent.contact_id, export_id)
    assert file.stat().st_mode & 0o077 == 0
    with ZipFile(file) as archive:
        data = json.loads(archive.read("personal-data.json"))
        page = archive.read("personal-data.html").decode()
    assert data["contact"]["email"] == ADDRESS
    assert data["custom_fields"] == {"Likes": "Poetry"}
    assert [one["title"] for one in data["lists"] + data["tags"]] == ["News", "Readers"]
    assert data["companies"][0]["name"] == "Engines"
    assert data["notes"][0]["text"] == "My secret"
    assert data["consents"][-1]["ip"] == "10.1.2.3"
    [mail] = data["mails"]
    assert (mail["subject"], mail["opens"], mail["clicks"]) == ("News", 1, 1)
    assert mail["links"][0]["url"].startswith("https://shop.example.org/sale")
    assert {(one["kind"], one["agent"]) for one in data["hits"]} == {
        ("open", "Engine No. 9"),
        ("click", "Engine No. 9"),
    }
    assert data["events"][0]["value"] == "Chess club"
    assert data["forms"][0]["answers"] == {"name": "Ada"}
    assert data["suppression"]["reason"] == "complained"
    assert "contact_created" in [one["kind"] for one in data["history"]]
    for word in ("Poetry", "My secret", "Chess club", "Engines", "https://shop.example.org/sale"):
        assert word in page, word


async def test_what_people_wrote_is_text_on_the_page(core: Core):
    made = await contacts.write_contact(core, Draft({"email": "a@y.co"}))
    await contacts.add_note(core, made.id, kind="note", title="T", description="<script>alert(1)</script>")
    page = personal_page(await personal_data(core, made.id), sender="A & B")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "A &amp; B" in page


async def test_the_statements_do_not_grow_with_what_is_known(core: Core, statements: StatementCounter):
    counts: list[int] = []
    for n in (1, 4):
        made = await contacts.write_contact(core, Draft({"email": f"p{n}@y.co"}))
        for _ in range(n):
            await contacts.add_note(core, made.id, kind="note", title="T", description="x")
        with statements as counted:
            await personal_data(core, made.id)
        counts.append(counted.count)
    assert counts[0] == counts[1]


async def test_a_file_is_over_after_seven_days_and_strays_go_too(core: Core, clock: FixedClock):
    sent = await known_person(core)
    export_id = await actions.request_export(core, sent.contact_id)
    await run_jobs(core)
    file = await actions.export_file(core, sent.contact_id, export_id)
    stray = file.with_name("0" * 32 + ".zip")
    stray.write_bytes(b"x")
    assert await actions.delete_old_exports(core) == 0
    assert (file.exists(), stray.exists()) == (True, False)
    clock.set(NOW + timedelta(days=7, seconds=1))
    with pytest.raises(NotFound):
        await actions.export_file(core, sent.contact_id, export_id)
    assert await actions.list_exports(core, sent.contact_id) == []
    assert await actions.delete_old_exports(core) == 1
    assert not file.exists()


async def own_page(core: Core, door: httpx.AsyncClient, contact_id: int) -> dict[str, str]:
    """The form of the preference page, as a contact has it open."""
    url = Addresses(core.keys, "http://127.0.0.1:8000", core.clock.now()).manage_url(contact_id, 0)
    page = (await door.get(url)).text
    assert "Send me my data" in page
    return {"_secure_hash": form_of(page)["_secure_hash"], "page": "1"}


async def test_a_person_gets_their_data_by_a_link_that_works_once(core: Core):
    sent = await known_person(core)
    await core.db.execute("DELETE FROM suppressions")
    async with visitor(core) as door:
        form = await own_page(core, door, sent.contact_id)
        answer = await door.post(AJAX, data=form | {"action": "tidings_personal_data"})
        assert "works once" in answer.text
        await run_jobs(core)
        link = (await captured_links(core, ADDRESS))[0]
        for _ in range(2):
            assert "Download" in (await door.get(link)).text
        token = httpx.URL(link).params["token"]
        file = await door.post("/?fluentcrm=1&route=personal_data", data={"token": token})
        assert file.headers["content-type"] == "application/zip"
        with ZipFile(BytesIO(file.content)) as archive:
            assert sorted(archive.namelist()) == ["personal-data.html", "personal-data.json"]
        again = await door.post("/?fluentcrm=1&route=personal_data", data={"token": token})
        assert "used already" in again.text
        assert "used already" in (await door.get(link)).text


async def test_a_person_erases_themselves_by_a_link_that_works_once(core: Core, clock: FixedClock):
    sent = await known_person(core)
    await core.db.execute("DELETE FROM suppressions")
    async with visitor(core) as door:
        form = await own_page(core, door, sent.contact_id)
        await door.post(AJAX, data=form | {"action": "tidings_erasure"})
        await run_jobs(core)
        link = (await captured_links(core, ADDRESS))[0]
        assert "cannot be undone" in (await door.get(link)).text
        await run_jobs(core)
        assert await core.db.fetchval("SELECT count(*) FROM contacts") == 1
        token = httpx.URL(link).params["token"]
        clock.set(NOW + timedelta(days=2, seconds=1))
        assert "used already" in (await door.post("/?fluentcrm=1&route=personal_data", data={"token": token})).text
        clock.set(NOW)
        assert "is being erased" in (await door.post("/?fluentcrm=1&route=personal_data", data={"token": token})).text
        await run_jobs(core)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0


async def test_nobody_asks_for_another_and_nobody_where_it_is_off(core: Core):
    sent = await known_person(core)
    async with visitor(core) as door:
        form = await own_page(core, door, sent.contact_id)
        for wrong in ({"_secure_hash": f"{'0' * 32}__{sent.contact_id}"}, {"_secure_hash": ""}):
            answer = await door.post(AJAX, data=form | wrong | {"action": "tidings_erasure"})
            assert answer.status_code == 422
        for word in ("", "nonsense"):
            assert "used already" in (await door.get(f"/?fluentcrm=1&route=personal_data&token={word}")).text
        await core.installation.put({"personal_data_on_request": False})
        answer = await door.post(AJAX, data=form | {"action": "tidings_personal_data"})
        assert answer.status_code == 422
    assert await core.db.fetchval("SELECT count(*) FROM jobs") == 0
    assert await core.db.fetchval("SELECT count(*) FROM personal_exports") == 0


async def test_a_link_whose_erasure_could_not_be_stored_stays_good(core: Core):
    sent = await known_person(core)
    await core.db.execute("DELETE FROM suppressions")
    await ask_for_erasure(core, sent.contact_id)
    await run_jobs(core)
    token = httpx.URL((await captured_links(core, ADDRESS))[0]).params["token"]
    async with no_room_for(core, "erase_contact"):
        with pytest.raises(asyncpg.CheckViolationError):
            await use_link(core, token)
    assert await purpose_of(core, token) == "erase"
    assert await use_link(core, token) == ("erase", sent.contact_id, None)
    assert await actions.is_being_erased(core, sent.contact_id)
