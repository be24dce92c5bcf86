"""Drip, REST API v2: subscribers with tags (known by their names) and custom fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.contacts.types import Status
from tidings.migrators.client import Client, basic, number, page_of, record, rows
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
_STATUS: Mapping[str, Status] = {
    "active": "subscribed",
    "unsubscribed": "unsubscribed",
    "unconfirmed": "pending",
    "inactive": "pending",
    "undeliverable": "bounced",
}
_FIELDS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "phone": "phone",
    "address1": "address_line_1",
    "address2": "address_line_2",
    "city": "city",
    "state": "state",
    "zip": "postal_code",
    "country": "country",
    "time_zone": "timezone",
    "ip_address": "ip",
}


class Drip:
    """One account has one flat set of people."""

    title = "Drip"
    credentials = (
        Credential("api_key", "API Token", "password", "Under User settings."),
        Credential("account_id", "Account ID", "text", "Under Account › General info."),
    )

    def client(self, core: Core, given: Credentials, base: str | None = None) -> Client:
        key, account = given.get("api_key", "").strip(), given.get("account_id", "").strip()
        if not key or not (account.isascii() and account.isdigit()):
            raise Refused("Drip needs the API token and the number of the account.", code="credentials")
        return Client(core, f"{base or 'https://api.getdrip.com'}/v2/{account}", headers=basic(key, ""))

    async def verify(self, client: Client) -> None:
        await client.get("/tags")

    async def overview(self, client: Client, choice: Choice) -> Overview:
        tags = record(await client.get("/tags")).get("tags")
        fields = record(await client.get("/custom_field_identifiers")).get("custom_field_identifiers")
        return Overview(
            [],
            [RemoteTerm(str(one), str(one)) for one in (tags if isinstance(tags, list) else [])],
            [RemoteField(str(one), str(one)) for one in (fields if isinstance(fields, list) else [])],
        )

    async def page(self, client: Client, choice: Choice, cursor: str) -> RemotePage:
        page = page_of(cursor)
        status = "active" if choice.is_active_only else "all"
        answer = await client.get("/subscribers", status=status, page=page, per_page=PAGE)
        people = [_person(one) for one in rows(answer, "subscribers")]
        is_last = page >= (number(answer, "meta", "total_pages") or 1)
        return RemotePage(people, "" if is_last else str(page + 1), number(answer, "meta", "total_count"))


def _person(one: dict[str, Any]) -> RemotePerson:
    values = {target: one[key] for key, target in _FIELDS.items() if one.get(key)}
    tags = one.get("tags")
    status = _STATUS.get(str(one.get("status")), "pending")
    names = [str(tag) for tag in tags] if isinstance(tags, list) else []
    return RemotePerson(str(one.get("email") or ""), status, values, record(one.get("custom_fields")), names)
