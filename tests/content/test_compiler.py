"""A joined mail, read back with the standard library, says what was meant — whatever is in the contact's data."""

from __future__ import annotations

import email
import email.policy
import html
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidings.content import mime
from tidings.content.compiler import compile_mail, has_unsubscribe, render_html, render_subject, render_text
from tidings.content.types import ContentTooLarge, MailLinks, Person, Site, Source, Term

SITE = Site(business_name="Acme & Co", business_address="1 High St", now=datetime(2026, 11, 20, tzinfo=UTC))
LINKS = MailLinks("https://t.co/u", "https://t.co/m", "https://t.co/w", "https://t.co/o?a=1&b=2", "77&fch=ab12cd34")
JANE = Person(1, "jane@x.co", "Jané", "O'Neil", custom={"plan": "Pro"}, tags=[Term(7, "VIP", "vip")])


def mail(body: str, person: Person = JANE, **more: object):
    compiled = compile_mail(Source(body=body, **more), SITE)  # type: ignore[arg-type]
    prefixes = [f"https://t.co/?ns_url={n}&mid=" for n in range(len(compiled.links))]
    raw = compiled.encode(prefixes, has_pixel=True).join(person, LINKS, b"Subject: x\r\n")
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    return compiled, parsed.get_body(("html",)).get_content(), parsed.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_codes_links_pixel_and_footer_arrive_in_both_parts():
    compiled, page, text = mail(
        '<p>Hi {{contact.first_name}}</p><a href="https://shop.co/?a=1&amp;b=2">Shop</a>', footer="global"
    )
    assert compiled.links == ("https://shop.co/?a=1&b=2",)
    assert "Hi Jané" in page
    assert "https://t.co/?ns_url=0&amp;mid=77&amp;fch=ab12cd34" in page
    assert "https://t.co/o?a=1&amp;b=2" in page
    assert "Acme &amp; Co" in page
    assert "Shop (https://t.co/?ns_url=0&mid=77&fch=ab12cd34)" in text
    assert "Unsubscribe (https://t.co/u)" in text


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_name_arrives_as_it_is_and_breaks_nothing(name: str):
    visible = "".join(c for c in name if c.isprintable()).replace("\r", "").strip()
    person = Person(1, "a@b.co", visible)
    _, page, text = mail("<p>[{{contact.first_name}}]</p>", person)
    assert f"[{html.escape(visible, quote=False)}]" in page.replace("\n", "")
    assert f"[{visible}]" in text.replace("\n", "")


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_header_values_never_hold_line_breaks_of_their_own(text: str):
    value = mime.header_value(text)
    for line in value.split("\r\n")[1:]:
        assert line.startswith(" ")
    assert not any(c in value.replace("\r\n ", "") for c in "\r\n\x00")


def test_contact_data_is_never_read_as_a_template():
    _, page, _ = mail(
        "<p>{{contact.first_name}}</p>", Person(1, "a@b.co", "{{crm.business_name}} ##crm.unsubscribe_url##")
    )
    assert "{{crm.business_name}} ##crm.unsubscribe_url##" in page


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("{{contact.full_name}}", "Jané O'Neil"),
        ("{{contact.city|Nowhere}}", "Nowhere"),
        ("{{contact.city||ucfirst}}", ""),
        ("{{contact.first_name||strtoupper}}", "JANÉ"),
        ("{{contact.last_name||concat_first|Mr.}}", "Mr. O'Neil"),
        ("{{contact.last_name||concat_last|!}}", "O'Neil!"),
        ("{{contact.city||concat_last|!}}", ""),
        ("{{contact.city|x|show_if|yes}}", "yes"),
        ("{{contact.city||show_if|yes}}", ""),
        ("{{contact.first_name||nonsense}}", "Jané"),
        ("{{ contact.custom.plan }}", "Pro"),
        ('{{contact.city | default: "friend"}}', "friend"),
        ("##contact.first_name##", "Jané"),
        ("{{nothing.here}}", "{{nothing.here}}"),
        ("{{word}}", "{{word}}"),
        ("{{contact.tags.slug}}", "vip"),
        ("{{other.date.+2 days}}", "November 22, 2026"),
        ("{{other.date_format.d/m/Y}}", "20/11/2026"),
        ("{{contact.secret_hash}}", ""),
    ],
)
def test_each_code_says_what_the_dialect_promises(code: str, value: str):
    compiled = compile_mail(Source(subject=code), SITE)
    assert render_subject(compiled, JANE, LINKS) == value


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("{{firstName}}", "Jané"),
        ("{{jobTitle|there}}", "there"),
        ("{{lastName|x|uppercase}}", "O'NEIL"),
        ("{{plan}}", "Pro"),
        ("{{current_year}}", "2026"),
        ("{{#if company}}at {{company}}{{else}}alone{{/if}}", "alone"),
        ("{{#if plan}}has a plan{{/if}}", "has a plan"),
    ],
)
def test_variables_of_the_other_language(code: str, value: str):
    compiled = compile_mail(Source(body=f"<p>{code}</p>", language="variables"), SITE)
    assert value in render_text(compiled, JANE, LINKS)


