"""Segments as pages: built from lines, counted, saved, shown again, and errors at their line."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.ui.door import Door
from tidings.campaigns import actions as campaigns
from tidings.contacts import actions
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core
from tidings.segments import actions as segments
from tidings.segments import queries
from tidings.segments.types import (
    All,
    CampaignActivity,
    ColumnIs,
    CustomFieldIs,
    HasTags,
    MailActivity,
    Nobody,
    Not,
    Rule,
    StatusIn,
)
from tidings.segments.types import (
    Any as AnyOf,
)
from tidings.ui.segments.builder import Builder
from tidings.ui.segments.properties import OPERATORS, properties_of
from tidings.ui.shell.forms import Form

BUILDER = {"hx-request": "true", "hx-target": "builder"}


def lines(*groups: list[tuple[str, str, list[str]]], **more: Any) -> dict[str, Any]:
    """The form of a builder with these groups."""
    form: dict[str, Any] = dict(more)
    for g, group in enumerate(groups):
        for c, (key, operator, values) in enumerate(group):
            form |= {f"f.{g}.{c}": key, f"o.{g}.{c}": operator, f"v.{g}.{c}": values}
    return form


async def furnished(core: Core) -> None:
    await actions.replace_custom_fields(
        core,
        [CustomField("plan", "Plan", "single-select", options=("Free", "Pro")), CustomField("size", "Size", "number")],
    )
    tag = await actions.create_tag(core, title="VIP")
    for n in range(6):
        await actions.write_contact(
            core,
            Draft(
                {"email": f"p{n}@y.co", "city": "Lyon" if n % 2 else "Rome"},
                custom={"plan": "Pro" if n < 3 else "Free", "size": str(n)},
                tags=[tag] if n < 2 else [],
            ),
        )
    await campaigns.create_campaign(core, title="News")


RULES: list[Rule] = [
    All((HasTags("in", (1,)), ColumnIs("city", "equals", "Lyon"))),
    AnyOf((All((CustomFieldIs("plan", "single-select", "in", ("Pro",)),)), All((MailActivity("opened", "never"),)))),
    All((CustomFieldIs("size", "number", "at_least", "3"), StatusIn(("subscribed", "pending")))),
    All((CampaignActivity(1, "not_opened"), MailActivity("sent", "days_within", "30"))),
    All((ColumnIs("created_at", "after", "2026-01-31"), ColumnIs("phone", "empty"))),
]


@pytest.mark.parametrize("number", range(len(RULES)))
async def test_a_rule_becomes_lines_and_the_same_rule_again(core: Core, number: int):
    await furnished(core)
    properties = await properties_of(core)
    builder = Builder.from_rule(RULES[number], properties)
    assert builder is not None
    assert builder.rule(properties) == RULES[number]
    form: dict[str, Any] = lines(*[[(one.key, one.operator, one.values) for one in group] for group in builder.groups])
    assert Builder.from_form(Form(form), properties).rule(properties) == RULES[number]


@pytest.mark.parametrize("rule", [Not(HasTags("in", (1,))), Nobody(), All((Not(HasTags("filled")),))])
async def test_a_rule_of_another_shape_is_not_squeezed_into_lines(core: Core, rule: Rule):
    assert Builder.from_rule(rule, await properties_of(core)) is None


async def test_every_offered_comparison_can_be_made_and_run(core: Core):
    await furnished(core)
    properties = await properties_of(core)
    typed = {"days": "30", "date": "2026-01-31", "number": "3", "text": "o", "campaign": "1", "": ""}
    for known in properties.values():
        for operator, _word in OPERATORS[known.kind]:
            asked = known.asks(operator)
            values = [known.options[0][0]] if asked == "options" and known.options else [typed.get(asked, "x")]
            if asked == "options" and not known.options:
                continue
            form = Form(lines([(known.key, operator, values)]))
            rule = Builder.from_form(form, properties).rule(properties)
            assert await queries.count_contacts(core, rule) >= 0, (known.key, operator)


async def test_a_segment_is_built_counted_saved_and_changed(core: Core, door: Door):
    await furnished(core)
    assert "No segments yet" in (await door.client.get("/segments")).text
    page = (await door.client.get("/segments/new")).text
    assert 'name="f.0.0"' in page
    lyon = [("column.city", "equals", ["lyon"])]
    counted = await door.post("/segments/count", lines(lyon), {"hx-request": "true"})
    assert re.search(r'matching-count">3<', counted.text)
    assert "p1@y.co" in counted.text
    more = await door.post("/segments/build", lines(lyon, do="add:0"), BUILDER)
    assert 'name="f.0.1"' in more.text
    assert "<html" not in more.text
    other = await door.post("/segments/build", lines(lyon, do="group"), BUILDER)
    assert 'name="f.1.0"' in other.text
    one = await door.post("/segments/build", lines(lyon, lyon, do="drop:1.0"), BUILDER)
    assert 'name="f.1.0"' not in one.text
    made = await door.post("/segments/new", lines(lyon, [("tags", "in", ["1"])], title="Lyon or VIP"))
    assert made.status_code == 303
    [saved] = await queries.list_segments(core)
    assert await queries.count_contacts(core, saved.rule) == 4
    assert ">4<" in (await door.client.get("/segments")).text
    assert "4 contacts" in (await door.client.get(f"/contacts?segment={saved.id}")).text
    form = (await door.client.get(f"/segments/{saved.id}/edit")).text
    assert 'value="lyon"' in form
    await door.post(f"/segments/{saved.id}/edit", lines(lyon, title="Lyon"))
    again = await queries.segment_by_id(core, saved.id)
    assert (again.title, again.rule) == ("Lyon", All((ColumnIs("city", "equals", "lyon"),)))
    copied = await door.post(f"/segments/{saved.id}/duplicate", {})
    assert copied.status_code == 303
    await door.post(f"/segments/{saved.id}/delete", {})
    assert [one.title for one in await queries.list_segments(core)] == ["Copy of Lyon"]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (("column.date_of_birth", "after", ["soon"]), "not a date"),
        (("column.city", "equals", [" "]), "A value is missing"),
        (("tags", "in", []), "Choose at least one"),
        (("custom.size", "greater", ["many"]), "not a number"),
        (("mail.opened", "days_within", ["-1"]), "number of days"),
        (("campaign", "opened", ["404"]), "Choose a campaign"),
        (("status", "in", ["asleep"]), "Choose at least one"),
    ],
)
async def test_what_is_wrong_stands_at_its_line(core: Core, door: Door, line: tuple[str, str, list[str]], word: str):
    await furnished(core)
    good = ("column.city", "filled", [""])
    refused = await door.post("/segments/new", lines([good, line], title="A"))
    assert refused.status_code == 422
    told = re.search(r'id="e\.0\.1">.*?<span>(.*?)</span>', refused.text, re.DOTALL)
    assert told is not None
    assert word in told[1]
    assert await queries.list_segments(core) == []
    assert "Finish the conditions" in (await door.post("/segments/count", lines([good, line]))).text


async def test_a_title_is_wanted_and_nonsense_builds_nothing(core: Core, door: Door):
    await furnished(core)
    good = [("column.city", "filled", [""])]
    refused = await door.post("/segments/new", lines(good, title=" "))
    assert refused.status_code == 422
    assert 'id="title-error"' in refused.text
    for form in ({}, lines([("column.password", "equals", ["x"])]), {"f.9999.1": "tags"}, {"f.0.0": ["tags", "lists"]}):
        assert (await door.post("/segments/new", {**form, "title": "A"})).status_code == 422
    for do in ("add:99", "drop:9.9", "drop:", "group:", "rm -rf", "add:-1"):
        assert (await door.post("/segments/build", lines(good, do=do), BUILDER)).status_code == 200
    assert await queries.list_segments(core) == []


async def test_a_segment_that_a_program_made_is_renamed_and_otherwise_left_alone(core: Core, door: Door):
    await furnished(core)
    made = await segments.save_segment(core, title="Odd", rule=Not(HasTags("in", (1,))))
    page = (await door.client.get(f"/segments/{made.id}/edit")).text
    assert "made by a program" in page
    assert 'name="f.0.0"' not in page
    assert (await door.post(f"/segments/{made.id}/edit", {"title": "Not VIP"})).status_code == 303
    again = await queries.segment_by_id(core, made.id)
    assert (again.title, again.rule) == ("Not VIP", made.rule)
