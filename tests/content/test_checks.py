"""The duties and the advice about a source, and the picker."""

from __future__ import annotations

import pytest

from tests.content.people import SITE
from tidings.content import Source, compliance_problems, footer_problems, lint, picker


@pytest.mark.parametrize(
    ("source", "is_fine"),
    [
        (Source(body="x"), True),
        (Source(body="x", design="raw_html"), False),
        (Source(body='<a href="##crm.unsubscribe_url##">x</a>', design="raw_html"), True),
        (Source(body="{{ crm.manage_subscription_url }}", design="raw_html"), True),
        (Source(body="{{crm.unsubscribe_html|Bye}}", design="raw_html"), True),
        (Source(body="{{crm_global_email_footer}}", design="raw_html"), True),
        (Source(body="x", footer={"disable_footer": "yes"}), False),
        (Source(body="x", look={"disable_footer": "yes"}), False),
        (Source(body="x", footer={"custom_footer": "yes", "footer_content": "bye"}), False),
        (Source(body="x", footer={"custom_footer": "yes", "footer_content": "##crm.unsubscribe_url##"}), True),
    ],
)
def test_marketing_mail_needs_a_way_out(source: Source, is_fine: bool) -> None:
    assert (compliance_problems(source, SITE) == []) is is_fine


def test_a_footer_without_a_way_out_is_not_saved() -> None:
    assert footer_problems("{{crm.business_name}}")[0].code == "footer_without_opt_out"
    assert footer_problems("{{crm.manage_subscription_url}}") == []
    assert footer_problems("{{unsubscribe_link}}", language="variables") == []


def test_lint_names_what_a_careful_sender_would_fix() -> None:
    source = Source(body='<a href="javascript:x">a</a><a href="">b</a>{{nope}} act now' + "x" * 110_000)
    found = {finding.code: finding for finding in lint(source, site=SITE)}
    assert set(found) == {"no_subject", "odd_link", "empty_link", "unknown_code", "clipped", "spammy"}
    assert found["unknown_code"].subject == "{{nope}}"
    assert lint(Source(subject="Hello", body='<a href="{{contact.company.website}}">x</a>{{contact.first_name}}')) == []


def test_the_picker_has_the_three_groups() -> None:
    groups = picker(SITE)
    assert [(group.key, len(group.shortcodes)) for group in groups] == [
        ("contact", 19),
        ("contact_custom_fields", 4),
        ("general", 12),
    ]
    assert groups[1].shortcodes["{{contact.custom.plan}}"] == "plan"
    with_portal = picker(SITE, has_portal=True)[2].shortcodes
    assert set(with_portal) - set(groups[2].shortcodes) == {"##crm.frontend_portal_url##"}
    assert [group.key for group in picker(SITE, language="variables")] == [
        "contact",
        "contact_custom_fields",
        "general",
    ]
