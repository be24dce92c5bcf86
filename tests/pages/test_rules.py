"""Rules of landing pages: addresses, drafts, HTML without anything that runs, and the document that comes of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tidings.forms.rules import TEMPLATES
from tidings.forms.types import Form, FormSettings
from tidings.pages import rules
from tidings.pages.rendering import Brand, message_document, page_document
from tidings.pages.types import Block, Page, PageDraft, PageSettings
from tidings.platform.errors import Invalid

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NASTY = (
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVa\tScRiPt:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<iframe src=https://evil.test></iframe>",
    "<form action=https://evil.test><input name=password></form>",
    "<style>@import url(https://evil.test/x.css)</style>",
    '<p style="background:url(https://evil.test/t.gif);position:fixed;color:red">x</p>',
    "<base href=https://evil.test><meta http-equiv=refresh content=0>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "\x00<scr\x00ipt>alert(1)</script>",
)
RUNS = re.compile(
    r"<script|<iframe|<object|<embed|<base|http-equiv|javascript:|data:text|<[^>]*\son\w+=|@import|url\(|evil\.test|position:",
    re.IGNORECASE,
)


def page(**more: Any) -> Page:
    values: dict[str, Any] = {"id": 1, "slug": "spring", "title": "Spring", "state": "published", "mode": "blocks"}
    values |= {"blocks": (), "html": "", "settings": PageSettings(), "form_id": 1, "list_id": None, "group_ids": ()}
    values |= {"version": 1, "created_by": None, "published_at": NOW, "created_at": NOW, "updated_at": NOW}
    return Page(**(values | more))


def form(**settings: Any) -> Form:
    fields = TEMPLATES["with_name_subscribe"][1]
    return Form(1, "f", "Join", "", "published", fields, (), (), FormSettings(**settings), NOW, NOW)


def body_of(document: str) -> str:
    """What stands below the head, whose style sheet is ours."""
    return document[document.index("<body>") :]


def refusals(**draft: Any) -> set[str]:
    with pytest.raises(Invalid) as caught:
        rules.checked(PageDraft(**({"title": "T", "slug": "t"} | draft)))
    return set(caught.value.fields)


def test_an_address_is_made_of_a_title_and_allow_listed():
    assert rules.slug_from("  Frühjahr & Sommer 2027! ") == "fruhjahr-sommer-2027"
    assert rules.slug_from("日本") == ""
    for good in ("a", "a-b", "2027", "x" * 100):
        assert rules.is_slug(good), good
    for bad in ("", "-a", "a-", "A", "a b", "a/b", "../x", "a.js", "ä", "a_b", "x" * 101, "a\n", "%61"):
        assert not rules.is_slug(bad), bad


def test_every_bad_field_of_a_draft_is_named():
    assert refusals(title=" ", slug="No!") == {"title", "slug"}
    assert refusals(html="x" * 200_001) == {"html"}
    assert refusals(html="<div>" * 10_001) == {"html"}
    assert refusals(blocks=[Block("form"), Block("form")]) == {"blocks"}
    assert refusals(blocks=[Block("divider")] * 101) == {"blocks"}
    wrong: Any = "marquee"
    blocks = [Block("heading"), Block("image", url="javascript:alert(1)"), Block("button", "Go", url="//evil.test")]
    blocks += [Block("text", "x" * 20_001), Block(wrong), Block("heading", "x", level=7), Block("divider")]
    blocks += [
        Block("image", url="https://a.test/x.png", link="data:text/html,x"),
        Block("button", "x" * 501, url="#a"),
    ]
    assert refusals(blocks=blocks) == {f"blocks.{n}" for n in (0, 1, 2, 3, 4, 5, 7, 8)}
    settings = PageSettings(background="red", ink="#12345", accent="#12345g", redirect_url="javascript:alert(1)")
    assert refusals(settings=settings) == {"background", "ink", "accent", "redirect_url"}
    strange: Any = "comic"
    settings = PageSettings(font=strange, logo_url="data:image/png;base64,x", message="x" * 2001)
    assert refusals(settings=settings) == {"font", "logo_url", "message"}


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://shop.test/a?b=c#d", True),
        ("http://shop.test", True),
        ("mailto:ada@example.com", True),
        ("tel:+49 30 1234567", True),
        ("#form", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("vbscript:x", False),
        ("data:text/html,x", False),
        ("//evil.test", False),
        ("/settings", False),
        ("https:\\\\evil.test", False),
        ("mailto:a@b.c\nBcc: x", False),
        ('#"><script>', False),
        ("", False),
    ],
)
def test_a_button_leads_only_where_a_browser_may_be_sent(url: str, is_right: bool):
    assert rules.is_target(url) is is_right


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_that_runs_survives_in_any_field_of_any_block(nasty: str):
    told = f"T {nasty}"
    blocks = [Block("heading", told), Block("text", nasty), Block("columns", nasty, nasty), Block("html", nasty)]
    blocks += [Block("image", url="https://a.test/x.png", alt=nasty), Block("button", told, url="https://a.test")]
    for settings in (PageSettings(), PageSettings(meta_title=nasty[:200], meta_description=nasty, brand=nasty[:100])):
        kept = rules.checked(PageDraft("T", "t", blocks=blocks, settings=settings))
        for stored in (kept.blocks, blocks):
            # The second: rows that an older version wrote are cleaned when they are shown.
            shown = page_document(page(blocks=stored, settings=settings), form(intro=nasty), Brand(nasty))
            assert not RUNS.search(_without_text(body_of(shown))), shown
            assert "alert(1)</script>" not in shown
    raw = page_document(page(mode="html", html=nasty), None, Brand())
    assert not RUNS.search(_without_text(body_of(raw))), raw
    assert not RUNS.search(_without_text(message_document(page(), Brand(), nasty, onward="https://a.test")))


def _without_text(html: str) -> str:
    """Tags alone, their quoted values shortened to what a browser would follow: words in a text run nothing."""
    tags = re.findall(r"<[a-zA-Z/!][^<>]*>", html)
    return "".join(re.sub(r'(alt|content|value|placeholder)="[^"]*"', r'\1=""', tag) for tag in tags)


def test_what_was_taken_is_shown_although_the_ends_of_its_tags_were_added():
    kept = rules.checked(PageDraft(title="T", slug="t", html="<div>" * 9_000 + "deep"))
    assert "deep" in page_document(page(mode="html", html=kept.html), None, Brand())


def test_stored_addresses_that_run_something_are_not_shown_either():
    blocks = [Block("button", "Go", url="javascript:alert(1)"), Block("image", url="javascript:alert(1)")]
    blocks += [Block("image", url="https://a.test/x.png", link="javascript:alert(1)")]
    settings = PageSettings(logo_url="javascript:alert(1)", accent="red;}body{display:none")
    shown = page_document(page(blocks=blocks, settings=settings), None, Brand())
    assert "javascript" not in shown
    assert "display:none" not in shown
    assert '<img src="https://a.test/x.png" alt="">' in shown


def test_the_form_stands_where_its_block_or_its_word_is():
    blocks = [Block("heading", "Over"), Block("form"), Block("text", "<p>Under</p>")]
    shown = body_of(page_document(page(blocks=blocks), form(button="Join"), Brand("Harbour")))
    assert shown.index("Over") < shown.index('<form method="post" action="/p/spring">') < shown.index("Under")
    assert 'name="fc_trap"' in shown
    assert "Harbour" in shown
    assert "<form" not in body_of(page_document(page(blocks=blocks), None, Brand()))
    html = '<p title="{{form}}">A</p><p>{{form}}</p><p>B {{form}}</p>'
    shown = body_of(page_document(page(mode="html", html=html), form(), Brand()))
    assert shown.count("<form") == 1
    assert shown.index("<form") < shown.index("B {{form}}")
    assert "<form" in body_of(page_document(page(mode="html", html="<p>A</p>"), form(), Brand()))
    again = page_document(page(blocks=blocks), form(), Brand(), values={"email": ['"><b>']}, problems=["<i>no</i>"])
    assert 'value="&#34;&gt;&lt;b&gt;"' in again
    assert "&lt;i&gt;no&lt;/i&gt;" in again


def test_colours_are_those_of_the_page_and_buttons_can_be_read_on_them():
    usual = page_document(page(), None, Brand())
    assert "prefers-color-scheme: dark" in usual
    chosen = page_document(
        page(settings=PageSettings(accent="#ffe14d", surface="#101418", font="serif")), None, Brand()
    )
    assert "--accent: #ffe14d; --on-accent: #0d1526; color-scheme: dark" in chosen
    assert "Georgia" in chosen
    assert "prefers-color-scheme" not in chosen
    assert "--on-accent: #ffffff" in usual
