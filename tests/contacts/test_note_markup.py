"""Notes as the interface shows them: safe HTML of programs, the text of people as they wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from tidings.contacts.note_markup import MAX_TAGS, is_markup, note_html

HOSTILE = (
    '<p>Hi<script>alert(1)</script></p><img src="https://evil.example/x.png" onerror="alert(1)">',
    '<p onclick="alert(1)" style="position:fixed;inset:0" class="modal" id="main">x</p>',
    '<a href="javascript:alert(1)">x</a><a href="JaVa&#9;Script:alert(1)">y</a><a href="data:text/html,x">z</a>',
    '<a href="/logout">x</a><a href="//evil.example">y</a><a href="https://ok.example" target="_self" rel="opener">z</a>',
    "<svg><style><img src=x onerror=alert(1)></style></svg><p>x",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;"></math><b>x',
    "<form action=https://evil.example><input name=_csrf><button>Go</button></form><b>x</b>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x><b>x</b>",
    "<link rel=stylesheet href=https://evil.example><style>@import 'https://evil.example'</style><b>x</b>",
    "<base href=https://evil.example><meta http-equiv=refresh content='0;url=https://evil.example'><b>x</b>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template><b>x</b>",
    "<video poster=https://evil.example/x autoplay><source src=https://evil.example></video><b>x</b>",
    "<table background=https://evil.example/x><tr><td style='background:url(https://evil.example)'>x</td></tr></table>",
    "</div></main><p>x</p><!-- <b>-->",
    "<b>\x00x</b><scr\x00ipt>alert(1)</scr\x00ipt>",
    "<p>" * 1900 + "x",
)
ALLOWED = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "hr",
    "i",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "s",
}
ALLOWED |= {"small", "span", "strong", "sub", "sup", "u", "ul"}
ALLOWED |= {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}


@dataclass(frozen=True)
class Note:
    """What is shown of a note; written by somebody unless it says otherwise."""

    description: str
    author_id: int | None = 1


def shown(text: str) -> str:
    return str(note_html(Note(text)))


class Seen(HTMLParser):
    """Tags and attributes as a reader of the page meets them, and how deep the note's element closes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not (self.depth == 0 and self.tags), "nothing stands outside of the note's own element"
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.depth += tag == "div"

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "div"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_hostile_note_runs_loads_or_covers(text: str):
    seen = Seen(shown(text))
    assert (seen.tags <= ALLOWED, seen.depth) == (True, 0)
    for tag, name, value in seen.attributes:
        if tag == "a":
            assert name in ("href", "target", "rel")
            assert name != "href" or value == "https://ok.example"
            assert name != "target" or value == "_blank"
            assert name != "rel" or value == "noopener noreferrer nofollow"
        else:
            assert (tag, name) == ("div", "class")
            assert str(value).startswith("note-text")


def test_what_a_program_wrote_looks_as_it_meant_it():
    text = '<h2>Call</h2><p>She likes <strong>maps</strong> &amp; <em>boats</em>.</p><ul><li><a href="https://a.co/x?a=1&b=2">Shop</a></li></ul>'
    assert shown(text) == (
        '<div class="note-text is-html"><p><strong>Call</strong></p>'
        "<p>She likes <strong>maps</strong> &amp; <em>boats</em>.</p><ul><li>"
        '<a href="https://a.co/x?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">Shop</a></li></ul></div>'
    )
    assert shown("Tom &amp; Jerry\nagain <b>x</b>") == ('<div class="note-text">Tom &amp; Jerry\nagain <b>x</b></div>')


@pytest.mark.parametrize(
    "text",
    [
        "5 < 6 && 7 > 6",
        "Wrote to <ada@example.org>,\n<https://a.co> <soon>",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "AT&T &c. &copy",
        "",
        "{{contact.email}}",
    ],
)
def test_what_is_no_html_is_shown_as_it_was_written(text: str):
    assert not is_markup(Note(text))
    html = shown(text)
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_data = found.append  # type: ignore[method-assign]
    parser.feed(html)
    parser.close()
    assert "".join(found) == text
    assert Seen(html).tags == {"div"}


def test_markup_that_is_too_deep_to_be_cleaned_is_shown_as_it_is_written():
    for piece in ("<div>", "<b ", "<a href='", "&#", "<h1>", "</p>"):
        assert Seen(shown(piece * (MAX_TAGS + 1))).tags == {"div"}
    assert shown("<div>" * MAX_TAGS).count("<div>") == MAX_TAGS


def test_what_the_system_or_an_automation_notes_is_text_because_recipients_wrote_it():
    note = Note('Reason: <a href="https://evil.example">Log in again</a> &amp; <b>now</b>', None)
    assert not is_markup(note)
    assert Seen(str(note_html(note))).tags == {"div"}
