"""Imports without a browser: upload in both ways, columns, options, progress, report, who may, what a page costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest

from tests.conftest import StatementCounter
from tests.ui.conftest import PASSWORD
from tests.ui.door import Door
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.queries import custom_fields, find_contact_by_email
from tidings.contacts.types import CustomField
from tidings.imports import actions, queries
from tidings.imports.running import run_import
from tidings.imports.types import Import
from tidings.platform.core import Core
from tidings.ui.imports.running import progress_of
from tidings.ui.shell.forms import Form

CSV = b"E-Mail,Vorname,Plan,Seats,Remark\nann@example.org,Ann,Pro,3,x\nbroken,Bob,Free,1,y\ncid@example.org,Cid,,2,\n"


def _token(door: Door) -> str:
    return access.csrf_token(door.core, door.client.cookies["tidings_session"])


async def _send(door: Door, data: bytes, name: str = "people.csv") -> httpx.Response:
    """As the script of the page does it: the file is the body."""
    headers = {"content-type": "application/octet-stream", "x-file-name": quote(name), "x-csrf-token": _token(door)}
    return await door.client.post("/import", content=data, headers={**headers, "hx-request": "true"})


async def _uploaded(door: Door, data: bytes = CSV) -> int:
    return int((await _send(door, data)).headers["hx-redirect"].split("/")[2])


async def test_a_file_comes_in_as_a_body_or_as_a_form_and_bad_ones_are_named_with_their_line(core: Core, door: Door):
    sent = await _send(door, CSV, "Frühling 2026.csv")
    assert sent.headers["hx-redirect"] == "/import/1/columns"
    assert (await queries.import_by_id(core, 1)).file_name == "Frühling 2026.csv"
    files = {"file": ("people.csv", CSV, "text/csv")}
    formed = await door.client.post("/import", data={"_csrf": _token(door)}, files=files)
    assert (formed.status_code, formed.headers["location"]) == (303, "/import/2/columns")
    for data, sentence in [
        (b"PK\x03\x04....", "letters.xlsx: The file is a ZIP archive or an Excel workbook."),
        (b"", "letters.xlsx: The file is empty."),
        (b"email,Email\na@b.co,c\n", "letters.xlsx: The header “Email” stands twice."),
        (b"email\n" + b"x" * 140_000, "letters.xlsx: Line 2: field larger than field limit"),
    ]:
        refused = await _send(door, data, "letters.xlsx")
        assert (refused.status_code, sentence in refused.text) == (422, True), refused.text[:2000]
    empty = await door.client.post("/import", data={"_csrf": _token(door)}, files={"file": ("", b"", "text/csv")})
    assert "Choose a CSV file." in empty.text
    assert len(list((core.data_dir / "uploads").iterdir())) == 2, "refused files are not kept"
    strange = await door.client.post("/import", content=CSV, headers={"content-type": "application/octet-stream"})
    assert strange.status_code == 403


async def test_columns_are_guessed_and_can_be_changed_and_errors_stand_at_their_column(core: Core, door: Door):
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    made = await _uploaded(door)
    page = (await door.client.get(f"/import/{made}/columns")).text
    for chosen in ('value="email" selected', 'value="first_name" selected', 'value="custom.plan" selected'):
        assert chosen in page
    assert page.index('value="new:number"') < page.index('value="new:text"', page.index('name="target-3"'))
    form = {"target-0": "", "target-1": "first_name", "target-2": "first_name", "target-3": "nonsense"}
    refused = await door.post(f"/import/{made}/columns", form)
    assert refused.status_code == 422
    for told in ('id="target-2-error"', 'id="target-3-error"', "No column was chosen for the email address."):
        assert told in refused.text
    form = {"target-0": "email", "target-1": "first_name", "target-2": "custom.plan", "target-3": "new:number"}
    kept = await door.post(f"/import/{made}/columns", {**form, "delimiter": ",", "encoding": "utf-8"})
    assert kept.headers["location"] == f"/import/{made}/options"
    assert (await custom_fields(core))["seats"].kind == "number"
    mapping = (await queries.import_by_id(core, made)).mapping
    assert mapping == {
        "E-Mail": "email",
        "Vorname": "first_name",
        "Plan": "custom.plan",
        "Seats": "custom.seats",
        "Remark": "",
    }


async def test_another_delimiter_and_encoding_stay_chosen(core: Core, door: Door):
    made = await _uploaded(door, "email|city;x\nann@example.org|Łódź;1\n".encode("cp1250"))
    page = await door.client.get(f"/import/{made}/columns?delimiter=%7C&encoding=cp1250")
    assert "Łódź;1" in page.text
    form = {"target-0": "email", "target-1": "city", "delimiter": "|", "encoding": "cp1250"}
    await door.post(f"/import/{made}/columns", form)
    await door.post(f"/import/{made}/options", {"on_existing": "update"})
    found = await queries.import_by_id(core, made)
    assert (found.dialect.delimiter, found.dialect.encoding, found.state) == ("|", "cp1250", "queued")
    assert (await door.client.get(f"/import/{made}/columns?encoding=klingon")).status_code == 303
    await run_import(core, made)
    ann = await find_contact_by_email(core, "ann@example.org")
    assert ann is not None
    assert ann.contact.city == "Łódź;1"


async def test_options_make_lists_and_tags_only_when_they_are_right_and_the_report_tells_all(core: Core, door: Door):
    news = await contacts.create_list(core, title="News")
    made = await _uploaded(door)
    assert (await door.client.get(f"/import/{made}")).headers["location"] == f"/import/{made}/options"
    form = {"lists": str(news), "new_lists": "Fair, Summer", "new_tags": "VIP", "on_existing": "fill"}
    for wrong in ({"on_existing": "both"}, {"status": "king"}, {"lists": "99"}, {"consent_source": "x" * 501}):
        refused = await door.post(f"/import/{made}/options", {**form, **wrong})
        assert (refused.status_code, f'id="{next(iter(wrong))}-error"' in refused.text) == (422, True), wrong
        assert "Fair, Summer" in refused.text
    assert await core.db.fetchval("SELECT count(*) FROM lists") == 1
    form |= {"status": "pending", "consent_source": "Fair 2026", "is_silent": "yes", "creates_missing": "yes"}
    started = await door.post(f"/import/{made}/options", form)
    assert started.headers["location"] == f"/import/{made}"
    found = await queries.import_by_id(core, made)
    assert (found.state, found.options.on_existing, found.options.status) == ("queued", "fill", "pending")
    assert (found.options.consent_source, found.options.is_silent, found.options.may_rise) == ("Fair 2026", True, False)
    assert "Waiting for its turn" in (await door.client.get(f"/import/{made}")).text
    assert (await door.post(f"/import/{made}/delete", {})).status_code == 303
    assert await run_import(core, made)
    ann = await find_contact_by_email(core, "ann@example.org")
    assert ann is not None
    assert sorted(one.title for one in ann.lists) == ["Fair", "News", "Summer"]
    assert [one.title for one in ann.tags] == ["VIP"]
    page = (await door.client.get(f"/import/{made}")).text
    for told in ("Fair 2026", "News", "VIP", "broken · Bob · Free · 1 · y", "Show contacts"):
        assert told in page, told
    rejected = await door.client.get(f"/import/{made}/rejected.csv")
    assert "broken,Bob,Free,1,y,3," in rejected.content.decode("utf-8-sig")
    assert "people-rejected.csv" in rejected.headers["content-disposition"]
    assert (await door.client.get(f"/import/{made}/options")).status_code == 303
    await door.post(f"/import/{made}/delete", {})
    assert (await door.client.get(f"/import/{made}")).status_code == 404


async def test_progress_reloads_on_a_change_and_a_stopped_import_goes_on(core: Core, door: Door):
    made = await _uploaded(door)
    await door.post(f"/import/{made}/options", {"on_existing": "update"})
    same = await door.client.get(f"/import/{made}/progress?was=queued&rows=0&bytes=0&at=1&since=1")
    assert "Are the workers running?" in same.text
    assert "was=queued" in same.text
    await door.post(f"/import/{made}/stop", {})
    changed = await door.client.get(f"/import/{made}/progress?was=queued")
    assert changed.headers["hx-refresh"] == "true"
    page = (await door.client.get(f"/import/{made}")).text
    assert "Change the columns" in page
    await door.post(f"/import/{made}/stop", {})
    await door.post(f"/import/{made}/resume", {})
    assert (await queries.import_by_id(core, made)).state == "queued"
    for odd in ("was=queued&at=99999999999999999&since=999999999999999999", "was=queued&rows=x&at=&bytes=-1"):
        assert (await door.client.get(f"/import/{made}/progress?{odd}")).status_code == 200


async def test_speed_is_that_of_the_run_at_first_and_then_smoothed(core: Core, door: Door):
    made = await queries.import_by_id(core, await _uploaded(door))
    now = core.clock.now()

    def at(rows: int, share: float) -> Import:
        size = made.bytes_total
        changes: dict[str, Any] = {"state": "running", "rows_done": rows, "bytes_done": round(size * share)}
        return msgspec.structs.replace(made, started_at=now - timedelta(seconds=10), **changes)

    first = progress_of(at(1000, 0.5), now)
    assert (first.rows_per_second, first.time_left) == (100, timedelta(seconds=10))
    words = dict(one.split("=") for one in first.next_address.partition("?")[2].split("&"))
    later = progress_of(at(1000, 0.5), now + timedelta(seconds=1), Form(words))
    assert later.rows_per_second == pytest.approx(70)
    assert later.since == now
    faster = progress_of(at(1200, 0.6), now + timedelta(seconds=1), Form(words))
    assert faster.rows_per_second == pytest.approx(130)


async def test_only_those_who_manage_contacts_import_and_only_some_make_lists(core: Core, door: Door):
    for login, permissions in (
        ("reads", ["fcrm_read_contacts"]),
        ("writes", ["fcrm_read_contacts", "fcrm_manage_contacts"]),
    ):
        given = {"login": login, "email": f"{login}@example.com", "role": "editor", "password": PASSWORD}
        await access.create_user(core, **given, permissions=permissions)
    await door.post("/logout", {})
    await door.log_in("reads", PASSWORD)
    assert (await door.client.get("/import")).status_code == 403
    assert (await _send(door, CSV)).status_code == 403
    await door.post("/logout", {})
    await door.log_in("writes", PASSWORD)
    made = await _uploaded(door)
    assert "new:text" not in (await door.client.get(f"/import/{made}/columns")).text
    await door.post(f"/import/{made}/columns", {"target-0": "email", "target-1": "new:text"})
    assert not await custom_fields(core)
    assert "New lists" not in (await door.client.get(f"/import/{made}/options")).text
    await door.post(f"/import/{made}/options", {"on_existing": "skip", "new_lists": "Mine"})
    assert await core.db.fetchval("SELECT count(*) FROM lists") == 0


async def test_the_list_costs_the_same_for_one_import_and_for_three(
    core: Core, door: Door, statements: StatementCounter
):
    await _uploaded(door)
    await door.client.get("/import")
    with statements as counted:
        one = await door.client.get("/import")
    before = counted.count
    for _ in range(2):
        await _uploaded(door)
    with statements as counted:
        three = await door.client.get("/import?sort=state&dir=asc")
    assert (one.status_code, three.text.count("people.csv</a>"), counted.count) == (200, 3, before)


async def test_a_failed_import_says_where_and_goes_on(core: Core, door: Door):
    made = await _uploaded(door)
    await door.post(f"/import/{made}/options", {"on_existing": "update"})
    found = await queries.import_by_id(core, made)
    file = core.data_dir / "uploads" / found.path
    kept = file.read_bytes()
    file.unlink()
    assert (await run_import(core, made)).state == "failed"
    page = (await door.client.get(f"/import/{made}")).text
    assert "people.csv, line 2: The uploaded file cannot be read" in page
    file.write_bytes(kept)
    await door.post(f"/import/{made}/resume", {})
    assert (await run_import(core, made)).state == "done"
    await actions.delete_import(core, made)
