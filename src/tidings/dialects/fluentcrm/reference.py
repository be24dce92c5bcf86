"""Parameters, schemas and examples of this dialect's OpenAPI document."""

from __future__ import annotations

from pathlib import Path

from tidings.dialects._engine.reference import (
    COUNT,
    DAY,
    FREE,
    INTEGER,
    MAYBE_TEXT,
    TEXT,
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
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.catalog import LIST, TAG

_STAMP: Schema = {"type": ["string", "null"], "description": "YYYY-MM-DD HH:MM:SS in the installation's time zone."}
# Numbers of a column that is not the record's own id come as text; both are taken.
_NUMBER: Schema = {"type": ["string", "integer", "null"]}
_STATUS = one_of("subscribed", "pending", "unsubscribed", "transactional")
_IDS = many({"type": ["integer", "string"]})
_WRITABLE: dict[str, Schema] = dict.fromkeys(people.WRITABLE, MAYBE_TEXT) | {
    "email": {"type": "string", "format": "email"},
    "status": _STATUS,
    "custom_values": FREE,
    "date_of_birth": {**DAY, "type": ["string", "null"]},
    "life_time_value": _NUMBER,
    "total_points": _NUMBER,
    "contact_owner": _NUMBER,
    "company_id": _NUMBER,
    "latitude": _NUMBER,
    "longitude": _NUMBER,
}
_CONTACT = fields(
    {
        "id": {"type": ["integer", "string"]},
        "hash": TEXT,
        "email": MAYBE_TEXT,
        "full_name": TEXT,
        "first_name": MAYBE_TEXT,
        "last_name": MAYBE_TEXT,
        "phone": MAYBE_TEXT,
        "status": TEXT,
        "contact_type": MAYBE_TEXT,
        "photo": TEXT,
        "tags": many(FREE),
        "lists": many(FREE),
        "created_at": _STAMP,
        "updated_at": _STAMP,
    },
    ("id", "email", "status"),
)
_NOTE_FIELDS = fields({"title": TEXT, "description": TEXT, "type": TEXT, "created_at": _STAMP}, ("description",))
_PAGE_NUMBERS: dict[str, Schema] = {
    "current_page": COUNT,
    "per_page": {"type": ["integer", "string"]},
    "last_page": COUNT,
    "total": COUNT,
    "from": {"type": ["integer", "null"]},
    "to": {"type": ["integer", "null"]},
}
_SAID = fields({"message": TEXT}, ("message",))
_PAGING = (
    Parameter("page", {**INTEGER, "minimum": 1, "default": 1}),
    Parameter("per_page", {**INTEGER, "minimum": 1, "maximum": 1000, "default": 15}),
    Parameter("search", TEXT),
    Parameter("sort_by", TEXT, "A column; an unknown one sorts by id."),
    Parameter("sort_type", one_of("ASC", "DESC")),
)
_RANGE = (Parameter("date_range[]", many(DAY, most=2), "First and last day."),)


def _page(name: str, items: Schema) -> Schema:
    return fields({name: fields({"data": many(items), **_PAGE_NUMBERS}, ("data", "total", "current_page"))}, (name,))


def _told(name: str, value: Schema) -> Schema:
    return fields({name: value, "message": TEXT}, (name, "message"))


def _term(word: str, name: str, body: Schema) -> dict[str, Described]:
    """Tags and lists have the same operations."""
    listed = (
        _page("tags", ref(name))
        if word == "tag"
        else fields({"lists": many(ref(name)), "pagination": FREE}, ("lists",))
    )
    return {
        f"list-{word}s": Described(f"List {word}s", query=_PAGING, answer=listed),
        f"create-{word}": Described(f"Create a {word}", body=body, answer=_told("lists", FREE)),
        f"update-{word}": Described(
            f"Update a {word}",
            "Replaces it: a description that is left out is emptied.",
            body=body,
            answer=_told("lists", INTEGER),
        ),
        f"delete-{word}": Described(f"Delete a {word}", answer=_SAID),
    }


_CAMPAIGN_FIELDS = fields(
    {
        "title": TEXT,
        "email_subject": TEXT,
        "email_pre_header": TEXT,
        "email_body": TEXT,
        "design_template": TEXT,
        "settings": FREE,
    }
)
_COMPANY_FIELDS: dict[str, Schema] = dict.fromkeys(
    ("name", "email", "phone", "website", "industry", "type", "city", "state", "postal_code", "country", "description"),
    MAYBE_TEXT,
)
_COMPANY = fields({"id": INTEGER, **_COMPANY_FIELDS, "created_at": _STAMP, "updated_at": _STAMP}, ("id", "name"))
_TERM_BODY = {**TAG.body_schema(), "required": ["title"]}

_TEMPLATE_FIELDS = fields(
    {
        "post_title": TEXT,
        "post_content": TEXT,
        "post_excerpt": TEXT,
        "email_subject": TEXT,
        "edit_type": one_of("html", "visual"),
        "design_template": TEXT,
        "settings": fields({"template_config": FREE, "footer_settings": FREE}),
    }
)
_TEMPLATE_BODY = fields({"template": _TEMPLATE_FIELDS})
_PATTERN_FIELDS: dict[str, Schema] = dict.fromkeys(("title", "content", "category", "description"), TEXT)
_PATTERN_FIELDS["sync_status"] = one_of("synced", "unsynced")
_SMARTCODES = many(fields({"key": TEXT, "title": TEXT, "shortcodes": FREE}, ("key", "title", "shortcodes")))
_PATTERN_ANSWER = _told("pattern", ref("Pattern"))

OPERATIONS: dict[str, Described] = {
    "openapi": Described("This document"),
    "index": Described(
        "All addresses of this interface", answer=fields({"namespace": TEXT, "routes": FREE}, ("routes",))
    ),
    **_term("tag", "Tag", _TERM_BODY),
    **_term("list", "List", {**_TERM_BODY, "required": ["title", "slug"]}),
    "get-tag": Described("Get a tag", answer=fields({"tag": {"anyOf": [ref("Tag"), {"type": "null"}]}}, ("tag",))),
    "get-list": Described("Get a list", answer={"anyOf": [ref("List"), {"const": ""}]}),
    "list-subscribers": Described(
        "List contacts",
        query=(
            *_PAGING,
            Parameter("tags[]", _IDS),
            Parameter("lists[]", _IDS),
            Parameter("statuses[]", many(TEXT)),
            Parameter("custom_fields", one_of("true", "false"), "Whether values of custom fields are added."),
        ),
        answer=_page("subscribers", ref("Contact")),
    ),
    "create-subscriber": Described(
        "Create a contact",
        "`__force_update` changes the contact that has the address already.",
        body=fields({**_WRITABLE, "tags": _IDS, "lists": _IDS, "__force_update": {}}, ("email", "status")),
        answer=fields(
            {"message": TEXT, "contact": ref("Contact"), "action_type": one_of("created", "updated")},
            ("message", "contact", "action_type"),
        ),
    ),
    "get-subscriber": Described(
        "Get a contact",
        query=(
            Parameter("with[]", many(one_of("stats", "custom_fields"))),
            Parameter("get_by_email", TEXT, "Looks for an address when there is no such id (0)."),
        ),
        answer=fields({"subscriber": ref("Contact")}, ("subscriber",)),
    ),
    "update-subscriber": Described(
        "Update a contact",
        "Changes what is given, leaves the rest.",
        body=fields(
            {**_WRITABLE, **dict.fromkeys(("attach_tags", "detach_tags", "attach_lists", "detach_lists"), _IDS)}
        ),
        answer=_told("contact", ref("Contact")),
    ),
    "export-subscribers": Described("Export contacts", answer=TEXT, answer_kind="text/csv"),
    "export-system-logs": Described("Export the system log", answer=TEXT, answer_kind="text/csv"),
    "delete-subscriber": Described("Delete a contact", answer=_SAID),
    "bulk-add-update": Described(
        "Create or update many contacts",
        body=fields(
            {"contacts": many(fields({**_WRITABLE, "tags": _IDS, "lists": _IDS})), "force_update": TEXT}, ("contacts",)
        ),
        answer=_SAID,
    ),
    "track-event": Described(
        "Note an event of a contact",
        body=fields(
            {"email": TEXT, "subscriber_id": INTEGER, "event_key": TEXT, "title": TEXT, "value": {}},
            ("event_key", "title"),
        ),
        answer=_SAID,
    ),
    "list-notes": Described("List notes of a contact", query=_PAGING[:2], answer=_page("notes", ref("Note"))),
    "create-note": Described(
        "Write a note about a contact",
        body=fields({"note": _NOTE_FIELDS}, ("note",)),
        answer=_told("note", ref("Note")),
    ),
    "list-companies": Described("List companies", query=_PAGING, answer=_page("companies", ref("Company"))),
    "create-company": Described(
        "Create a company", body=fields(_COMPANY_FIELDS, ("name",)), answer=_told("company", ref("Company"))
    ),
    "get-company": Described("Get a company", answer=fields({"company": ref("Company")}, ("company",))),
    "list-campaigns": Described("List campaigns", query=_PAGING, answer=_page("campaigns", ref("Campaign"))),
    "create-campaign": Described("Create a campaign", body=fields({"title": TEXT}, ("title",)), answer=ref("Campaign")),
    "get-campaign": Described("Get a campaign", answer=fields({"campaign": ref("Campaign")}, ("campaign",))),
    "update-campaign": Described(
        "Update a campaign", body=_CAMPAIGN_FIELDS, answer=fields({"campaign": ref("Campaign")}, ("campaign",))
    ),
    "listTemplates": Described(
        "List templates",
        query=(
            *_PAGING[:3],
            Parameter("types[]", many(one_of("publish", "draft"))),
            Parameter("orderBy", one_of("ID", "post_title", "post_status", "post_date", "post_modified")),
            Parameter("order", one_of("asc", "desc")),
        ),
        answer=_page("templates", ref("Template")),
    ),
    "createTemplate": Described(
        "Create a template",
        "A draft. With `template_id` that template is changed instead.",
        body=fields({"template_id": INTEGER, "template": _TEMPLATE_FIELDS}),
        answer=_told("template_id", INTEGER),
    ),
    "getTemplate": Described(
        "Get a template",
        "An unknown id answers what a new one begins with.",
        answer=fields({"template": _TEMPLATE_FIELDS}, ("template",)),
    ),
    "updateTemplate": Described(
        "Update a template",
        "Changes what is given, leaves the rest. What was made of it stays as it is.",
        body=_TEMPLATE_BODY,
        answer=_told("template_id", TEXT),
    ),
    "duplicateTemplate": Described("Duplicate a template", answer=_told("template_id", INTEGER)),
    "deleteTemplate": Described("Delete a template", answer=_SAID),
    "bulkActionTemplates": Described(
        "Change or delete several templates",
        body=fields(
            {
                "action_name": one_of("change_template_status", "delete_templates"),
                "template_ids": _IDS,
                "select_all": one_of("true", "false"),
                "status": one_of("publish", "draft"),
            },
            ("action_name",),
        ),
        answer=_SAID,
    ),
    "listAllTemplates": Described(
        "List published templates and the codes of mails",
        answer=fields({"templates": many(ref("Template")), "smartcodes": _SMARTCODES}, ("templates", "smartcodes")),
    ),
    "getSmartCodes": Described("List the codes of mails", answer=fields({"smartcodes": _SMARTCODES}, ("smartcodes",))),
    "setGlobalStyle": Described(
        "Set the look of mails that have none of their own", body=fields({"config": FREE}), answer=_SAID
    ),
    "getBuiltInTemplates": Described(
        "List ready-made templates",
        answer=fields(
            {"templates": many(fields({"id": INTEGER, "title": TEXT, "content": TEXT, "link": TEXT}, ("id", "title")))},
            ("templates",),
        ),
    ),
    "getBuiltInTemplate": Described(
        "Get a ready-made template",
        "`file` is its `link`; nothing is fetched from elsewhere.",
        body=fields({"file": TEXT}, ("file",)),
        answer=fields({"template": _TEMPLATE_FIELDS}, ("template",)),
    ),
    "list-patterns": Described(
        "List patterns",
        query=(*_PAGING, Parameter("category", TEXT)),
        answer=fields(
            {"patterns": fields({"data": many(ref("Pattern")), "total": COUNT}, ("data", "total"))}, ("patterns",)
        ),
    ),
    "create-pattern": Described("Create a pattern", body=fields(_PATTERN_FIELDS, ("title",)), answer=_PATTERN_ANSWER),
    "get-pattern": Described("Get a pattern", answer=fields({"pattern": ref("Pattern")}, ("pattern",))),
    "update-pattern": Described(
        "Update a pattern",
        "Changes what is given. Mails that refer to it follow.",
        body=fields(_PATTERN_FIELDS),
        answer=_PATTERN_ANSWER,
    ),
    "delete-pattern": Described("Delete a pattern", answer=_SAID),
    "list-pattern-category-names": Described(
        "List the categories that patterns are in", answer=fields({"categories": many(TEXT)}, ("categories",))
    ),
    "get-custom-fields": Described(
        "List custom fields of contacts", answer=fields({"fields": many(FREE)}, ("fields",))
    ),
    "save-custom-fields": Described(
        "Store the custom fields of contacts",
        "The whole set: a field that is left out goes.",
        body=fields(
            {"fields": many(fields({"label": TEXT, "slug": TEXT, "field_key": TEXT, "options": many(TEXT)}))},
            ("fields",),
        ),
        answer=_told("fields", many(FREE)),
    ),
    "dashboard-stats": Described("What the dashboard shows", answer=fields({"stats": FREE}, ("stats",))),
    "report-subscribers": Described("New contacts over time", query=_RANGE, answer=fields({"stats": FREE}, ("stats",))),
    "report-email-sents": Described("Sent mails over time", query=_RANGE, answer=fields({"stats": FREE}, ("stats",))),
    "report-email-opens": Described("Opened mails over time", query=_RANGE, answer=fields({"stats": FREE}, ("stats",))),
    "report-email-clicks": Described(
        "Clicked mails over time", query=_RANGE, answer=fields({"stats": FREE}, ("stats",))
    ),
}

REFERENCE = Reference(
    OPERATIONS,
    {
        "Contact": _CONTACT,
        "Tag": TAG.schema(),
        "List": LIST.schema(),
        "Note": fields(
            {"id": INTEGER, "title": MAYBE_TEXT, "description": MAYBE_TEXT, "type": TEXT, "created_at": _STAMP}, ("id",)
        ),
        "Company": _COMPANY,
        "Template": fields(
            {
                "ID": INTEGER,
                "post_title": TEXT,
                "post_content": TEXT,
                "post_excerpt": TEXT,
                "post_status": one_of("publish", "draft"),
                "post_date": _STAMP,
                "post_modified": _STAMP,
                "design_template": TEXT,
            },
            ("ID", "post_title", "post_status"),
        ),
        "Pattern": fields(
            {"id": INTEGER, "slug": TEXT, **_PATTERN_FIELDS, "created_at": _STAMP, "updated_at": _STAMP},
            ("id", "slug", "title"),
        ),
        "Campaign": fields({"id": INTEGER, "title": TEXT, "slug": TEXT, "status": TEXT}, ("id", "title", "status")),
    },
    {
        400: "The body is malformed",
        401: "No credentials, or wrong or unknown ones",
        403: "The user lacks the permission",
        404: "There is no such record",
        413: "The body is larger than 32 MB",
        422: "A field is wrong (field, rule, text), or the state does not allow it (`message`)",
    },
    of_writes=(400, 413, 422),
    of_records=(404, 422),
    body_kinds=("application/json", "application/x-www-form-urlencoded"),
    about="Login or e-mail and an application password, sent as Basic credentials. Parameters may stand in the query, in a "
    "form or in a JSON body; nested ones in a form take brackets (`tags[]=1`).",
    examples=read_examples(Path(__file__).parent / "examples"),
)
