"""ActiveCampaign, API v3: contacts with their lists (each with a status of its own), tags and field values beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tidings.contacts.types import Status
from tidings.migrators.client import Client, number, page_of, rows, web_base
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
_MAX_TERMS = 5000
_STATUS: Mapping[str, Status] = {"0": "pending", "1": "subscribed", "2": "unsubscribed", "3": "bounced"}
# Who is on several lists is what the first of these says.
_RANK: tuple[Status, ...] = ("subscribed", "bounced", "unsubscribed", "pending")


class ActiveCampaign:
    """The address of the API is the account's own."""

    title = "ActiveCampaign"
    credentials = (
        Credential("api_url", "API Access URL", "url", "Under Settings › Developer."),
        Credential("api_key", "API Access Key", "password", "Beside the address."),
    )

    def client(self, core: Core, given: Credentials, base: str | None = None) -> Client:
        key = given.get("api_key", "").strip()
        if not key or not key.isascii() or not key.isprintable():
            raise Refused("ActiveCampaign needs the address of the API and a key.", code="credentials")
        return Client(core, f"{base or web_base(given.get('api_url', ''))}/api/3", headers={"api-token": key})

    async def verify(self, client: Client) -> None:
        await client.get("/users/me")

    async def _all(self, client: Client, path: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < _MAX_TERMS:
            more = rows(await client.get(path, limit=PAGE, offset=len(found)), name)
            found += more
            if len(more) < PAGE:
                break
        return found

    async def overview(self, client: Client, choice: Choice) -> Overview:
        lists = await self._all(client, "/lists", "lists")
        tags = await self._all(client, "/tags", "tags")
        fields = await self._all(client, "/fields", "fields")
        return Overview(
            [RemoteTerm(str(one.get("id")), str(one.get("name")), number(one, "subscriber_count")) for one in lists],
            [RemoteTerm(str(one.get("id")), str(one.get("tag")), number(one, "subscriber_count")) for one in tags],
            [RemoteField(str(one.get("id")), str(one.get("title"))) for one in fields],
        )

    async def page(self, client: Client, choice: Choice, cursor: str) -> RemotePage:
        offset = page_of(cursor, first=0)
        answer = await client.get(
            "/contacts",
            limit=PAGE,
            offset=offset,
            # Any: without it some accounts tell active people only.
            status=-1,
            include="contactLists,contactTags,fieldValues",
            **{"orders[id]": "ASC"},
        )
        contacts = rows(answer, "contacts")
        beside = _Beside(answer)
        people = [beside.person(one) for one in contacts]
        wanted = set(choice.list_ids)
        people = [
            one
            for one in people
            if (one.status == "subscribed" or not choice.is_active_only)
            and (not wanted or wanted.intersection(beside.all_lists[one.email]))
        ]
        following = str(offset + PAGE) if len(contacts) == PAGE else ""
        return RemotePage(people, following, number(answer, "meta", "total"))


class _Beside:
    """What stands beside the contacts of an answer, by contact."""

    def __init__(self, answer: Any) -> None:
        self.tags: dict[str, list[str]] = defaultdict(list)
        self.lists: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.fields: dict[str, dict[str, Any]] = defaultdict(dict)
        # By address: every list somebody ever was on.
        self.all_lists: dict[str, set[str]] = defaultdict(set)
        for one in rows(answer, "contactTags"):
            self.tags[str(one.get("contact"))].append(str(one.get("tag")))
        for one in rows(answer, "contactLists"):
            self.lists[str(one.get("contact"))].append((str(one.get("list")), str(one.get("status"))))
        for one in rows(answer, "fieldValues"):
            self.fields[str(one.get("contact"))][str(one.get("field"))] = one.get("value")

    def person(self, one: dict[str, Any]) -> RemotePerson:
        key, email = str(one.get("id")), str(one.get("email") or "")
        standing = self.lists[key]
        status: Status = "pending"
        said = {_STATUS.get(word, "pending") for _, word in standing}
        for rank in reversed(_RANK):
            status = rank if rank in said else status
        if (number(one, "bounced_hard") or 0) > 0:
            status = "bounced"
        self.all_lists[email] = {list_id for list_id, _ in standing}
        values = {"first_name": one.get("firstName"), "last_name": one.get("lastName"), "phone": one.get("phone")}
        return RemotePerson(
            email,
            status,
            {name: value for name, value in values.items() if value},
            self.fields[key],
            self.tags[key],
            [list_id for list_id, at in standing if at in ("0", "1")],
        )
