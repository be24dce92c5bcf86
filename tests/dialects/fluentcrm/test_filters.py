"""FluentCRM's filters become the rules that its recorded answers imply; what is not understood matches nobody."""

from __future__ import annotations

import json
from typing import Any as Anything

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidings.contacts.types import CustomField
from tidings.dialects.fluentcrm.filters import advanced_rule, contact_query_rule, recipients_rule
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Refused
from tidings.segments.queries import list_contact_ids
from tidings.segments.types import (
    All,
    Any,
    Audience,
    AutomationActivity,
    CampaignActivity,
    ColumnIs,
    CompanyIs,
    CustomFieldIs,
    EventIs,
    Everybody,
    HasEvents,
    HasTags,
    InCompanies,
    InLists,
    MailActivity,
    Nobody,
    Not,
    RoleIn,
    Row,
    Rule,
    Search,
    StatusIn,
)

FIELDS = {
    slug: CustomField(slug, slug, kind)
    for slug, kind in (("score", "number"), ("plan", "single-select"), ("skills", "checkbox"), ("renews", "date"))
}


def one(provider: str, name: str, operator: str, value: Anything = "") -> Rule:
    return advanced_rule([[{"source": [provider, name], "operator": operator, "value": value}]], fields=FIELDS)


def event(name: str, operator: str, value: object, **more: Anything) -> Rule:
    source = ["event_tracking", f"event_tracking_{name}"]
    condition = {"source": source, "operator": operator, "value": value, "extra_value": "paid", **more}
    return advanced_rule([[condition]], fields=FIELDS)


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ({}, Everybody()),
        ({"filter_type": "simple", "search": "", "tags": [], "lists": [""], "statuses": []}, Everybody()),
        ({"tags": ["1", 2], "lists": "3"}, All((HasTags("in", (1, 2)), InLists("in", (3,))))),
        ({"tags": ["vip"]}, HasTags("in", (0,))),
        ({"statuses": ["pending", "nope"]}, StatusIn(("pending",))),
        ({"statuses": ["nope"]}, Everybody()),
        ({"contact_status": "bounced"}, StatusIn(("bounced",))),
        ({"sms_statuses": ["sms_subscribed", "x"]}, ColumnIs("sms_status", "in", ("sms_subscribed",))),
        ({"company_ids": ["4"]}, InCompanies("in", (4,))),
        ({"search": " jane ", "custom_fields": "true"}, Search("jane", tuple(FIELDS))),
        ({"search": "a\0b"}, Nobody()),
        ({"filter_type": "advanced", "advanced_filters": "", "tags": ["1"]}, Everybody()),
        ({"filter_type": "advanced", "advanced_filters": "[[]]", "search": "x"}, Search("x")),
    ],
)
def test_simple_parameters_are_anded_and_their_values_ored(params: dict[str, Anything], rule: Rule) -> None:
    assert contact_query_rule(params, fields=FIELDS) == rule


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (one("subscriber", "country", "in", ["US"]), ColumnIs("country", "in", ("US",))),
        (one("subscriber", "country", "in", "US"), ColumnIs("country", "in", ("US",))),
        (one("subscriber", "email", "startsWith", "jane"), ColumnIs("email", "starts_with", "jane")),
        (one("subscriber", "city", "=", ["a", "b"]), ColumnIs("city", "in", ("a", "b"))),
        (one("subscriber", "phone", "not_null"), ColumnIs("phone", "filled")),
        (one("subscriber", "total_points", ">=", "5"), ColumnIs("points", "at_least", "5")),
        (one("subscriber", "created_at", "date_before", "2026-01-01"), ColumnIs("created_at", "before", "2026-01-01")),
        (one("subscriber", "last_activity", "days_within", 3), ColumnIs("active_at", "days_within", "3")),
        (one("subscriber", "search", "contains", "x"), Search("x")),
        (one("segment", "status", "not_in", ["pending"]), Not(StatusIn(("pending",)))),
        (one("segment", "user_role", "in", ["editor", "author"]), RoleIn("in", ("editor", "author"))),
        (one("segment", "user_role", "!=", "editor"), RoleIn("not_in", ("editor",))),
        (one("event_tracking", "event_tracking_key", "in", ["paid"]), HasEvents("in", ("paid",))),
        (event("key_count", ">", 2), EventIs("paid", "count", "greater", "2")),
        (event("value", "contains", "x"), EventIs("paid", "value", "contains", "x")),
        (event("value", ">=", "1.5"), EventIs("paid", "value", "at_least", "1.5")),
        (event("title", "in", ["A", "B"]), EventIs("paid", "title", "in", ("A", "B"))),
        (event("title", "=", "A", source="event_tracking_title"), EventIs("paid", "title", "equals", "A")),
        (one("segment", "status", "in", ["nope"]), StatusIn(())),
        (one("segment", "contact_type", "in", "customer"), ColumnIs("contact_type", "in", ("customer",))),
        (one("segment", "tags", "in_all", ["1", "2"]), HasTags("in_all", (1, 2))),
        (one("segment", "tags", "not_in_all", [1, "vip"]), HasTags("not_in_all", (1, 0))),
        (one("segment", "lists", "is_null"), InLists("empty")),
        (one("segment", "companies", "not_in", [1]), InCompanies("not_in", (1,))),
        (one("segment", "companies", "in_all", ["1", 2]), InCompanies("in_all", (1, 2))),
        (one("segment", "companies", "is_null", ""), InCompanies("empty")),
        (one("segment", "company_type", "in", ["Partner"]), CompanyIs("type", "in", ("Partner",))),
        (one("segment", "company_type", "=", "Partner"), CompanyIs("type", "in", ("Partner",))),
        (one("segment", "company_industry", "not_in", ["Banking"]), CompanyIs("industry", "not_in", ("Banking",))),
        (one("segment", "company_industry", "not_null", ""), CompanyIs("industry", "filled")),
        (one("segment", "company_type", "contains", "Part"), Nobody()),
        (one("segment", "company_type", "in", []), Nobody()),
        (one("custom_fields", "score", ">", "15"), CustomFieldIs("score", "number", "greater", "15")),
        (one("custom_fields", "plan", "!=", "Team"), CustomFieldIs("plan", "single-select", "not_equals", "Team")),
        (one("custom_fields", "skills", "in_all", ["a"]), CustomFieldIs("skills", "checkbox", "in_all", ("a",))),
        (one("custom_fields", "renews", "after", "2026-01-01"), CustomFieldIs("renews", "date", "after", "2026-01-01")),
        (one("activities", "email_opened", "never"), MailActivity("opened", "never")),
        (one("activities", "email_link_clicked", "days_within", "3"), MailActivity("clicked", "days_within", "3")),
        (one("activities", "campaign_email_activity", "open", 1), CampaignActivity(1, "opened")),
        (
            one("activities", "campaign_email_activity", "not_in", [1, "2"]),
            All((CampaignActivity(1, "not_sent"), CampaignActivity(2, "not_sent"))),
        ),
        (one("activities", "automation_activity", "not_in", [1]), AutomationActivity(1, "not_in")),
        (one("activities", "automation_activity", "status_completed", 7), AutomationActivity(7, "completed")),
        (
            one("activities", "automation_activity", "active", [1, 2]),
            Any((AutomationActivity(1, "active"), AutomationActivity(2, "active"))),
        ),
    ],
)
def test_a_condition_becomes_its_rule(rule: Rule, expected: Rule) -> None:
    assert rule == expected


