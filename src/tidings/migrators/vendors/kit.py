"""Kit (formerly ConvertKit), API v3: subscribers with tags and custom fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.contacts.types import Status
from tidings.migrators.client import Client, cut, number, page_of, record, rows
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

_STATUS: Mapping[str, Status] = {
    "active": "subscribed",
    "inactive": "pending",
    "cancelled": "unsubscribed",
    "bounced": "bounced",
    "complained": "complained",
}


class _KitClient(Client):
    """Its keys stand in the query."""

    def __init__(self, core: Core, base: str, key: str, secret: str) -> None:
        super().__init__(core, base)
        self._key, self._secret = key, secret

    async def public(self, path: str) -> Any:
        return await self.get(path, api_key=self._key)

    async def secret(self, path: str, **params: Any) -> Any:
        return await self.get(path, api_secret=self._secret, **params)


class Kit:
    """People are read tag by tag when tags are chosen, else all at once."""

    title = "Kit"
    credentials = (
        Credential("api_key", "API Key", "text", "Under Settings › Developer, API version 3."),
        Credential("api_secret", "API Secret", "password", "Beside the key, behind Show."),
    )

    def client(self, core: Core, given: Credentials, base: str | None = None) -> Client:
        key, secret = given.get("api_key", "").strip(), given.get("api_secret", "").strip()
        if not key or not secret:
            raise Refused("Kit needs the API key and the API secret.", code="credentials")
        return _KitClient(core, f"{base or 'https://api.convertkit.com'}/v3", key, secret)

    async def verify(self, client: Client) -> None:
        assert isinstance(client, _KitClient)
        await client.secret("/account")
        await client.public("/tags")

    async def overview(self, client: Client, choice: Choice) -> Overview:
        assert isinstance(client, _KitClient)
        tags = [
            RemoteTerm(str(one.get("id")), str(one.get("name"))) for one in rows(await client.public("/tags"), "tags")
        ]
        fields = [
            RemoteField(
                str(one.get("key")), str(one.get("label")), "last_name" if one.get("key") == "last_name" else ""
            )
            for one in rows(await client.public("/custom_fields"), "custom_fields")
        ]
        return Overview([], tags, fields)

    async def page(self, client: Client, choice: Choice, cursor: str) -> RemotePage:
        assert isinstance(client, _KitClient)
        place, rest = cut(cursor)
        page = page_of(rest)
        chosen = [one for one in choice.tag_ids if one.isascii() and one.isdigit()]
        if not chosen:
            answer = await client.secret("/subscribers", page=page, sort_order="asc")
            people = [_person(one, ()) for one in rows(answer, "subscribers")]
            total = number(answer, "total_subscribers")
            return RemotePage(_kept(people, choice), _next(answer, 0, page, 1), total)
        if place >= len(chosen):
            return RemotePage([], "")
        answer = await client.secret(f"/tags/{chosen[place]}/subscriptions", page=page, sort_order="asc")
        people = [_person(record(one.get("subscriber")), (chosen[place],)) for one in rows(answer, "subscriptions")]
        total = number(answer, "total_subscriptions")
        return RemotePage(_kept(people, choice), _next(answer, place, page, len(chosen)), total)


def _kept(people: list[RemotePerson], choice: Choice) -> list[RemotePerson]:
    return [one for one in people if one.status == "subscribed" or not choice.is_active_only]


def _next(answer: Any, place: int, page: int, places: int) -> str:
    if page < (number(answer, "total_pages") or 1):
        return f"{place}:{page + 1}"
    return f"{place + 1}:1" if place + 1 < places else ""


def _person(one: dict[str, Any], tags: tuple[str, ...]) -> RemotePerson:
    fields = record(one.get("fields"))
    values = {"first_name": one.get("first_name"), "last_name": fields.get("last_name")}
    status = _STATUS.get(str(one.get("state")), "pending")
    email = str(one.get("email_address") or "")
    return RemotePerson(email, status, {name: value for name, value in values.items() if value}, fields, tags)
