"""Parameters, schemas and examples of this dialect's OpenAPI document."""

from __future__ import annotations

from pathlib import Path

from tidings.dialects._engine.reference import (
    COUNT,
    FREE,
    INTEGER,
    MAYBE_TEXT,
    MAYBE_TIME,
    RATE,
    TEXT,
    TIME,
    Described,
    Parameter,
    Reference,
    Schema,
    fields,
    many,
    one_of,
    read_examples,
    ref,
)
from tidings.dialects.furiosa.resources import MAX_BATCH

_TEXTS = dict.fromkeys(("email", "phone", "first_name", "last_name"), MAYBE_TEXT)
_TIMES: dict[str, Schema] = {"created_at": TIME, "updated_at": TIME}
_IDS = many(INTEGER)
_CONTACT_FIELDS: dict[str, Schema] = {**_TEXTS, "groups": _IDS, "custom_fields": FREE}
_CONTACT = fields(
    {"id": INTEGER, "audience_id": INTEGER, **_CONTACT_FIELDS, "status": TEXT, **_TIMES},
    ("id", "audience_id", "email", "phone", "groups", "custom_fields", "status", "created_at", "updated_at"),
)
_GROUP = fields({"id": INTEGER, "name": TEXT, "contacts_count": COUNT}, ("id", "name", "contacts_count"))
_COUNTS = dict.fromkeys(("contacts_count", "emails_count", "phones_count"), COUNT)
_AUDIENCE = fields(
    {"id": INTEGER, "name": TEXT, "description": TEXT, **_COUNTS, "groups": many(ref("Group")), **_TIMES},
    ("id", "name", "description", *_COUNTS, "groups", "created_at", "updated_at"),
)
_CAMPAIGN = fields(
    {
        "id": INTEGER,
        "name": TEXT,
        "type": one_of("email", "sms"),
        "status": one_of("draft", "scheduled", "sending", "paused", "sent", "failed"),
        "subject": MAYBE_TEXT,
        "audience_ids": _IDS,
        "scheduled_at": MAYBE_TIME,
        "sent_at": MAYBE_TIME,
        **_TIMES,
    },
    ("id", "name", "type", "status", "audience_ids", "created_at", "updated_at"),
)
_CAMPAIGN_FIELDS: dict[str, Schema] = {
    "name": TEXT,
    "type": one_of("email"),
    "subject": TEXT,
    "preheader": TEXT,
    "content": {"type": "string", "description": "HTML"},
    "audience_ids": _IDS,
}
_NUMBERS = [
    "recipients",
    "sent",
    "delivered",
    "opens",
    "unique_opens",
    "clicks",
    "unique_clicks",
    "bounces",
    "complaints",
    "unsubscribes",
]
_METRICS = fields(
    {
        **dict.fromkeys(_NUMBERS, COUNT),
        **dict.fromkeys(("open_rate", "click_rate", "bounce_rate"), RATE),
        "links": many(fields({"url": TEXT, "clicks": COUNT, "unique_clicks": COUNT})),
    },
    (*_NUMBERS, "open_rate", "click_rate", "bounce_rate", "links"),
)
_STATS = fields(
    {"audience_id": INTEGER, **_COUNTS, "statuses": FREE, "groups": many(ref("Group"))}, ("audience_id", *_COUNTS)
)
_NAME = fields({"name": TEXT}, ("name",))
_AUDIENCE_FIELDS: dict[str, Schema] = {"name": TEXT, "description": MAYBE_TEXT}
_BATCH_ROW = fields(
    {
        "index": COUNT,
        "status": {"type": "integer", "enum": [201, 409, 422]},
        "id": {"type": ["integer", "null"]},
        "errors": {"type": ["object", "null"]},
    },
    ("index", "status", "id", "errors"),
)
_ME = fields(
    {
        "name": TEXT,
        "scopes": {"type": ["array", "null"], "items": TEXT, "description": "null means all."},
        "rate_limit": fields({"limit": COUNT, "remaining": COUNT}),
    },
    ("name", "scopes", "rate_limit"),
)
_PAGING = (
    Parameter("page", {**INTEGER, "minimum": 1, "default": 1}),
    Parameter("per_page", {**INTEGER, "minimum": 1, "maximum": 100, "default": 25}),
)