@pytest.mark.parametrize(
    "rule",
    [
        one("subscriber", "email", "regex", ".*"),
        one("subscriber", "email", "contains", ""),
        one("subscriber", "city", "in", []),
        one("subscriber", "total_points", ">", "many"),
        one("subscriber", "created_at", "before", "soon"),
        one("subscriber", "created_at", "days_before", "-1"),
        one("woo", "total_order_count", ">", 1),
        one("segment", "user_role", "in", []),
        one("segment", "user_role", "contains", "edit"),
        one("event_tracking", "event_tracking_key", "contains", "paid"),
        one("event_tracking", "event_tracking_key_count", ">", 1),
        one("event_tracking", "nope", "=", 1),
        event("key_count", ">", "many"),
        event("key_count", "contains", "1"),
        one("segment", "tags", "in", []),
        one("custom_fields", "unknown", "=", "x"),
        one("activities", "automation_activity", "odd", 1),
        one("activities", "automation_activity", "completed", []),
        one("activities", "campaign_email_activity", "open", ""),
        one("subscriber", "email", "=", {"a": ["nested"]}),
        advanced_rule([["text"], [7]], fields=FIELDS),
    ],
)
def test_what_is_not_understood_matches_nobody(rule: Rule) -> None:
    assert rule in (Nobody(), Any((Nobody(), Nobody())))


