"""Both template languages: every group, transformer, format and condition."""

from __future__ import annotations

import pytest

from tests.content.people import ANN, AT, LINKS, NOBODY, SITE
from tidings.content import ContentTooLarge, Person, render_text_template
from tidings.content.dates import format_date, relative_date


def smart(text: str, person: Person | None = ANN, **given: str) -> str:
    return render_text_template(text, "smartcodes", person, SITE, LINKS, at=AT, **given)  # type: ignore[arg-type]


def variables(text: str, person: Person | None = ANN, **given: str) -> str:
    return render_text_template(text, "variables", person, SITE, LINKS, at=AT, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("contact.full_name", "Ann O'Lee"),
        ("contact.prefix", "Ms"),
        ("contact.email", "ann@example.com"),
        ("contact.id", "7"),
        ("contact.user_id", "3"),
        ("contact.date_of_birth", "1990-05-01"),
        ("contact.created_at", "2026-01-02 04:04:05"),
        ("contact.hash", "u7"),
        ("contact.company.name", "Lee Ltd"),
        ("contact.company.address", "Bonn, DE"),
        ("contact.tags.title", "VIP, New"),
        ("contact.lists.slug", "news"),
        ("contact.custom.interests", "a, b"),
        ("contact.custom.renewal", "February 3, 2027"),
        ("contact.meta.nick", "Annie"),
        ("crm.business_name", "Acme & Co"),
        ("crm.unsubscribe_url", "https://t.example/u/1?a=1&b=2"),
        ("crm.unsubscribe_html|Bye", "Bye (https://t.example/u/1?a=1&b=2)"),
        ("wp.admin_email", "boss@t.example"),
        ("wp.url", "https://t.example"),
        ("wp.business_name", ""),
        ("user.display_name", "Ann O'Lee"),
        ("wp_user.user_email", "ann@example.com"),
        ("other.date.+2 days", "November 22, 2026"),
        ("other.date_format.D, d M, Y", "Fri, 20 Nov, 2026"),
        ("woo_order.number", "1001"),
        ("cart_order.total_paid", ""),
        ("web_preview_url", "https://t.example/w/1"),
    ],
)
def test_every_group_of_smart_codes_is_read(code: str, shown: str) -> None:
    assert smart(f"[{{{{{code}}}}}]") == f"[{shown}]"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("{{contact.state|Hesse}}", "Hesse"),
        ("{{ contact.first_name | x }}", "Ann"),
        ('{{contact.state | default: "friend"}}', "friend"),
        ("{{contact.nothing|d}}", "d"),
        ("{{contact.nothing}}", ""),
        ("{{contact.first_name||strtoupper}}", "ANN"),
        ("{{contact.city||strtolower}}", "bonn"),
        ("{{contact.state|the west|ucfirst}}", "The west"),
        ("{{contact.state|the west|ucwords}}", "The West"),
        ("{{contact.state| x |trim}}", "x"),
        ("{{contact.first_name||concat_first|Hi}}", "Hi Ann"),
        ("{{contact.state||concat_first|Hi}}", ""),
        ("{{contact.first_name||concat_last|!}}", "Ann!"),
        ("{{contact.first_name||show_if|yes}}", "yes"),
        ("{{contact.state||show_if|yes}}", ""),
        ("{{contact.state|d|show_if|yes}}", "yes"),
        ("{{contact.email||urlencode}}", "ann%40example.com"),
        ("{{contact.first_name||reverse}}", "Ann"),
        ("##contact.first_name##", "Ann"),
        ("#activate_link#", "https://t.example/a/1"),
    ],
)
def test_defaults_and_transformers_apply(code: str, shown: str) -> None:
    assert smart(code) == shown


@pytest.mark.parametrize(
    "text", ["{{nothing}}", "{{strange.key}}", "{{__class__.x}}", "## head ##", "{{}}", "{{a", "{{#if x}}"]
)
def test_what_is_no_smart_code_stays_as_it_is(text: str) -> None:
    assert smart(text) == text


@pytest.mark.parametrize("key", ["__class__", "custom.__class__", "custom.__init__.x", "tags.0", "meta.secure_hash"])
def test_no_attribute_is_reached(key: str) -> None:
    assert smart(f"[{{{{contact.{key}}}}}]") == "[]"


def test_without_a_person_everything_stays_literal() -> None:
    text = "{{contact.first_name|x}} ##crm.unsubscribe_url##"
    assert smart(text, None) == text
    assert (
        variables("{{firstName}} {{#if plan}}a{{else}}b{{/if}}", None) == "{{firstName}} {{#if plan}}a{{else}}b{{/if}}"
    )


