"""Mailchimp, Marketing API 3.0: audiences ("lists") with members, merge fields and tags (static segments)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tidings.contacts.types import Status
from tidings.migrators.client import Client, basic, cut, number, page_of, record, rows
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

PAGE = 500
_KEY = re.compile(r"[0-9a-zA-Z]+-([a-z]{2,4}\d{1,4})")
_STATUS: Mapping[str, Status] = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "cleaned": "bounced",
    "pending": "pending",
    "transactional": "transactional",
}
_FIELDS = {"FNAME": "first_name", "LNAME": "last_name", "PHONE": "phone", "COMPANY": ""}
_ADDRESS = {
    "addr1": "address_line_1",
    "addr2": "address_line_2",
    "city": "city",
    "state": "state",
    "zip": "postal_code",
    "country": "country",
}


class Mailchimp:
    """Audiences are its lists; tags and fields belong to an audience."""

    title = "MailChimp"
    credentials = (
        Credential("api_key", "API Key", "password", "Under Account › Extras › API keys; it ends in the data centre."),
    )

    def client(self, core: Core, given: Credentials, base: str | None = None) -> Client:
        key = given.get("api_key", "").strip()
        found = _KEY.fullmatch(key)
        if found is None:
            raise Refused("A key of Mailchimp ends in its data centre, such as -us10.", code="credentials")
        home = base or f"https://{found.group(1)}.api.mailchimp.com"
        return Client(core, f"{home}/3.0", headers=basic("tidings", key))

    async def verify(self, client: Client) -> None:
        await client.get("/ping")

    async def _lists(self, client: Client) -> list[RemoteTerm]:
        answer = await client.get("/lists", count=1000, fields="lists.id,lists.name,lists.stats.member_count")
        return [
            RemoteTerm(str(one.get("id")), str(one.get("name")), number(one, "stats", "member_count"))
            for one in rows(answer, "lists")
        ]

    async def overview(self, client: Client, choice: Choice) -> Overview:
        lists = await self._lists(client)
        chosen = [one for one in choice.list_ids if _is_id(one)] or [one.id for one in lists][:10]
        tags: dict[str, RemoteTerm] = {}
        fields: dict[str, RemoteField] = {}
        for list_id in chosen:
            answer = await client.get(f"/lists/{list_id}/segments", type="static", count=1000)
            for one in rows(answer, "segments"):
                # The same tag has another number in every audience; its name is what members carry.
                name = str(one.get("name"))
                tags.setdefault(name, RemoteTerm(name, name, number(one, "member_count")))
            answer = await client.get(f"/lists/{list_id}/merge-fields", count=1000)
            for one in rows(answer, "merge_fields"):
                key = str(one.get("tag"))
                fields.setdefault(key, RemoteField(key, str(one.get("name")), _FIELDS.get(key, "")))
        return Overview(lists, list(tags.values()), list(fields.values()))

    async def page(self, client: Client, choice: Choice, cursor: str) -> RemotePage:
        place, rest = cut(cursor)
        offset = page_of(rest, first=0)
        chosen = [one for one in choice.list_ids if _is_id(one)] or [one.id for one in await self._lists(client)]
        if place >= len(chosen):
            return RemotePage([], "")
        answer = await client.get(
            f"/lists/{chosen[place]}/members",
            count=PAGE,
            offset=offset,
            status="subscribed" if choice.is_active_only else None,
            sort_field="timestamp_opt",
            sort_dir="ASC",
            fields="total_items,members.email_address,members.status,members.merge_fields,members.tags,members.ip_opt",
        )
        members = rows(answer, "members")
        total = number(answer, "total_items")
        people = [found for one in members if (found := _person(one, chosen[place])) is not None]
        if len(members) == PAGE:
            return RemotePage(people, f"{place}:{offset + PAGE}", total)
        return RemotePage(people, f"{place + 1}:0" if place + 1 < len(chosen) else "", total)


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-zA-Z]{1,40}", text))


def _person(one: dict[str, Any], list_id: str) -> RemotePerson | None:
    status = _STATUS.get(str(one.get("status")))
    if status is None:
        # Archived people are gone over there.
        return None
    fields = record(one.get("merge_fields"))
    values = {target: fields[key] for key, target in _FIELDS.items() if target and fields.get(key)}
    address = record(fields.get("ADDRESS"))
    values |= {target: address[key] for key, target in _ADDRESS.items() if address.get(key)}
    if one.get("ip_opt"):
        values["ip"] = one["ip_opt"]
    tags = [str(tag.get("name")) for tag in rows(one, "tags")]
    return RemotePerson(str(one.get("email_address") or ""), status, values, fields, tags, [list_id])
