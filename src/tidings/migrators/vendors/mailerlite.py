"""MailerLite, its present API: subscribers with groups (our tags) and fields, read by a cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.contacts.types import Status
from tidings.migrators.client import Client, cut, number, record, rows
from tidings.migrators.types import (
    Choice,
    Credential,
    Credentials,
    Overview,
    RemoteField,
    RemotePage,
    RemotePerson,
    RemoteTerm,
)
from tidings.platform.core import Core
from tidings.platform.errors import Refused

PAGE = 100
_MAX_GROUPS = 2000
_STATUS: Mapping[str, Status] = {
    "active": "subscribed",
    "unsubscribed": "unsubscribed",
    "unconfirmed": "pending",
    "bounced": "bounced",
    "junk": "complained",
}
_FIELDS = {
    "name": "first_name",
    "last_name": "last_name",
    "phone": "phone",
    "city": "city",
    "state": "state",
    "country": "country",
    "z_i_p": "postal_code",
}


class MailerLite:
    """People are read group by group when groups are chosen, else all at once."""

    title = "MailerLite"
    credentials = (
        Credential("api_key", "API Key", "password", "Under Integrations › API, a token of the new MailerLite."),
    )

    def client(self, core: Core, given: Credentials, base: str | None = None) -> Client:
        key = given.get("api_key", "").strip()
        if not key or not key.isascii() or not key.isprintable():
            raise Refused("MailerLite needs an API token.", code="credentials")
        home = base or "https://connect.mailerlite.com"
        return Client(core, f"{home}/api", headers={"authorization": f"Bearer {key}"})

    async def verify(self, client: Client) -> None:
        await client.get("/groups", limit=1)

    async def overview(self, client: Client, choice: Choice) -> Overview:
        groups: list[RemoteTerm] = []
        page = 1
        while len(groups) < _MAX_GROUPS:
            answer = await client.get("/groups", limit=PAGE, page=page)
            found = rows(answer, "data")
            groups += [
                RemoteTerm(str(one.get("id")), str(one.get("name")), number(one, "active_count")) for one in found
            ]
            if len(found) < PAGE:
                break
            page += 1
        answer = await client.get("/fields", limit=PAGE)
        fields = [
            RemoteField(str(one.get("key")), str(one.get("name")), _FIELDS.get(str(one.get("key")), ""))
            for one in rows(answer, "data")
        ]
        return Overview([], groups, fields)

    async def page(self, client: Client, choice: Choice, cursor: str) -> RemotePage:
        place, rest = cut(cursor)
        chosen = [one for one in choice.tag_ids if one.isascii() and one.isdigit()]
        if chosen and place >= len(chosen):
            return RemotePage([], "")
        path = f"/groups/{chosen[place]}/subscribers" if chosen else "/subscribers"
        more = {"filter[status]": "active"} if choice.is_active_only else {}
        answer = await client.get(path, limit=PAGE, cursor=rest, include=None if chosen else "groups", **more)
        people = [_person(one, chosen[place : place + 1]) for one in rows(answer, "data")]
        following = record(record(answer).get("meta")).get("next_cursor")
        if following:
            return RemotePage(people, f"{place}:{following}", number(answer, "meta", "total"))
        is_last = not chosen or place + 1 >= len(chosen)
        return RemotePage(people, "" if is_last else f"{place + 1}:", number(answer, "meta", "total"))


def _person(one: dict[str, Any], groups: list[str]) -> RemotePerson:
    fields = record(one.get("fields"))
    values = {target: fields[key] for key, target in _FIELDS.items() if fields.get(key)}
    if one.get("ip_address"):
        values["ip"] = one["ip_address"]
    status = _STATUS.get(str(one.get("status")), "pending")
    own = [str(group.get("id")) for group in rows(one, "groups")]
    return RemotePerson(str(one.get("email") or ""), status, values, fields, [*groups, *own])
