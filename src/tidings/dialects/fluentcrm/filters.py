"""FluentCRM's filters to rule trees: simple parameters, advanced groups, recipient settings (fluentcrm.md §3).

What is not understood matches nobody, never everybody. A read treats an unreadable filter as none; `is_strict` (bulk
actions, campaign recipients) refuses it. Conditions are in `conditions`; what the rules mean is `segments.types`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any as Anything

import msgspec

from tidings.contacts.types import STATUSES, CustomField, Status
from tidings.dialects.fluentcrm.conditions import condition_rule, ids_of, is_condition, listed
from tidings.platform.errors import Refused
from tidings.segments.types import (
    All,
    Any,
    Audience,
    ColumnIs,
    Everybody,
    HasTags,
    InCompanies,
    InLists,
    Nobody,
    Row,
    Rule,
    Search,
    StatusIn,
    check_size,
)

NOT_READABLE = "Invalid Advanced Filters"
Fields = Mapping[str, CustomField]
_TRUE = frozenset({"true", "1", "yes"})


def contact_query_rule(params: Mapping[str, Anything], *, fields: Fields, is_strict: bool = False) -> Rule:
    """The rule of `GET /subscribers`, exports, bulk actions (`contact_query`) and prev/next (§3.1).

    Everybody when nothing is asked. `fields` are the custom fields by slug. Raises Invalid for an unknown column and,
    when strict, Refused for an advanced filter that is empty or unreadable.
    """
    rules: list[Rule] = []
    if _word(params.get("filter_type")) == "advanced":
        rules.append(advanced_rule(params.get("advanced_filters"), fields=fields, is_strict=is_strict))
    else:
        rules.extend(_simple_rules(params))
    if text := _word(params.get("search")):
        with_custom = _word(params.get("custom_fields")).lower() in _TRUE
        rules.append(_search(text, fields if with_custom else ()))
    return _all([rule for rule in rules if rule != Everybody()])


def advanced_rule(value: object, *, fields: Fields, is_strict: bool = False) -> Rule:
    """Groups OR, conditions AND (§3.2), as structure or JSON text; one flat list is one group.

    Empty or unreadable: Everybody in a read, Refused "Invalid Advanced Filters" when strict.
    """
    groups = _groups(value)
    if not groups:
        if is_strict:
            raise Refused(NOT_READABLE, code="invalid_filters")
        return Everybody()
    if is_strict and not all(is_condition(one) for group in groups for one in group):
        raise Refused(NOT_READABLE, code="invalid_filters")
    alternatives = [_all([condition_rule(one, fields=fields) for one in group]) for group in groups]
    rule = alternatives[0] if len(alternatives) == 1 else Any(tuple(alternatives))
    check_size(rule)
    return rule


def recipients_rule(
    settings: Mapping[str, Anything], *, fields: Fields, segments: Mapping[str, Rule] | None = None
) -> Rule:
    """Whom a campaign's settings mean (§2.4): `sending_filter` chooses rows, a dynamic segment or advanced filters.

    `segments` are the known dynamic segments by slug and by `slug_id`; an unknown one is Nobody. An empty or unreadable
    advanced filter is Refused. Status and suppression are not in the rule: drawing adds them.
    """
    chosen = _word(settings.get("sending_filter")) or "list_tag"
    if chosen == "advanced_filters":
        return advanced_rule(settings.get("advanced_filters"), fields=fields, is_strict=True)
    if chosen == "dynamic_segment":
        return _segment(settings.get("dynamic_segment"), segments or {})
    if chosen != "list_tag":
        return Nobody()
    include = _rows(settings.get("subscribers"))
    if not include:
        return Nobody()
    return Audience(include, _rows(settings.get("excludedSubscribers")))


def _simple_rules(params: Mapping[str, Anything]) -> list[Rule]:
    rules: list[Rule] = []
    if tags := listed(params.get("tags")):
        rules.append(HasTags("in", ids_of(tags)))
    if lists := listed(params.get("lists")):
        rules.append(InLists("in", ids_of(lists)))
    if companies := listed(params.get("company_ids")):
        rules.append(InCompanies("in", ids_of(companies)))
    if statuses := known_statuses(listed(params.get("statuses"))):
        rules.append(StatusIn(statuses))
    if statuses := known_statuses(listed(params.get("contact_status"))):
        rules.append(StatusIn(statuses))
    if sms := tuple(word for one in listed(params.get("sms_statuses")) if _is_sms_status(word := str(one))):
        rules.append(ColumnIs("sms_status", "in", sms))
    return rules


def known_statuses(values: Sequence[object]) -> tuple[Status, ...]:
    """The values that are statuses; the rest is dropped."""
    wanted = {str(value) for value in values}
    return tuple(status for status in STATUSES if status in wanted)


def _is_sms_status(word: str) -> bool:
    return word in ("sms_pending", "sms_subscribed", "sms_unsubscribed", "sms_bounced")


def _search(text: str, custom: Iterable[str]) -> Rule:
    try:
        return Search(text, tuple(custom))
    except ValueError:
        return Nobody()


def _groups(value: object) -> list[list[object]]:
    """The non-empty groups; an empty list for what cannot be read."""
    read = _structure(value)
    if isinstance(read, dict):
        # PHP turns lists with gaps into objects; one condition alone is an object too.
        items: list[object] = [read] if "operator" in read else list(read.values())
    elif isinstance(read, list):
        items = list(read)
    else:
        return []
    if any(isinstance(one, dict) and ("operator" in one or "source" in one) for one in items):
        return [items]
    return [group for one in items if (group := _group(one))]


def _group(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list):
        return list(value)
    return [] if value in (None, "") else [value]


def _structure(value: object) -> object:
    """JSON text read; anything else as it is. Unreadable text is None."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


def _rows(value: object) -> tuple[Row, ...]:
    """`[{list, tag}]` or `{lists: [], tags: []}`; a row of two nulls is left out, 'all' does not restrict."""
    read = _structure(value)
    if isinstance(read, Mapping) and ("lists" in read or "tags" in read):
        words: Mapping[str, object] = read
        return (
            *(Row(list_id=one) for one in ids_of(listed(words.get("lists")))),
            *(Row(tag_id=one) for one in ids_of(listed(words.get("tags")))),
        )
    if isinstance(read, Mapping):
        read = list(read.values())
    if not isinstance(read, list):
        return ()
    return tuple(row for one in read if (row := _row(one)) is not None)


def _row(value: object) -> Row | None:
    if not isinstance(value, Mapping):
        return None
    chosen = (value.get("list"), value.get("tag"))
    if all(one in (None, "", 0, "0", False) for one in chosen):
        return None
    list_id, tag_id = (None if one in (None, "", "all", 0, "0", False) else ids_of([one])[0] for one in chosen)
    return Row(list_id, tag_id)


def _segment(value: object, segments: Mapping[str, Rule]) -> Rule:
    read = _structure(value)
    if not isinstance(read, Mapping):
        return Nobody()
    slug, number = _word(read.get("slug")), _word(read.get("id"))
    return segments.get(f"{slug}_{number}") or segments.get(slug) or Nobody()


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _all(rules: Sequence[Rule]) -> Rule:
    if not rules:
        return Everybody()
    return rules[0] if len(rules) == 1 else All(tuple(rules))
