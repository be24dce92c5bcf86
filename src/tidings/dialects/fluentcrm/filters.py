"""Contact filters as this dialect spells them, parsed into the rule tree (spec §3.1–§3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidings.contacts.types import STATUSES, CustomField
from tidings.dialects._engine.calls import as_ids, as_list, as_structure
from tidings.platform.errors import Invalid, Problem, Refused
from tidings.segments import types as t

_TEXT_OPERATORS = {
    "=": "=",
    "!=": "!=",
    "contains": "contains",
    "not_contains": "not_contains",
    "startsWith": "starts_with",
    "endsWith": "ends_with",
    "in": "in",
    "not_in": "not_in",
    "is_null": "empty",
    "not_null": "filled",
}
_NUMBER_OPERATORS = {k: v for k, v in _TEXT_OPERATORS.items() if v in ("=", "!=", "in", "not_in", "empty", "filled")}
_NUMBER_OPERATORS |= {">": ">", "<": "<", ">=": ">=", "<=": "<="}
_DATE_OPERATORS = {
    "before": "before",
    "date_before": "before",
    "after": "after",
    "date_after": "after",
    "date_equal": "on",
    "=": "on",
    "days_before": "days_before",
    "days_within": "days_within",
    "is_null": "empty",
    "not_null": "filled",
}
_SET_OPERATORS = {
    "in": "in",
    "=": "in",
    "not_in": "not_in",
    "!=": "not_in",
    "in_all": "in_all",
    "not_in_all": "not_in_all",
}
_SET_OPERATORS |= {"is_null": "empty", "not_null": "filled", "contains": "in", "not_contains": "not_in"}
_CAMPAIGN_OPERATORS = {"open": "opened", "not_open": "not_opened", "clicked": "clicked", "not_clicked": "not_clicked"}
_CAMPAIGN_OPERATORS |= {"in": "sent", "not_in": "not_sent"}
_COLUMNS = {"total_points": "points", "life_time_value": "lifetime_value", "last_activity": "active_at"}
_FIELD_KINDS = {"number": "number", "date": "date", "date_time": "date", "multi-select": "many", "checkbox": "many"}
_ACTIVITIES = {"email_sent": "sent", "email_opened": "opened", "email_link_clicked": "clicked"}

Fields = Mapping[str, CustomField]


def simple_filter(params: Mapping[str, Any], fields: Fields) -> t.Rule:
    """`search`, `tags[]`, `lists[]`, `statuses[]` …: dimensions AND-ed, values inside one OR-ed."""
    parts: list[t.Rule] = []
    search = str(params.get("search") or "").strip()
    if search:
        parts.append(t.Search(search, str(params.get("custom_fields") or "").lower() in ("true", "1", "yes")))
    for name, node in (("tags", t.Tags), ("lists", t.Lists)):
        given = as_list(params.get(name))
        if given:
            parts.append(node("in", as_ids(given)))
    statuses = [s for s in as_list(params.get("statuses")) + as_list(params.get("contact_status")) if s in STATUSES]
    if statuses:
        parts.append(t.Status(statuses))
    sms = [str(s) for s in as_list(params.get("sms_statuses"))]
    if sms:
        parts.append(t.Text("sms_status", "in", sms))
    companies = as_ids(as_list(params.get("company_ids")))
    if companies:
        parts.append(t.Number("company_id", "in", [float(c) for c in companies]))
    return t.All(parts) if parts else t.Everybody()


def request_filter(params: Mapping[str, Any], fields: Fields, *, is_strict: bool = False) -> t.Rule:
    """The filter of a request: advanced when it says so, else simple."""
    if params.get("filter_type") == "advanced":
        advanced = advanced_filter(params.get("advanced_filters"), fields, is_strict=is_strict)
        search = str(params.get("search") or "").strip()
        return t.All([advanced, t.Search(search)]) if search else advanced
    return simple_filter(params, fields)


def advanced_filter(given: Any, fields: Fields, *, is_strict: bool = False) -> t.Rule:
    """Groups OR-ed, conditions AND-ed. What cannot be read is no filter in a read and a refusal when `is_strict`."""
    structure = as_structure(given)
    if structure is None:
        if is_strict:
            raise Refused("Invalid Advanced Filters")
        return t.Everybody()
    groups = as_list(structure)
    if groups and all(isinstance(one, dict) and ("source" in one or "property" in one) for one in groups):
        groups = [groups]
    rules = [t.All([condition(one, fields) for one in as_list(group)]) for group in groups if as_list(group)]
    if not rules:
        if is_strict:
            raise Refused("Invalid Advanced Filters")
        return t.Everybody()
    return t.AnyOf(rules)


def condition(one: Any, fields: Fields) -> t.Rule:
    """One condition; an unknown provider or operator matches nobody, an unknown column is refused."""
    if not isinstance(one, dict):
        return t.Nobody()
    provider, prop = _source(one, fields)
    operator, value = str(one.get("operator") or "="), one.get("value")
    match provider:
        case "subscriber":
            return _column_condition(prop, operator, value)
        case "custom_fields":
            return _field_condition(prop, operator, value, fields)
        case "segment":
            return _segment_condition(prop, operator, value)
        case "activities":
            return _activity_condition(prop, operator, value)
        case _:
            return t.Nobody()


def _source(one: Mapping[str, Any], fields: Fields) -> tuple[str, str]:
    source = one.get("source")
    if isinstance(source, str):
        source = source.split(".", 1)
    if isinstance(source, list) and len(source) >= 2:
        return str(source[0]), str(source[1])
    prop = str(one.get("property") or (source[0] if isinstance(source, list) and source else ""))
    if prop in fields:
        return "custom_fields", prop
    if prop in ("status", "tags", "lists", "companies", "contact_type"):
        return "segment", prop
    return ("activities" if prop in _ACTIVITIES else "subscriber"), prop


def _column_condition(prop: str, operator: str, value: Any) -> t.Rule:
    column = _COLUMNS.get(prop, prop)
    if column == "search":
        return t.Search(_text(value))
    if column in t.TEXT_COLUMNS:
        return _with(_TEXT_OPERATORS, operator, lambda op: t.Text(column, op, _words(value, op)))
    if column in t.NUMBER_COLUMNS:
        return _with(_NUMBER_OPERATORS, operator, lambda op: t.Number(column, op, _numbers(value, op)))
    if column in t.DATE_COLUMNS:
        return _with(_DATE_OPERATORS, operator, lambda op: t.Date(column, op, _date(value)))
    raise Invalid({"advanced_filters": Problem("column", f"There is no contact property “{prop}”.")})


def _field_condition(slug: str, operator: str, value: Any, fields: Fields) -> t.Rule:
    field = fields.get(slug)
    if field is None:
        return t.Nobody()
    kind = _FIELD_KINDS.get(field.kind, "text")
    if kind == "number":
        return _with(_NUMBER_OPERATORS, operator, lambda op: t.Custom(slug, "number", op, _numbers(value, op)))
    if kind == "date":
        return _with(_DATE_OPERATORS, operator, lambda op: t.Custom(slug, "date", op, _date(value)))
    if kind == "many":
        return _with(
            _SET_OPERATORS, operator, lambda op: t.Custom(slug, "many", op, [_text(v) for v in as_list(value)])
        )
    return _with(_TEXT_OPERATORS, operator, lambda op: t.Custom(slug, "text", op, _words(value, op)))


def _segment_condition(prop: str, operator: str, value: Any) -> t.Rule:
    if prop in ("tags", "lists"):
        node = t.Tags if prop == "tags" else t.Lists
        return _with(_SET_OPERATORS, operator, lambda op: node(op, as_ids(as_list(value))))
    if prop in ("status", "contact_type", "sms_status"):
        words = [str(one) for one in as_list(value)]
        return _with({"=": "in", "!=": "not_in"} | _TEXT_OPERATORS, operator, lambda op: t.Text(prop, _many(op), words))
    if prop == "companies":
        numbers = [float(one) for one in as_ids(as_list(value))]
        return _with(_NUMBER_OPERATORS, operator, lambda op: t.Number("company_id", op, numbers))
    return t.Nobody()


def _activity_condition(prop: str, operator: str, value: Any) -> t.Rule:
    if prop in _ACTIVITIES:
        operators = _DATE_OPERATORS | {"never": "never"}
        operators.pop("is_null")
        operators.pop("not_null")
        return _with(operators, operator, lambda op: t.Activity(_ACTIVITIES[prop], op, _date(value)))  # type: ignore[arg-type]
    if prop == "campaign_email_activity":
        ids = as_ids(as_list(value))
        return _with(_CAMPAIGN_OPERATORS, operator, lambda op: t.CampaignActivity(ids, op))
    return t.Nobody()


def _with(operators: Mapping[str, str], operator: str, make: Any) -> t.Rule:
    known = operators.get(operator)
    return make(known) if known else t.Nobody()


def _many(operator: str) -> str:
    return {"=": "in", "!=": "not_in"}.get(operator, operator)


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _words(value: Any, operator: str) -> str | list[str]:
    if operator in ("in", "not_in"):
        return [str(one) for one in as_list(value)]
    if isinstance(value, list):
        return str(value[0]) if value else ""
    return _text(value)


def _numbers(value: Any, operator: str) -> float | list[float]:
    found: list[float] = []
    for one in as_list(value):
        try:
            found.append(float(one))
        except (TypeError, ValueError):
            continue
    if operator in ("in", "not_in"):
        return found
    if not found and operator not in ("empty", "filled"):
        raise Invalid({"advanced_filters": Problem("number", "The value of a number condition must be a number.")})
    return found[0] if found else 0


def _date(value: Any) -> str | int:
    one = value[0] if isinstance(value, list) and value else value
    return one if isinstance(one, int) and not isinstance(one, bool) else _text(one)


def recipients(settings: Mapping[str, Any], fields: Fields, segments: Mapping[str, t.Rule]) -> t.Rule:
    """The audience of a campaign's settings (spec §2.4, §3.1): rows OR-ed, excluded rows taken out.

    `segments` maps slug_id and id to the rule of a saved segment; an unknown one is nobody.
    """
    kind = settings.get("sending_filter") or "list_tag"
    if kind == "advanced_filters":
        return advanced_filter(settings.get("advanced_filters"), fields, is_strict=True)
    if kind == "dynamic_segment":
        chosen = settings.get("dynamic_segment") or {}
        chosen = chosen if isinstance(chosen, dict) else {}
        return segments.get(str(chosen.get("id") or ""), t.Nobody())
    chosen_rows = [row for row in map(_row, _rows(settings.get("subscribers"))) if row is not None]
    if not chosen_rows:
        return t.Nobody()
    excluded = [row for row in map(_row, _rows(settings.get("excludedSubscribers"))) if row is not None]
    wanted: t.Rule = t.AnyOf(chosen_rows)
    return t.All([wanted, t.Not(t.AnyOf(excluded))]) if excluded else wanted


def _rows(given: Any) -> Sequence[Any]:
    structure = as_structure(given)
    if isinstance(structure, dict) and ("lists" in structure or "tags" in structure):
        return [{"list": one, "tag": "all"} for one in as_list(structure.get("lists"))] + [
            {"list": "all", "tag": one} for one in as_list(structure.get("tags"))
        ]
    return as_list(structure)


def _row(row: Any) -> t.Rule | None:
    if not isinstance(row, dict):
        return None
    parts: list[t.Rule] = []
    is_given = False
    for name, node in (("list", t.Lists), ("tag", t.Tags)):
        value = row.get(name)
        if value in (None, ""):
            continue
        is_given = True
        if value != "all":
            parts.append(node("in", as_ids([value])))
    return t.All(parts) if is_given else None
