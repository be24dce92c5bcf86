"""Mail accounts as a page: made, signed, looked up."""

from __future__ import annotations

import html

from tests.messages.test_signing import Zone, zone
from tests.ui.door import Door
from tidings.messages import accounts, signing
from tidings.platform.core import Core

__all__ = ["zone"]
ACCOUNT = {"host": "127.0.0.1", "port": "25", "encryption": "none", "from_email": "ada@harbour.example"}


async def test_an_account_learns_to_sign(core: Core, door: Door, zone: Zone):
    made = await door.post("/settings/sending/accounts/new", ACCOUNT)
    home = made.headers["location"].partition("#")[0]
    number = int(home.rpartition("/")[2])
    page = (await door.client.get(home)).text
    assert 'value="harbour.example"' in page
    assert "Begin to sign" not in page
    refused = await door.post(f"{home}/signing", {"do": "make", "domain": "no domain"})
    assert refused.status_code == 422
    assert 'id="domain-error"' in refused.text
    assert 'value="127.0.0.1"' in refused.text
    assert (await door.post(f"{home}/signing", {"do": "begin"})).status_code == 303
    assert not (await accounts.account_by_id(core, number)).signs_mail
    assert (await door.post(f"{home}/signing", {"do": "make", "domain": "harbour.example"})).status_code == 303
    record = await signing.record_of(core, await accounts.account_by_id(core, number))
    assert record is not None
    page = html.unescape((await door.client.get(home)).text)
    assert record.name in page
    assert record.text in page
    assert "PRIVATE" not in page
    zone.texts = {record.name: [record.text], "harbour.example": None}
    found = html.unescape((await door.post(f"{home}/dns", {})).text)
    assert [word in found for word in ("In place", "Not answered", "Missing")] == [True, True, True]
    assert (await door.post(f"{home}/signing", {"do": "begin"})).status_code == 303
    assert (await accounts.account_by_id(core, number)).signs_mail
    assert (await door.post(f"{home}/signing", {"do": "forget"})).status_code == 303
    assert await signing.record_of(core, await accounts.account_by_id(core, number)) is None
    told = [row["action"] for row in await core.db.fetch("SELECT action FROM audit_entries ORDER BY id")]
    assert told.count("mail_account_signing") == 3
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in ("signing", "dns"):
        assert (await door.post(f"{home}/{path}", {"do": "make", "domain": "harbour.example"})).status_code == 403


async def test_without_a_sender_there_is_nothing_to_look_up(core: Core, door: Door):
    made = await door.post("/settings/sending/accounts/new", {**ACCOUNT, "from_email": ""})
    home = made.headers["location"].partition("#")[0]
    answer = await door.post(f"{home}/dns", {})
    assert answer.status_code == 303
    assert "Enter a sender address first." in (await door.client.get(home)).text
