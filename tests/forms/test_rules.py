"""What a form may hold, and answers against their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tidings.forms.rules import TEMPLATES, checked, checked_answers, values_of
from tidings.forms.types import FormDraft, FormField, FormSettings
from tidings.platform.errors import Invalid

EMAIL = FormField("email", "Email", "email", "email", is_required=True)
PLAN = FormField("plan", "Plan", "select", "custom.plan", options=["Free", "Pro"])
TOPICS = FormField("topics", "Topics", "checkbox", "custom.topics", options=["News", "Offers"])
AGE = FormField("age", "Age", "number")
DAY = FormField("day", "Birthday", "date", "date_of_birth")
FROM = FormField("campaign", "Campaign", "hidden", "source", value="spring")
FIELDS = (EMAIL, PLAN, TOPICS, AGE, DAY, FROM)


def test_every_template_is_a_form():
    for name, (label, fields) in TEMPLATES.items():
        checked(FormDraft(label, fields, template=name))


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (FormDraft("", [EMAIL]), "title"),
        (FormDraft("x" * 200, [EMAIL]), "title"),
        (FormDraft("x", []), "fields"),
        (FormDraft("x", [EMAIL] * 70), "fields"),
        (FormDraft("x", [EMAIL, EMAIL]), "fields.1"),
        (FormDraft("x", [EMAIL, FormField("Bad Name", "x")]), "fields.1"),
        (FormDraft("x", [EMAIL, FormField("a", "x", "file")]), "fields.1"),  # type: ignore[arg-type]
        (FormDraft("x", [EMAIL, FormField("a", "x", target="points")]), "fields.1"),
        (FormDraft("x", [EMAIL, FormField("a", "x", "select")]), "fields.1"),
        (FormDraft("x", [EMAIL], settings=FormSettings(redirect_url="javascript:alert(1)")), "redirect_url"),
    ],
)
def test_what_cannot_be_a_form_is_refused_by_name(draft: FormDraft, name: str):
    with pytest.raises(Invalid) as caught:
        checked(draft)
    assert name in caught.value.fields


def test_answers_are_taken_by_their_fields():
    given: dict[str, Sequence[str]] = {
        "email": [" a@example.org "],
        "plan": ["Pro"],
        "topics": ["News", "Offers"],
        "age": ["41"],
        "day": ["1985-04-12"],
        "other": ["x"],
    }
    answers = checked_answers(FIELDS, given)
    assert answers["email"] == "a@example.org"
    assert (answers["topics"], answers["campaign"], "other" in answers) == (["News", "Offers"], "spring", False)
    values = values_of(FIELDS, answers)
    assert values == {
        "email": "a@example.org",
        "date_of_birth": "1985-04-12",
        "source": "spring",
        "custom_values": {"plan": "Pro", "topics": ["News", "Offers"]},
    }


@pytest.mark.parametrize(
    ("name", "given", "rule"),
    [
        ("email", [""], "required"),
        ("email", ["bad"], "email"),
        ("plan", ["Gold"], "in"),
        ("topics", ["News", "Else"], "in"),
        ("age", ["old"], "number"),
        ("day", ["yesterday"], "date"),
        ("plan", ["x" * 6000], "max"),
    ],
)
def test_an_answer_that_does_not_fit_is_told_by_its_field(name: str, given: list[str], rule: str):
    sent: dict[str, Any] = {"email": ["a@example.org"], name: given}
    with pytest.raises(Invalid) as caught:
        checked_answers(FIELDS, sent)
    assert {field: problems[0].rule for field, problems in caught.value.fields.items()} == {name: rule}