def test_sections_are_shown_by_tag():
    block = '<!-- wp:fluentcrm/conditional-group {"condition_type":"show_if_tag_exist","tag_ids":["7"]} --><p>for VIPs</p><!-- /wp:fluentcrm/conditional-group -->'
    compiled, page, text = mail(block)
    assert "for VIPs" in page
    assert "for VIPs" in text
    assert compiled.needs == {"tags"}
    _, page, text = mail(block, Person(1, "a@b.co"))
    assert "for VIPs" not in page + text


def test_only_links_to_the_web_without_codes_are_numbered():
    body = '<a href="mailto:a@b.co">m</a><a href="#top">t</a><a href="tel:1">c</a><a href="https://x.co/{{contact.id}}">p</a><a href="https://x.co/%20a?u=%C3%A9">w</a><a href="##crm.unsubscribe_url##">u</a>'
    compiled, page, _ = mail(body)
    assert compiled.links == ("https://x.co/%20a?u=%C3%A9",)
    assert 'href="mailto:a@b.co"' in page
    assert 'href="https://x.co/1"' in page


@pytest.mark.parametrize("website", ["javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x"])
def test_an_address_from_contact_data_cannot_run(website: str):
    _, page, _ = mail('<a href="{{contact.website}}">x</a>', Person(1, "a@b.co", website=website))
    assert 'href="#"' in page


def test_an_attribute_cannot_be_left():
    _, page, _ = mail('<img alt="{{contact.first_name}}" src="https://x.co/i.png">', Person(1, "a@b.co", '" onload="x'))
    assert 'onload="x"' not in page


def test_without_a_person_codes_stay_literal():
    compiled = compile_mail(Source(subject="Hi {{contact.first_name|you}}", body="{{contact.city}}"), SITE)
    assert render_subject(compiled, None) == "Hi {{contact.first_name|you}}"
    assert "{{contact.city}}" in render_html(compiled, None)


def test_a_marketing_mail_needs_a_way_out():
    assert has_unsubscribe(Source(), SITE)
    assert not has_unsubscribe(Source(footer="none"), SITE)
    assert has_unsubscribe(Source(footer="none", body="##crm.unsubscribe_url##"), SITE)
    assert not has_unsubscribe(Source(design="raw_html", body="<p>hi</p>"), SITE)


def test_a_source_too_large_is_refused():
    with pytest.raises(ContentTooLarge):
        compile_mail(Source(body="x" * 2_000_001), SITE)


def test_addresses_in_headers_are_refused_with_line_breaks():
    with pytest.raises(ValueError, match="header"):
        mime.mailbox("x", "a@b.co\r\nBcc: c@d.co")
    assert mime.mailbox("Bob, Jr.", "a@b.co") == '"Bob, Jr." <a@b.co>'