def test_an_unknown_column_is_named_as_invalid() -> None:
    with pytest.raises(Invalid) as caught:
        one("subscriber", "email) OR (1=1", "=", "x")
    assert list(caught.value.fields) == ["advanced_filters"]


A = {"source": "subscriber.city", "operator": "=", "value": "a"}
B = {"property": "plan", "operator": "=", "value": "b"}
C = {"property": "status", "provider": "segment", "operator": "in", "value": "pending"}
RULE_A = ColumnIs("city", "equals", "a")
RULE_B = CustomFieldIs("plan", "single-select", "equals", "b")
RULE_C = StatusIn(("pending",))


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ([[A, B], [C]], Any((All((RULE_A, RULE_B)), RULE_C))),
        (json.dumps([[A, B], [C]]), Any((All((RULE_A, RULE_B)), RULE_C))),
        ([A, B], All((RULE_A, RULE_B))),
        ({"0": {"0": A}, "1": []}, RULE_A),
        (A, RULE_A),
        ([], Everybody()),
        ([[], []], Everybody()),
        ("{not json", Everybody()),
        (7, Everybody()),
        (None, Everybody()),
    ],
)
def test_groups_are_ored_and_conditions_anded_whatever_the_form(value: object, rule: Rule) -> None:
    assert advanced_rule(value, fields=FIELDS) == rule


@pytest.mark.parametrize(
    "value", ["{not json", "", None, [], [[]], [["text"]], [[{"operator": "="}]], 7, "[" * 100_000]
)
def test_where_it_counts_an_unreadable_filter_is_refused_and_never_everybody(value: object) -> None:
    with pytest.raises(Refused, match="Invalid Advanced Filters"):
        advanced_rule(value, fields=FIELDS, is_strict=True)
    with pytest.raises(Refused):
        contact_query_rule({"filter_type": "advanced", "advanced_filters": value}, fields=FIELDS, is_strict=True)
    with pytest.raises(Refused):
        recipients_rule({"sending_filter": "advanced_filters", "advanced_filters": value}, fields=FIELDS)


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({}, Nobody()),
        ({"subscribers": [{"list": None, "tag": None}], "excludedSubscribers": []}, Nobody()),
        ({"subscribers": [{"list": "1", "tag": "all"}]}, Audience((Row(1, None),))),
        ({"subscribers": [{"list": "all", "tag": "all"}]}, Audience((Row(),))),
        (
            {
                "sending_filter": "list_tag",
                "subscribers": [{"list": 1, "tag": "2"}, {"list": None, "tag": None}],
                "excludedSubscribers": [{"list": None, "tag": 3}],
            },
            Audience((Row(1, 2),), (Row(None, 3),)),
        ),
        ({"subscribers": {"lists": [1], "tags": ["2"]}}, Audience((Row(1, None), Row(None, 2)))),
        ({"subscribers": [{"list": "newsletter", "tag": "all"}]}, Audience((Row(0, None),))),
        ({"sending_filter": "dynamic_segment", "dynamic_segment": {"slug": "custom_segment", "id": 5}}, RULE_A),
        ({"sending_filter": "dynamic_segment", "dynamic_segment": {"slug": "nope", "id": 0}}, Nobody()),
        ({"sending_filter": "dynamic_segment", "dynamic_segment": None}, Nobody()),
        ({"sending_filter": "unheard-of"}, Nobody()),
        ({"sending_filter": "advanced_filters", "advanced_filters": [[A]]}, RULE_A),
    ],
)
def test_recipient_settings_become_an_audience(settings: dict[str, Anything], rule: Rule) -> None:
    assert recipients_rule(settings, fields=FIELDS, segments={"custom_segment_5": RULE_A}) == rule