def test_a_value_is_never_read_as_a_template() -> None:
    person = Person(id=1, email="a@b.c", first_name="{{contact.email}} ##crm.unsubscribe_url##")
    assert smart("{{contact.first_name}}", person) == "{{contact.email}} ##crm.unsubscribe_url##"


def test_values_are_escaped_for_what_the_text_is() -> None:
    person = Person(id=1, email="a@b.c", first_name='<b>"&', custom={"about": "x<\ny", "plan": "javascript:alert(1)"})
    assert smart("{{contact.first_name}}", person, escape="html") == "&lt;b&gt;&quot;&amp;"
    assert smart("{{contact.custom.about}}", person, escape="html") == "x&lt;<br />\ny"
    assert smart("https://x/?n={{contact.first_name}}", person, escape="url") == "https://x/?n=%3Cb%3E%22%26"
    assert smart("{{contact.custom.plan}}", person, escape="url") == "#"
    crlf = Person(id=1, email="a@b.c", first_name="a\r\nBcc: x\0y")
    assert smart("{{contact.first_name}}", crlf, escape="header") == "a Bcc: x y"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{firstName}}", "Ann"),
        ("{{first_name}}", "Ann"),
        ("{{state|there}}", "there"),
        ("{{firstName|uppercase}}", "ANN"),
        ("{{state|Big Hill|lowercase}}", "big hill"),
        ("{{fullName|short}}", "Ann"),
        ("{{unsubscribe_link}}", "https://t.example/u/1?a=1&b=2"),
        ("{{current_date}}", "November 20, 2026"),
        ("{{current_date|short}}", "Nov 20, 2026"),
        ("{{current_year}}", "2026"),
        ("{{plan}}", "pro"),
        ("{{company}}", "Lee Ltd"),
        ("{{nothing}}", "{{nothing}}"),
        ("{{nothing|x}}", "x"),
        ("{{#if company}}at {{company}}{{else}}alone{{/if}}!", "at Lee Ltd!"),
        ("{{#if state}}{{state}}{{else}}none{{/if}}", "none"),
        ("{{#unless state}}no{{/unless}}", "no"),
        ("{{#if !state}}no{{/if}}", "no"),
        ('{{#if plan == "PRO"}}p{{/if}}', "p"),
        ("{{#if plan != pro}}p{{else}}q{{/if}}", "q"),
        ("{{#if tags contains vip}}v{{/if}}", "v"),
        ("{{#if plan}}{{#if state}}a{{else}}b{{/if}}c{{/if}}", "bc"),
        ("{{/if}}x{{else}}", "x"),
        ("{{#if plan}}open", "open"),
    ],
)
def test_variables_resolve(text: str, shown: str) -> None:
    assert variables(text) == shown


def test_an_empty_custom_field_shows_the_fallback() -> None:
    assert variables("{{plan|free}}", NOBODY) == "free"


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("+2 days", "2026-11-22 12:00"),
        ("-1 week", "2026-11-13 12:00"),
        ("3 days ago", "2026-11-17 12:00"),
        ("tomorrow", "2026-11-21 00:00"),
        ("next monday", "2026-11-23 00:00"),
        ("+1 week 2 days", "2026-11-29 12:00"),
        ("last day of next month", "2026-12-31 12:00"),
        ("first day of this month", "2026-11-01 12:00"),
        ("+3 weekdays", "2026-11-25 12:00"),
        ("next year", "2027-11-20 12:00"),
        ("", "2026-11-20 12:00"),
    ],
)
def test_relative_dates_are_understood(expression: str, shown: str) -> None:
    moment = relative_date(AT, expression)
    assert moment is not None
    assert moment.strftime("%Y-%m-%d %H:%M") == shown


@pytest.mark.parametrize("expression", ["+99999 years", "gibberish", "+1 parsec", "x" * 500, "99999 days 99999 years"])
def test_senseless_dates_are_none(expression: str) -> None:
    assert relative_date(AT, expression) is None


def test_php_letters_format_dates() -> None:
    assert format_date(AT, "jS F y, g:i a \\a\\t N z W t L c U") == (
        "20th November 26, 12:00 pm at 5 323 47 30 0 2026-11-20T12:00:00+00:00 1795176000"
    )


def test_a_text_above_the_limit_is_refused() -> None:
    with pytest.raises(ContentTooLarge):
        smart("x" * 2_000_001)
