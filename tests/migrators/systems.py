"""What each system holds for the tests, in the shapes of its API: Ada gets mail, Bob left, Cy has to confirm."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.migrators.standin import Answers, Asked


def basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


def _sent(name: str, value: str, answers: Answers) -> Answers:
    """Refuses whoever does not show the right header."""
    return lambda asked: answers(asked) if asked.headers.get(name) == value else (401, {"error": "who are you"})


def _mailchimp(asked: Asked) -> Any:
    people = [("ada", "subscribed"), ("bob", "unsubscribed"), ("cy", "pending"), ("old", "archived")]
    match asked.path:
        case "/3.0/ping":
            return {"health_status": "ok"}
        case "/3.0/lists":
            return {"lists": [{"id": "abc1", "name": "News", "stats": {"member_count": 3}}]}
        case "/3.0/lists/abc1/segments":
            return {"segments": [{"id": 7, "name": "VIP", "member_count": 1}]}
        case "/3.0/lists/abc1/merge-fields":
            return {"merge_fields": [{"tag": "FNAME", "name": "First"}, {"tag": "SHOE", "name": "Shoe size"}]}
        case "/3.0/lists/abc1/members":
            wanted = asked.query.get("status")
            members = [
                {
                    "email_address": f"{name}@example.org",
                    "status": status,
                    "merge_fields": {
                        "FNAME": name.title(),
                        "SHOE": "38",
                        "ADDRESS": {"addr1": "1 Main St", "city": "Rome", "country": "IT"} if name == "ada" else "",
                    },
                    "tags": [{"id": 7, "name": "VIP"}] if name == "ada" else [],
                    "ip_opt": "192.0.2.9",
                }
                for name, status in people
                if wanted in (None, status)
            ]
            return {"members": members, "total_items": len(members)}
        case _:
            return None


def _kit(asked: Asked) -> Any:
    if asked.query.get("api_key") != "K" and asked.query.get("api_secret") != "S":
        return 401, {"error": "Authorization Failed"}

    def person(name: str, state: str) -> dict[str, Any]:
        fields = {"last_name": "L", "shoe": "38"}
        return {
            "id": 1,
            "first_name": name.title(),
            "email_address": f"{name}@example.org",
            "state": state,
            "fields": fields,
        }

    match asked.path:
        case "/v3/account":
            return {"name": "A", "primary_email_address": "a@example.org"}
        case "/v3/tags":
            return {"tags": [{"id": 7, "name": "VIP"}, {"id": 8, "name": "Other"}]}
        case "/v3/custom_fields":
            return {"custom_fields": [{"id": 1, "key": "shoe", "label": "Shoe size"}]}
        case "/v3/tags/7/subscriptions":
            page = int(asked.query["page"])
            names = [("ada", "active")] if page == 1 else [("bob", "cancelled"), ("cy", "inactive")]
            rows = [{"state": state, "subscriber": person(name, state)} for name, state in names]
            return {"total_subscriptions": 3, "page": page, "total_pages": 2, "subscriptions": rows}
        case "/v3/subscribers":
            rows = [person("ada", "active"), person("bob", "cancelled"), person("cy", "inactive")]
            return {"total_subscribers": 3, "page": 1, "total_pages": 1, "subscribers": rows}
        case _:
            return None


def _mailerlite(asked: Asked) -> Any:
    def person(name: str, status: str) -> dict[str, Any]:
        fields = {"name": name.title(), "last_name": "L", "shoe": "38", "city": None}
        return {"id": "1", "email": f"{name}@example.org", "status": status, "fields": fields, "ip_address": None}

    match asked.path:
        case "/api/groups":
            return {"data": [{"id": "7", "name": "VIP", "active_count": 1}], "meta": {"last_page": 1}}
        case "/api/fields":
            return {
                "data": [{"id": "1", "name": "Name", "key": "name"}, {"id": "2", "name": "Shoe size", "key": "shoe"}]
            }
        case "/api/groups/7/subscribers":
            if asked.query.get("cursor") == "two==":
                return {
                    "data": [person("bob", "unsubscribed"), person("cy", "unconfirmed")],
                    "meta": {"next_cursor": None},
                }
            return {"data": [person("ada", "active")], "meta": {"next_cursor": "two=="}}
        case "/api/subscribers":
            whole = person("ada", "active") | {"groups": [{"id": "7", "name": "VIP"}]}
            return {"data": [whole if asked.query.get("include") == "groups" else {}], "meta": {"next_cursor": None}}
        case _:
            return None


def _drip(asked: Asked) -> Any:
    def person(name: str, status: str) -> dict[str, Any]:
        return {
            "email": f"{name}@example.org",
            "status": status,
            "first_name": name.title(),
            "last_name": "L",
            "zip": "00100",
            "tags": ["VIP"] if name == "ada" else [],
            "custom_fields": {"shoe": "38"},
        }

    match asked.path:
        case "/v2/99/tags":
            return {"tags": ["VIP", "Other"]}
        case "/v2/99/custom_field_identifiers":
            return {"custom_field_identifiers": ["shoe"]}
        case "/v2/99/subscribers":
            page = int(asked.query["page"])
            people = [("ada", "active")] if page == 1 else [("bob", "unsubscribed"), ("cy", "unconfirmed")]
            meta = {"page": page, "count": len(people), "total_pages": 2, "total_count": 3}
            return {"meta": meta, "subscribers": [person(*one) for one in people]}
        case _:
            return None


def _activecampaign(asked: Asked) -> Any:
    match asked.path:
        case "/api/3/users/me":
            return {"user": {"id": "1"}}
        case "/api/3/lists":
            return {"lists": [{"id": "5", "name": "News", "subscriber_count": "3"}]}
        case "/api/3/tags":
            return {"tags": [{"id": "7", "tag": "VIP", "subscriber_count": "1"}]}
        case "/api/3/fields":
            return {"fields": [{"id": "3", "title": "Shoe size", "perstag": "SHOE"}]}
        case "/api/3/contacts":
            names = ("ada", "bob", "cy")
            return {
                "contacts": [
                    {
                        "id": str(n),
                        "email": f"{name}@example.org",
                        "firstName": name.title(),
                        "lastName": "L",
                        "phone": "",
                    }
                    for n, name in enumerate(names, start=1)
                ],
                "contactLists": [
                    {"contact": "1", "list": "5", "status": "1"},
                    {"contact": "2", "list": "5", "status": "2"},
                ],
                "contactTags": [{"contact": "1", "tag": "7"}],
                "fieldValues": [{"contact": str(n), "field": "3", "value": "38"} for n in (1, 2, 3)],
                "meta": {"total": "3"},
            }
        case _:
            return None


def _fluentcrm(asked: Asked) -> Any:
    prefix = "/wp-json/fluent-crm/v2"
    match asked.path.removeprefix(prefix):
        case "/lists":
            return {"lists": [{"id": 5, "title": "News", "subscribersCount": 3}]}
        case "/tags":
            return {"tags": {"data": [{"id": 7, "title": "VIP", "subscribersCount": 1}]}}
        case "/custom-fields/contacts":
            return {"fields": [{"slug": "shoe", "label": "Shoe size", "type": "text"}]}
        case "/subscribers":
            page = int(asked.query.get("page", "1"))
            people = [("ada", "subscribed")] if page == 1 else [("bob", "unsubscribed"), ("cy", "pending")]
            rows = [
                {
                    "id": page,
                    "email": f"{name}@example.org",
                    "status": status,
                    "first_name": name.title(),
                    "last_name": None,
                    "date_of_birth": "0000-00-00",
                    "tags": [{"id": 7}] if name == "ada" else [],
                    "lists": [{"id": 5}],
                    "custom_fields": {"shoe": "38"},
                }
                for name, status in people
            ]
            return {"subscribers": {"data": rows, "total": 3, "last_page": 2, "current_page": page}}
        case _:
            return None


def _listmonk(asked: Asked) -> Any:
    def person(name: str, status: str, said: str) -> dict[str, Any]:
        lists = [{"id": 5, "name": "News", "optin": "double", "subscription_status": said}]
        return {
            "email": f"{name}@example.org",
            "name": f"{name.title()} L",
            "status": status,
            "attribs": {"shoe": "38"},
            "lists": lists,
        }

    match asked.path:
        case "/api/lists":
            return {"data": {"results": [{"id": 5, "name": "News", "subscriber_count": 3}], "total": 1}}
        case "/api/subscribers":
            rows = [
                person("ada", "enabled", "confirmed"),
                person("bob", "blocklisted", "confirmed"),
                person("cy", "enabled", "unconfirmed"),
            ]
            return {"data": {"results": rows, "total": 3, "per_page": 100, "page": 1}}
        case _:
            return None


@dataclass(frozen=True)
class System:
    """A system: how it answers, what lets one in, and what it has."""

    answers: Answers
    credentials: Mapping[str, str]
    field: str
    has_lists: bool = True
    has_tags: bool = True
    tag: str = "7"
    list: str = "5"


SYSTEMS = {
    "mailchimp": System(
        _sent("authorization", basic("tidings", "key-us10"), _mailchimp),
        {"api_key": "key-us10"},
        "SHOE",
        tag="VIP",
        list="abc1",
    ),
    "ConvertKit": System(_kit, {"api_key": "K", "api_secret": "S"}, "shoe", has_lists=False),
    "MailerLite": System(_sent("authorization", "Bearer T", _mailerlite), {"api_key": "T"}, "shoe", has_lists=False),
    "Drip": System(
        _sent("authorization", basic("T", ""), _drip),
        {"api_key": "T", "account_id": "99"},
        "shoe",
        has_lists=False,
        tag="VIP",
    ),
    "ActiveCampaign": System(
        _sent("api-token", "T", _activecampaign), {"api_key": "T", "api_url": "https://a.example"}, "3"
    ),
    "FluentCRM": System(
        _sent("authorization", basic("admin", "pw"), _fluentcrm),
        {"api_key": "pw", "username": "admin", "api_url": "https://a.example"},
        "shoe",
    ),
    "listmonk": System(
        _sent("authorization", basic("api", "T"), _listmonk),
        {"api_key": "T", "username": "api", "api_url": "https://a.example"},
        "shoe",
        has_tags=False,
    ),
}
