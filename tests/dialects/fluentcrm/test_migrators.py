"""Moving in on the wire: drivers, credentials, mappings, the summary, and page after page until nothing is left."""

from __future__ import annotations

from typing import Any

from tests.dialects.mouth import Mouth
from tests.migrators.standin import standing_in
from tests.migrators.systems import SYSTEMS
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import CustomField
from tidings.platform.core import Core


async def test_drivers_are_told_and_an_unknown_one_is_refused(crm: Mouth):
    drivers = (await crm.get("/migrators")).json()["drivers"]
    assert list(drivers)[:5] == ["mailchimp", "ConvertKit", "MailerLite", "Drip", "ActiveCampaign"]
    assert {"FluentCRM", "listmonk"} < set(drivers)
    for driver in drivers.values():
        assert set(driver["credentials"]) == set(driver["credential_fields"])
    for answer in (
        await crm.post("/migrators/verify-cred", {"driver": "nope"}),
        await crm.get("/migrators/list-tag-mappings", driver="nope"),
        await crm.post("/migrators/summary", {"driver": "nope"}),
        await crm.post("/migrators/import", {"driver": "nope"}),
    ):
        assert (answer.status_code, answer.json()["message"]) == (422, "Sorry no driver found for the selected CRM")


async def test_people_of_another_fluentcrm_come_in_page_by_page(crm: Mouth, core: Core):
    await core.installation.put({"allow_private_targets": True})
    await contacts.replace_custom_fields(core, [CustomField("shoe", "Shoe size", "text")])
    tag = await contacts.create_tag(core, title="Important")
    async with standing_in(SYSTEMS["FluentCRM"].answers) as stand:
        given: dict[str, Any] = {
            "driver": "FluentCRM",
            "credential": {"api_url": stand.base, "username": "admin", "api_key": "pw"},
        }
        good = await crm.post("/migrators/verify-cred", given)
        assert good.json() == {"message": "Your provided API key is valid"}
        bad = await crm.post("/migrators/verify-cred", given | {"credential": given["credential"] | {"api_key": "no"}})
        assert bad.status_code == 422
        query = {f"credential[{name}]": value for name, value in given["credential"].items()}
        options = (await crm.get("/migrators/list-tag-mappings", driver="FluentCRM", **query)).json()["options"]
        assert (options["lists"][0]["name"], options["tags"][0]["remote_id"]) == ("News", "7")
        assert options["contact_fields"][0]["fluentcrm_field"] == "shoe"
        given["map_settings"] = {
            "tags": [{"remote_id": "7", "remote_name": "VIP", "fluentcrm_id": tag}],
            "lists": ["5"],
            "contact_fields": options["contact_fields"],
        }
        shown = (await crm.post("/migrators/summary", given)).json()["import_summary"]
        assert (shown["total_contacts"], shown["lists"], shown["tags"][0]["name"]) == (
            3,
            [{"id": "5", "name": "News", "count": 3}],
            "VIP",
        )
        first = (await crm.post("/migrators/import", given)).json()["import_info"]
        assert (first["inserted"], first["has_more"], first["next_page"], first["total"]) == (1, True, 2, 3)
        last = (await crm.post("/migrators/import", given | {"page": 2})).json()["import_info"]
        assert (last["inserted"], last["has_more"], last["completed"]) == (3, False, 3)
        anew = (await crm.post("/migrators/import", given)).json()["import_info"]
        assert (anew["inserted"], anew["updated"], anew["current_page"]) == (0, 1, 1)
    ada = await find_contact_by_email(core, "ada@example.org")
    assert ada is not None
    assert ([one.title for one in ada.tags], [one.title for one in ada.lists]) == (["Important"], ["News"])
    assert ada.contact.custom == {"shoe": "38"}
    stored = str(await core.installation.get("dialects"))
    assert "pw" not in stored
