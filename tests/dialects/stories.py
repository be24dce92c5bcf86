"""What is asked to make the examples of the documents: one story per dialect, in its order, on an empty installation.

The answers are golden files (`src/tidings/dialects/<dialect>/examples`); `{name}` in a path or body is an id that an
earlier answer gave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One request. `keeps` is the path of an id in the answer, such as data.id, kept under `as_`."""

    method: str
    path: str
    body: Any = None
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    keeps: str = ""
    as_: str = ""


_PERSON = {"email": "mira@harbour.example", "first_name": "Mira", "last_name": "Holm"}
FLUENZR = [
    Step(
        "POST",
        "/groups",
        {"name": "Readers", "description": "Everybody who reads", "color": "#1d4ed8"},
        keeps="data.id",
        as_="group",
    ),
    Step("GET", "/groups/{group}"),
    Step("PUT", "/groups/{group}", {"name": "Keen readers"}),
    Step(
        "POST",
        "/contacts",
        {
            "email": "mira@harbour.example",
            "firstName": "Mira",
            "lastName": "Holm",
            "company": "Harbour Books",
            "groupIds": ["{group}"],
            "tags": ["customer"],
            "consentSource": "web_optin",
        },
        keeps="data.id",
        as_="contact",
    ),
    Step(
        "POST",
        "/contacts/bulk",
        {
            "contacts": [{"email": "tove@fjord.example", "firstName": "Tove"}, {"email": "not an address"}],
            "groupIds": ["{group}"],
        },
    ),
    Step("GET", "/contacts", query={"page": 1, "perPage": 20, "sort": "createdAt", "order": "asc"}),
    Step("GET", "/contacts/{contact}"),
    Step("PUT", "/contacts/{contact}", {"jobTitle": "Bookseller", "phone": "+4930123456"}),
    Step(
        "POST",
        "/contacts/search",
        {"query": "mira", "filters": {"tags": ["customer"]}, "sort": {"field": "email", "order": "asc"}},
    ),
    Step("POST", "/contacts/{contact}/tags", {"tags": ["vip"]}),
    Step("DELETE", "/contacts/{contact}/tags", {"tags": ["vip"]}),
    Step("DELETE", "/contacts/{contact}/groups", {"groupIds": ["{group}"]}),
    Step("POST", "/contacts/{contact}/groups", {"groupIds": ["{group}"]}),
    Step("POST", "/groups/{group}/contacts", {"contactIds": ["{contact}"]}),
    Step("GET", "/groups", query={"sort": "name", "order": "asc"}),
    Step("DELETE", "/contacts/{contact}"),
    Step("DELETE", "/groups/{group}"),
]
FURIOSA = [
    Step("POST", "/audiences", {"name": "Newsletter", "description": "Once a month"}, keeps="id", as_="audience"),
    Step("GET", "/audiences/{audience}"),
    Step("PUT", "/audiences/{audience}", {"description": "Twice a month"}),
    Step("POST", "/audiences/{audience}/groups", {"name": "Berlin"}, keeps="id", as_="group"),
    Step("PUT", "/audiences/{audience}/groups/{group}", {"name": "Hamburg"}),
    Step(
        "POST", "/contacts", {"audience_id": "{audience}", **_PERSON, "groups": ["{group}"]}, keeps="id", as_="contact"
    ),
    Step(
        "POST",
        "/contacts/batch",
        {
            "audience_id": "{audience}",
            "contacts": [{"email": "tove@fjord.example"}, {"email": "mira@harbour.example"}, {}],
        },
    ),
    Step("GET", "/contacts", query={"audience_id": 1, "page": 1, "per_page": 50}),
    Step("GET", "/contacts/{contact}"),
    Step("PUT", "/contacts/{contact}", {"last_name": "Lind", "phone": "+447911999888"}),
    Step("GET", "/audiences"),
    Step("GET", "/audiences/{audience}/groups"),
    Step("GET", "/audiences/{audience}/stats"),
    Step(
        "POST",
        "/campaigns",
        {"name": "Spring", "subject": "New books", "content": "<p>Hello</p>", "audience_ids": ["{audience}"]},
        keeps="id",
        as_="campaign",
    ),
    Step("GET", "/campaigns"),
    Step("GET", "/campaigns/{campaign}"),
    Step("PUT", "/campaigns/{campaign}", {"subject": "New books for spring"}),
    Step("GET", "/campaigns/{campaign}/metrics"),
    Step("GET", "/me"),
    Step("DELETE", "/contacts/{contact}"),
]
FLUENTCRM = [
    Step("POST", "/tags", {"title": "Customer", "slug": "customer"}, keeps="lists.id", as_="tag"),
    Step("GET", "/tags", query={"sort_by": "title", "sort_type": "ASC"}),
    Step("GET", "/tags/{tag}"),
    Step("PUT", "/tags/{tag}", {"title": "Customer", "description": "Bought once"}),
    Step("POST", "/lists", {"title": "Newsletter", "slug": "newsletter"}, keeps="lists.id", as_="list"),
    Step("GET", "/lists"),
    Step("GET", "/lists/{list}"),
    Step("PUT", "/custom-fields/contacts", {"fields": [{"label": "Plan", "slug": "plan", "field_key": "text"}]}),
    Step("GET", "/custom-fields/contacts"),
    Step(
        "POST",
        "/subscribers",
        {**_PERSON, "status": "subscribed", "tags": ["{tag}"], "lists": ["{list}"], "custom_values": {"plan": "gold"}},
        keeps="contact.id",
        as_="contact",
    ),
    Step(
        "POST", "/subscribers/bulk-add-update", {"contacts": [{"email": "tove@fjord.example", "status": "subscribed"}]}
    ),
    Step("GET", "/subscribers", query={"per_page": 10, "search": "mira"}),
    Step("GET", "/subscribers/{contact}", query={"with[]": ["stats", "custom_fields"]}),
    Step("PUT", "/subscribers/{contact}", {"city": "Hamburg", "country": "DE", "detach_tags": ["{tag}"]}),
    Step(
        "POST",
        "/subscribers/{contact}/notes",
        {"note": {"title": "Call", "description": "Wants the catalogue", "type": "call"}},
    ),
    Step("GET", "/subscribers/{contact}/notes"),
    Step(
        "POST",
        "/subscribers/track-event",
        {"email": "mira@harbour.example", "event_key": "bought", "title": "Bought a book"},
    ),
    Step(
        "POST",
        "/companies",
        {"name": "Harbour Books", "website": "https://harbour.example"},
        keeps="company.id",
        as_="company",
    ),
    Step("GET", "/companies"),
    Step("GET", "/companies/{company}"),
    Step("POST", "/campaigns", {"title": "Spring"}, keeps="id", as_="campaign"),
    Step("GET", "/campaigns"),
    Step("GET", "/campaigns/{campaign}"),
    Step("PUT", "/campaigns/{campaign}", {"title": "Spring", "email_subject": "New books"}),
    Step(
        "POST",
        "/templates",
        {
            "template": {
                "post_title": "Monthly letter",
                "email_subject": "News of the month",
                "post_content": "<p>Hello {{contact.first_name|there}}</p>",
                "design_template": "plain",
            }
        },
        keeps="template_id",
        as_="template",
    ),
    Step("GET", "/templates", query={"orderBy": "post_title", "order": "asc"}),
    Step("GET", "/templates/{template}"),
    Step("PUT", "/templates/{template}", {"template": {"email_subject": "What is new"}}),
    Step(
        "POST",
        "/templates/do-bulk-action",
        {"action_name": "change_template_status", "template_ids": ["{template}"], "status": "publish"},
    ),
    Step("GET", "/templates/all"),
    Step("POST", "/templates/set-global-style", {"config": {"link_color": "#0f6e6b"}}),
    Step(
        "POST",
        "/email-patterns",
        {"title": "Closing", "content": "<p>See you soon</p>", "category": "Endings"},
        keeps="pattern.id",
        as_="pattern",
    ),
    Step("PUT", "/email-patterns/{pattern}", {"title": "Closing words"}),
    Step("GET", "/email-patterns/{pattern}"),
    Step("GET", "/email-patterns"),
    Step("GET", "/reports/subscribers", query={"date_range[]": ["2026-11-18", "2026-11-20"]}),
    Step("DELETE", "/tags/{tag}"),
    Step("DELETE", "/lists/{list}"),
    Step("DELETE", "/templates/{template}"),
    Step("DELETE", "/email-patterns/{pattern}"),
    Step("DELETE", "/subscribers/{contact}"),
]
STORIES = {"fluenzr": FLUENZR, "furiosa": FURIOSA, "fluentcrm": FLUENTCRM}