async def test_the_recorded_oddities_hold_on_a_database(core: Core) -> None:
    await core.db.execute(
        """INSERT INTO contacts (email, first_name, last_name, custom) VALUES
        ('a@example.org', 'Ada', 'Person01', '{"plan": "Team", "score": "20"}'),
        ('b@example.org', 'Bo', 'Person04', '{"plan": "pro", "score": "9"}'),
        ('c@example.org', 'Cy', NULL, '{}'), ('d@example.org', 'Dee', 'Doe', '{"score": "n/a"}')"""
    )

    async def names(rule: Rule) -> str:
        ids = await list_contact_ids(core, rule)
        rows = await core.db.fetch("SELECT left(email, 1) FROM contacts WHERE id = ANY($1) ORDER BY id", ids)
        return "".join(row[0] for row in rows)

    assert await names(contact_query_rule({"search": "Ada Person04"}, fields=FIELDS)) == "ab"
    assert await names(contact_query_rule({"search": "PRO"}, fields=FIELDS)) == ""
    assert await names(contact_query_rule({"search": "PRO", "custom_fields": "true"}, fields=FIELDS)) == "b"
    assert await names(one("subscriber", "last_name", "not_contains", "Person")) == "d"
    assert await names(one("subscriber", "last_name", "!=", "doe")) == "ab"
    assert await names(one("custom_fields", "plan", "!=", "team")) == "bcd"
    assert await names(one("custom_fields", "score", ">", "15")) == "a"
    assert await names(one("segment", "tags", "not_in", [1])) == "abcd"


_PROPERTIES = "subscriber custom_fields segment activities email id tags status score skills renews created_at search"
_OTHERS = "= in not_in contains > before days_within in_all is_null operator source value email_sent 1 2026-01-01"
_HOSTILE = ["'; --", "a\0b", "\ud800", "", "campaign_email_activity"]
_WORDS = st.sampled_from([*_PROPERTIES.split(), *_OTHERS.split(), *_HOSTILE])
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=10,
)
_CONDITIONS = st.fixed_dictionaries(
    {"source": st.tuples(_WORDS, _WORDS).map(list) | _ANY_JSON, "operator": _WORDS, "value": _ANY_JSON}
)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(value=st.lists(st.lists(_CONDITIONS | _ANY_JSON, max_size=3) | _ANY_JSON, max_size=3) | _ANY_JSON)
async def test_whatever_arrives_is_a_rule_that_runs_or_a_named_refusal(core: Core, value: object) -> None:
    params = dict.fromkeys(("search", "tags", "lists", "statuses", "company_ids", "contact_status"), value)
    attempts = (
        lambda: advanced_rule(value, fields=FIELDS),
        lambda: advanced_rule(value, fields=FIELDS, is_strict=True),
        lambda: contact_query_rule({**params, "custom_fields": value, "filter_type": value}, fields=FIELDS),
        lambda: recipients_rule({"subscribers": value, "excludedSubscribers": value}, fields=FIELDS),
        lambda: recipients_rule({"sending_filter": "dynamic_segment", "dynamic_segment": value}, fields=FIELDS),
    )
    for attempt in attempts:
        try:
            rule = attempt()
        except (Invalid, Refused):
            continue
        assert await list_contact_ids(core, rule) == []
