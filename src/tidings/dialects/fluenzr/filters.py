"""The filters of contacts as rules: of queries, of searches, of what is picked for a campaign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from tidings.contacts import queries
from tidings.contacts.types import CustomField
from tidings.dialects._engine.calls import Call
from tidings.dialects.fluenzr.wire import STATUS_IN, numbers, texts
from tidings.platform.errors import Invalid, Problem
from tidings.segments.fields import CUSTOM_KINDS, FieldKind
from tidings.segments.types import CustomFieldIs, HasTags, InLists, Nobody, Rule, StatusIn


def comparison(field: str, make: Callable[[], Rule]) -> Rule:
    """A rule; what cannot be compared (too long, characters that no column holds) is the field's fault."""
    try:
        return make()
    except ValueError as error:
        raise Invalid({field: Problem("value", f"{field}: {error}")}) from error


async def tag_rule(call: Call, titles: list[str]) -> Rule:
    """Whoever has one of the tags; nobody when none of them exists."""
    rows = await call.core.db.fetch(
        "SELECT id FROM tags WHERE lower(title) = ANY($1::text[])", [t.lower() for t in titles]
    )
    return HasTags("in", tuple(row["id"] for row in rows)) if rows else Nobody()


def status_rule(word: str) -> Rule:
    """The status in this dialect's word; raises Invalid for another one."""
    if word not in STATUS_IN:
        raise Invalid({"status": Problem("in", f"status must be one of {', '.join(STATUS_IN)}")})
    return StatusIn(STATUS_IN[word]) if STATUS_IN[word] else Nobody()


async def rules_of_filters(call: Call) -> list[Rule]:
    """What `filters` of the body ask for: status, groups, tags, customFields; raises Invalid naming each bad one."""
    filters = call.params.get("filters") or {}
    if not isinstance(filters, dict):
        raise Invalid({"filters": Problem("type", "filters must be an object")})
    found: list[Rule] = []
    if filters.get("status"):
        found.append(status_rule(str(filters["status"])))
    if filters.get("groups"):
        ids = tuple(numbers(filters["groups"], "grp", "filters.groups"))
        found.append(comparison("filters.groups", lambda: InLists("in", ids)))
    if filters.get("tags"):
        found.append(await tag_rule(call, list(texts(filters["tags"], "filters.tags"))))
    custom = filters.get("customFields") or {}
    if not isinstance(custom, dict):
        raise Invalid({"filters.customFields": Problem("type", "customFields must be an object")})
    definitions = await queries.custom_fields(call.core) if custom else {}
    return found + [_custom_rule(definitions.get(slug), slug, value) for slug, value in custom.items()]


_EQUAL = {"many": "in", "day": "date_equal"}


def _custom_rule(definition: CustomField | None, slug: str, value: Any) -> Rule:
    """The field holds the value: of several options, is one of them; as the kind of the field compares."""
    field = f"filters.customFields.{slug}"
    if isinstance(value, dict | list) or value is None:
        raise Invalid({field: Problem("type", f"{field} must be one value")})
    if definition is None:
        return Nobody()
    kind = CUSTOM_KINDS[definition.kind]
    text = str(value)
    wanted = (text,) if kind == "many" else text
    kind_of_field = cast(FieldKind, definition.kind)
    return comparison(field, lambda: CustomFieldIs(slug, kind_of_field, cast(Any, _EQUAL.get(kind, "equals")), wanted))
