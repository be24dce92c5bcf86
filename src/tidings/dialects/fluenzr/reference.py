"""Parameters, schemas and examples of this dialect's OpenAPI document."""

from __future__ import annotations

from pathlib import Path

from tidings.dialects._engine.reference import (
    COUNT,
    FREE,
    INTEGER,
    MAYBE_TEXT,
    MAYBE_TIME,
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
from tidings.dialects.fluenzr import contacts, groups
from tidings.dialects.fluenzr.wire import CONSENTS, SORTS, STATUS_IN, TEXTS

_META = fields(
    dict.fromkeys(("page", "perPage", "total", "totalPages"), COUNT), ("page", "perPage", "total", "totalPages")
)
_NAMED = fields({"id": TEXT, "name": TEXT}, ("id", "name"))
_SHARED: dict[str, Schema] = {
    **dict.fromkeys(TEXTS, MAYBE_TEXT),
    "email": {"type": "string", "format": "email"},
    "customFields": FREE,
    "tags": many(TEXT),
}
_CONTACT = fields(
    {
        "id": {"type": "string", "pattern": "^con_"},
        **_SHARED,
        "status": one_of(*STATUS_IN),
        "groups": many(_NAMED),
        "pipelineStage": {"anyOf": [_NAMED, {"type": "null"}]},
        "consentSource": MAYBE_TEXT,
        "consentNotes": MAYBE_TEXT,
        "consentDate": MAYBE_TIME,
        "createdAt": TIME,
        "updatedAt": TIME,
    },
    ("id", "email", "status", "groups", "tags", "customFields", "createdAt", "updatedAt"),
)
_CONTACT_FIELDS: dict[str, Schema] = {
    **_SHARED,
    "status": one_of(*(word for word, states in STATUS_IN.items() if states)),
    "groupIds": many(TEXT),
    "consentSource": one_of(*CONSENTS),
}
_GROUP_FIELDS: dict[str, Schema] = {
    "name": TEXT,
    "description": TEXT,
    "type": one_of("static", "dynamic"),
    "color": {"type": ["string", "null"], "pattern": "^#[0-9a-fA-F]{6}$"},
}
_GROUP = fields(
    {
        "id": {"type": "string", "pattern": "^grp_"},
        **_GROUP_FIELDS,
        "contactsCount": COUNT,
        "createdAt": TIME,
        "updatedAt": TIME,
    },
    ("id", "name", "type", "contactsCount", "createdAt", "updatedAt"),
)
_DELETED = fields({"id": TEXT, "deleted": {"const": True}}, ("id", "deleted"))
_GROUP_IDS, _TAGS = fields({"groupIds": many(TEXT)}, ("groupIds",)), fields({"tags": many(TEXT)}, ("tags",))


def _done(data: Schema) -> Schema:
    return fields({"success": {"const": True}, "data": data}, ("success", "data"))


def _rows(data: Schema) -> Schema:
    return fields({"success": {"const": True}, "data": many(data), "meta": _META}, ("success", "data", "meta"))


def _paging(sorts: dict[str, str]) -> tuple[Parameter, ...]:
    return (
        Parameter("page", {**INTEGER, "minimum": 1, "default": 1}),
        Parameter("perPage", {**INTEGER, "minimum": 1, "maximum": 100, "default": 20}),
        Parameter("sort", one_of(*sorts)),
        Parameter("order", {**one_of("asc", "desc"), "default": "desc"}),
    )


_ONE_CONTACT, _ONE_GROUP = _done(ref("Contact")), _done(ref("Group"))
_SEARCH = fields(
    {
        "query": TEXT,
        "filters": fields(
            {"status": one_of(*STATUS_IN), "groups": many(TEXT), "tags": many(TEXT), "customFields": FREE}
        ),
        "sort": fields({"field": one_of(*SORTS), "order": one_of("asc", "desc")}),
        "page": {**INTEGER, "minimum": 1},
        "perPage": {**INTEGER, "minimum": 1, "maximum": 100},
    }
)
_BULK = fields(
    {
        "contacts": many(fields(_CONTACT_FIELDS, ("email",)), most=contacts.MAX_BULK),
        "groupIds": many(TEXT),
        "onDuplicate": {**one_of("skip", "update"), "default": "skip"},
    },
    ("contacts",),
)
_BULK_RESULT = fields(
    {
        **dict.fromkeys(("created", "updated", "skipped"), COUNT),
        "errors": many(fields({"index": COUNT, "email": {}, "message": TEXT}, ("index", "message"))),
    },
    ("created", "updated", "skipped", "errors"),
)
_ADDED = fields({"added": COUNT, "skipped": COUNT}, ("added", "skipped"))

OPERATIONS: dict[str, Described] = {
    "openapi": Described("This document"),
    "listContacts": Described(
        "List contacts",
        query=(
            *_paging(SORTS),
            Parameter("email", TEXT, "A part of the address."),
            Parameter("status", one_of(*STATUS_IN)),
            Parameter("groupId", TEXT, "A group's id; `group` is taken too."),
            Parameter("tag", TEXT),
        ),
        answer=_rows(ref("Contact")),
    ),
    "createContact": Described("Create a contact", body=fields(_CONTACT_FIELDS, ("email",)), answer=_ONE_CONTACT),
    "bulkContacts": Described(
        "Create or update many contacts",
        f"At most {contacts.MAX_BULK} rows; a bad row is told and hinders no other.",
        body=_BULK,
        answer=_done(_BULK_RESULT),
    ),
    "searchContacts": Described("Search contacts", body=_SEARCH, answer=_rows(ref("Contact")), is_needed=False),
    "getContact": Described("Get a contact", answer=_ONE_CONTACT),
    "updateContact": Described(
        "Update a contact", "Changes what is given, leaves the rest.", body=fields(_CONTACT_FIELDS), answer=_ONE_CONTACT
    ),
    "deleteContact": Described("Delete a contact", answer=_done(_DELETED)),
    "addContactGroups": Described("Put a contact into groups", body=_GROUP_IDS, answer=_ONE_CONTACT),
    "removeContactGroups": Described("Take a contact out of groups", body=_GROUP_IDS, answer=_ONE_CONTACT),
    "addContactTags": Described("Give a contact tags", body=_TAGS, answer=_ONE_CONTACT),
    "removeContactTags": Described("Take tags from a contact", body=_TAGS, answer=_ONE_CONTACT),
    "listGroups": Described(
        "List groups",
        query=(*_paging(groups.SORTS), Parameter("name", TEXT, "A part of the name.")),
        answer=_rows(ref("Group")),
    ),
    "createGroup": Described("Create a group", body=fields(_GROUP_FIELDS, ("name",)), answer=_ONE_GROUP),
    "getGroup": Described("Get a group", answer=_ONE_GROUP),
    "updateGroup": Described("Update a group", body=fields(_GROUP_FIELDS), answer=_ONE_GROUP),
    "deleteGroup": Described("Delete a group", "Its contacts stay.", answer=_done(_DELETED)),
    "addGroupContacts": Described(
        "Put contacts into a group", body=fields({"contactIds": many(TEXT)}, ("contactIds",)), answer=_done(_ADDED)
    ),
}

REFERENCE = Reference(
    OPERATIONS,
    {"Contact": _CONTACT, "Group": _GROUP},
    {
        400: "A field or parameter is wrong: `details` names each",
        401: "No key, or a wrong or revoked one",
        403: "The key is read-only, or its user may not do this",
        404: "There is no such record",
        409: "A duplicate, or a state that does not allow it",
        413: "The body is larger than 10 MB",
        415: "The body is no JSON",
        429: "More requests than the key may make in a minute; Retry-After says when to come back",
    },
    of_writes=(400, 409, 413, 415),
    about="Bearer keys (`flz_sk_…`) of Settings, API keys. Ids are opaque. Every answer has X-RateLimit headers.",
    examples=read_examples(Path(__file__).parent / "examples"),
)