def _rows(data: Schema) -> Schema:
    numbers = ("total", "page", "per_page", "total_pages")
    return fields({"data": many(data), **dict.fromkeys(numbers, COUNT)}, ("data", *numbers))


OPERATIONS: dict[str, Described] = {
    "openapi": Described("This document"),
    "listContacts": Described(
        "List contacts",
        query=(
            *_PAGING,
            Parameter("audience_id", INTEGER),
            Parameter("group_id", INTEGER),
            Parameter("email", TEXT),
            Parameter("phone", TEXT),
            Parameter("name", TEXT),
        ),
        answer=_rows(ref("Contact")),
    ),
    "createContact": Described(
        "Create a contact",
        "An email or a phone is needed.",
        body=fields({"audience_id": INTEGER, **_CONTACT_FIELDS}, ("audience_id",)),
        answer=ref("Contact"),
    ),
    "createContacts": Described(
        "Create many contacts",
        f"At most {MAX_BATCH}, counted as one request; a bad row is told and hinders no other.",
        body=fields(
            {
                "audience_id": INTEGER,
                "contacts": many(fields({"audience_id": INTEGER, **_CONTACT_FIELDS}), most=MAX_BATCH),
            },
            ("contacts",),
        ),
        answer=fields(
            {"created": COUNT, "failed": COUNT, "results": many(_BATCH_ROW)}, ("created", "failed", "results")
        ),
    ),
    "getContact": Described("Get a contact", answer=ref("Contact")),
    "updateContact": Described(
        "Update a contact",
        "Changes what is given, leaves the rest.",
        body=fields(_CONTACT_FIELDS),
        answer=ref("Contact"),
    ),
    "deleteContact": Described("Delete a contact", "Takes it out of the audience for good."),
    "listAudiences": Described("List audiences", query=_PAGING, answer=_rows(ref("Audience"))),
    "createAudience": Described("Create an audience", body=fields(_AUDIENCE_FIELDS, ("name",)), answer=ref("Audience")),
    "getAudience": Described("Get an audience", answer=ref("Audience")),
    "updateAudience": Described("Update an audience", body=fields(_AUDIENCE_FIELDS), answer=ref("Audience")),
    "deleteAudience": Described("Delete an audience"),
    "audienceStats": Described("Count an audience", answer=_STATS),
    "listGroups": Described("List the groups of an audience", query=_PAGING, answer=_rows(ref("Group"))),
    "createGroup": Described("Create a group", body=_NAME, answer=ref("Group")),
    "updateGroup": Described("Rename a group", body=_NAME, answer=ref("Group")),
    "deleteGroup": Described("Delete a group"),
    "me": Described("The key in use", answer=_ME),
    "listCampaigns": Described("List campaigns", query=_PAGING, answer=_rows(ref("Campaign"))),
    "createCampaign": Described("Create a campaign", body=fields(_CAMPAIGN_FIELDS, ("name",)), answer=ref("Campaign")),
    "getCampaign": Described("Get a campaign", answer=ref("Campaign")),
    "updateCampaign": Described("Update a campaign", body=fields(_CAMPAIGN_FIELDS), answer=ref("Campaign")),
    "campaignMetrics": Described("Numbers of a campaign", answer=ref("Metrics")),
    "sendCampaign": Described("Send a campaign", answer=ref("Campaign")),
}

REFERENCE = Reference(
    OPERATIONS,
    {"Contact": _CONTACT, "Audience": _AUDIENCE, "Group": _GROUP, "Campaign": _CAMPAIGN, "Metrics": _METRICS},
    {
        400: "The body is no JSON object",
        401: "No key, or a wrong or revoked one",
        403: "The key lacks the scope that the message names",
        404: "There is no such record",
        409: "A duplicate, or a state that does not allow it",
        413: "The body is larger than 5 MB",
        415: "The Content-Type is not application/json",
        422: "A field or parameter is wrong: `errors` names each",
        429: "More requests than the key may make in a minute; Retry-After says when to come back",
    },
    of_writes=(400, 409, 413, 415, 422),
    about="Bearer keys (`fcrm_pk_…`) of Settings, API keys. Every answer has X-RateLimit headers.",
    examples=read_examples(Path(__file__).parent / "examples"),
)
