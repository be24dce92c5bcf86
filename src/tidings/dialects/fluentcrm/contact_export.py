"""Contacts as a CSV file: a filter or a dynamic segment, chosen columns, a part of the rows (spec §7.7)."""

from __future__ import annotations

from typing import Any

from tidings.contacts import queries
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.dynamic_segments import rules_by_slug
from tidings.dialects.fluentcrm.filters import NOT_READABLE, recipients_rule
from tidings.dialects.fluentcrm.kept import note
from tidings.dialects.fluentcrm.subscribers import rule_of
from tidings.platform.errors import Refused
from tidings.reports.export import contacts_csv
from tidings.segments.types import Rule, to_json

# Rows of one answer; the rest is asked for with `offset`.
MOST_ROWS = 100_000
_WIRE = ("id", "user_id", *people.WRITABLE, "status", "sms_status", "created_at", "updated_at", "last_activity")
_COLUMNS = {name: people.RENAMED.get(name, name) for name in _WIRE}
_COLUMNS |= {"last_activity": "active_at", "full_name": "full_name", "tags": "tags", "lists": "lists"}
_DEFAULT = ("id", "email", "first_name", "last_name", "phone", "status", "contact_type", "created_at")


async def export_subscribers(call: Call) -> Any:
    rule = await _rule(call)
    columns = await _columns(call)
    limit = min(max(call.integer("limit") or MOST_ROWS, 1), MOST_ROWS)
    pieces = contacts_csv(call.core, rule, columns, offset=max(call.integer("offset") or 0, 0), limit=limit)
    file = b"".join([piece async for piece in pieces])
    await note(call, "contacts_exported", columns=[heading for heading, _ in columns], rule=to_json(rule))
    headers = [(b"content-disposition", b'attachment; filename="contacts.csv"')]
    return Answer(file, headers=headers, content_type=b"text/csv; charset=utf-8")


async def _rule(call: Call) -> Rule:
    """The filter as it is in the list, at the root or in `contact_query`; or the segment named. What cannot be read is
    refused: a file must not hold more people than were meant."""
    for name in ("dynamic_segment", "contact_query"):
        if call.get(name) and not isinstance(call.structure(name), dict):
            raise Refused(NOT_READABLE)
    if segment := call.record("dynamic_segment"):
        chosen = {"sending_filter": "dynamic_segment", "dynamic_segment": segment}
        return recipients_rule(chosen, fields={}, segments=await rules_by_slug(call.core))
    return await rule_of(call, call.record("contact_query") or dict(call.params), is_strict=True)


async def _columns(call: Call) -> list[tuple[str, str]]:
    """Headings and columns in the order asked for; unknown ones are left out."""
    asked = list(dict.fromkeys(str(one) for one in call.items("columns")))
    chosen = [(name, _COLUMNS[name]) for name in asked if name in _COLUMNS]
    custom = {str(one) for one in [*call.items("custom_fields"), *asked]}
    fields = await queries.custom_fields(call.core) if custom else {}
    chosen += [(slug, f"custom.{slug}") for slug in fields if slug in custom and slug not in _COLUMNS]
    return chosen or [(name, _COLUMNS[name]) for name in _DEFAULT]


ROUTES = [
    Route("GET", "/subscribers/export", "export-subscribers", "fcrm_manage_contacts_export", "view", export_subscribers)
]
