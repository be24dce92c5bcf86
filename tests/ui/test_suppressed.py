"""Suppressed addresses as a page of the settings."""

from __future__ import annotations

from tests.ui.door import Door
from tidings.platform.core import Core

HREF = "/settings/suppressed"


async def test_addresses_are_suppressed_found_and_released(core: Core, door: Door):
    assert "No address is suppressed" in (await door.client.get(HREF)).text
    refused = await door.post(HREF, {"addresses": "ada@example.org\nnobody", "reason": "asked"})
    assert refused.status_code == 422
    assert 'id="addresses-error"' in refused.text
    assert "ada@example.org" in refused.text
    assert await core.db.fetchval("SELECT count(*) FROM suppressions") == 0
    made = await door.post(
        HREF, {"addresses": "Ada@example.org\r\n\r\nben@example.org\nada@EXAMPLE.org", "reason": "<b>"}
    )
    assert made.status_code == 303
    page = (await door.client.get(HREF)).text
    assert "&lt;b&gt;" in page
    assert ("ada@example.org" in page, "ben@example.org" in page) == (True, True)
    found = (await door.client.get(HREF, params={"q": "BEN"}, headers={"hx-target": "addresses-table"})).text
    assert ("ada@example.org" in found, "ben@example.org" in found, "<html" in found) == (False, True, False)
    assert "Nothing like that" in (await door.client.get(HREF, params={"q": "_"})).text
    assert (await door.post(f"{HREF}/release", {"address": "ADA@example.org"})).status_code == 303
    assert [row[0] for row in await core.db.fetch("SELECT email_key FROM suppressions")] == ["ben@example.org"]
    assert (await door.post(f"{HREF}/release", {"address": "ada@example.org"})).status_code == 303
    assert "not there any more" in (await door.client.get(HREF)).text
    told = [row[0] for row in await core.db.fetch("SELECT action FROM audit_entries ORDER BY id")]
    assert told == ["addresses_suppressed", "address_released", "address_released"]


async def test_they_need_the_permission(core: Core, door: Door):
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    assert (await door.client.get(HREF)).status_code == 403
    assert (await door.post(HREF, {"addresses": "ada@example.org"})).status_code == 403
    assert (await door.post(f"{HREF}/release", {"address": "ada@example.org"})).status_code == 403
