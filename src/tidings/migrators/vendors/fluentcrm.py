"""FluentCRM on another site, over its REST API with an application password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.contacts.types import STATUSES, Status
from tidings.migrators.client import Client, basic, number, page_of, record, rows, web_base
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
_STATUS: Mapping[str, Status] = {one: one for one in STATUSES}
_COLUMNS = (
    *("prefix", "first_name", "last_name", "timezone", "address_line_1", "address_line_2", "postal_code", "city"),
    *("state", "country", "ip", "phone", "contact_type", "source", "date_of_birth"),
)


class FluentCrm:
    """Its columns are named as ours; custom fields keep their slugs."""

    title = "FluentCRM"
    credentials = (
        Credential("api_url", "Address of the site", "url", "Such as https://example.com."),
        Credential("username", "User name"),
        Credential("api_key", "Application password", "password", "Of a user who may read contacts."),
    )

    def client(self, core: Core, given: Credentials, base: str | None = None) -> Client:
        name, password = given.get("username", "").strip(), given.get("api_key", "").strip()
        if not name or not password:
            raise Refused("FluentCRM needs a user name and an application password.", code="credentials")
        home = base or web_base(given.get("api_url", ""))
        return Client(core, f"{home}/wp-json/fluent-crm/v2", headers=basic(name, password))

    async def verify(self, client: Client) -> None:
        await client.get("/subscribers", per_page=1)

    async def overview(self, client: Client, choice: Choice) -> Overview:
        lists = rows(await client.get("/lists"), "lists")
        tags = rows(await client.get("/tags", per_page=1000), "tags", "data")
        fields = rows(await client.get("/custom-fields/contacts"), "fields")
        return Overview([_term(one) for one in lists], [_term(one) for one in tags], [_field(one) for one in fields])

    async def page(self, client: Client, choice: Choice, cursor: str) -> RemotePage:
        page = page_of(cursor)
        narrowed: dict[str, Any] = {f"lists[{n}]": one for n, one in enumerate(choice.list_ids)}
        narrowed |= {f"tags[{n}]": one for n, one in enumerate(choice.tag_ids)}
        if choice.is_active_only:
            narrowed["statuses[0]"] = "subscribed"
        answer = await client.get(
            "/subscribers", page=page, per_page=PAGE, sort_by="id", sort_type="ASC", custom_fields="true", **narrowed
        )
        inner = record(answer).get("subscribers")
        people = [_person(one) for one in rows(inner, "data")]
        is_last = page >= (number(inner, "last_page") or 1)
        return RemotePage(people, "" if is_last else str(page + 1), number(inner, "total"))


def _term(one: dict[str, Any]) -> RemoteTerm:
    return RemoteTerm(str(one.get("id")), str(one.get("title")), number(one, "subscribersCount"))


def _field(one: dict[str, Any]) -> RemoteField:
    slug = str(one.get("slug"))
    return RemoteField(slug, str(one.get("label")), f"custom.{slug}")


def _person(one: dict[str, Any]) -> RemotePerson:
    return RemotePerson(
        str(one.get("email") or ""),
        _STATUS.get(str(one.get("status")), "pending"),
        {name: one[name] for name in _COLUMNS if one.get(name)},
        record(one.get("custom_fields")) or record(one.get("custom_values")),
        [str(tag.get("id")) for tag in rows(one, "tags")],
        [str(item.get("id")) for item in rows(one, "lists")],
    )
