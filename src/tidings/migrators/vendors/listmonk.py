"""listmonk: subscribers with lists, each membership with its own confirmation, and free attributes."""

from __future__ import annotations

from typing import Any

from tidings.contacts.types import Status
from tidings.migrators.client import Client, basic, number, page_of, record, rows, web_base
from tidings.migrators.types import Choice, Credential, Credentials, Overview, RemotePage, RemotePerson, RemoteTerm
from tidings.platform.core import Core
from tidings.platform.errors import Refused

PAGE = 100


class Listmonk:
    """It has no tags, and its attributes are told with the people only."""

    title = "listmonk"
    credentials = (
        Credential("api_url", "Address", "url", "Such as https://lists.example.com."),
        Credential("username", "API user"),
        Credential("api_key", "Token", "password", "Under Users, of a user of the type API."),
    )

    def client(self, core: Core, given: Credentials, base: str | None = None) -> Client:
        name, token = given.get("username", "").strip(), given.get("api_key", "").strip()
        if not name or not token:
            raise Refused("listmonk needs an API user and its token.", code="credentials")
        return Client(core, f"{base or web_base(given.get('api_url', ''))}/api", headers=basic(name, token))

    async def verify(self, client: Client) -> None:
        await client.get("/lists", page=1, per_page=1)

    async def overview(self, client: Client, choice: Choice) -> Overview:
        answer = await client.get("/lists", page=1, per_page="all")
        lists = [
            RemoteTerm(str(one.get("id")), str(one.get("name")), number(one, "subscriber_count"))
            for one in rows(answer, "data", "results")
        ]
        return Overview(lists, [], [])

    async def page(self, client: Client, choice: Choice, cursor: str) -> RemotePage:
        page = page_of(cursor)
        chosen = [one for one in choice.list_ids if one.isascii() and one.isdigit()]
        only = chosen[0] if len(chosen) == 1 else None
        answer = await client.get("/subscribers", page=page, per_page=PAGE, order_by="id", order="ASC", list_id=only)
        found = rows(answer, "data", "results")
        people = [_person(one) for one in found]
        wanted = set(chosen)
        kept = [
            person
            for person, one in zip(people, found, strict=True)
            if (person.status == "subscribed" or not choice.is_active_only)
            and (not wanted or wanted.intersection(str(item.get("id")) for item in rows(one, "lists")))
        ]
        return RemotePage(kept, str(page + 1) if len(found) == PAGE else "", number(answer, "data", "total"))


def _person(one: dict[str, Any]) -> RemotePerson:
    first, _, last = str(one.get("name") or "").strip().partition(" ")
    values = {"first_name": first, "last_name": last.strip()}
    joined = [str(item.get("id")) for item in rows(one, "lists") if item.get("subscription_status") != "unsubscribed"]
    return RemotePerson(
        str(one.get("email") or ""),
        _status(one),
        {name: value for name, value in values.items() if value},
        record(one.get("attribs")),
        (),
        joined,
    )


def _status(one: dict[str, Any]) -> Status:
    """Blocked people are gone. Of a list without double opt-in nobody is ever confirmed, and all get its mails."""
    if one.get("status") != "enabled":
        return "unsubscribed"
    said = [
        "confirmed" if item.get("optin") == "single" and state == "unconfirmed" else state
        for item in rows(one, "lists")
        if (state := str(item.get("subscription_status")))
    ]
    if "confirmed" in said:
        return "subscribed"
    return "pending" if "unconfirmed" in said or not said else "unsubscribed"
