"""Compiling a mail: source → tokens → frame → CSS inlined → scanned → trees of html and text, links numbered, MIME ready.

Joining is `mime`, previewing `rendering`; duties and advice about a source are `checks`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from html import unescape
from typing import cast

import css_inline

from tidings.content.html_scan import Attribute, Event, scan
from tidings.content.language import MACROS, has_opt_out, needs_of, pieces
from tidings.content.marking import Marks
from tidings.content.mime import program
from tidings.content.plain_text import plain_text
from tidings.content.skeleton import footer_source, frame, global_footer, preheader_block
from tidings.content.tree import Close, Item, Link, Open, Pixel, Place, Test, Tree, grow
from tidings.content.types import MAX_SOURCE_BYTES, Compiled, ContentTooLarge, Kind, Language, Scope, Site, Source

_BLOCK = re.compile(r"(/?)wp:([a-z0-9/-]{1,100})")
_CONDITIONALS = frozenset({"fluentcrm/conditional-group", "fluent-crm/conditional-content"})
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_BODY_START = re.compile(r"<body\b[^<>]{0,2000}>", re.IGNORECASE)
_HTTP = re.compile(r"https?://[^\s]", re.IGNORECASE)
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "background", "poster", "xlink:href"})
_MAX_STYLE_WORK = 20_000_000
_MAX_NESTING = 250
_EXOTIC = re.compile(
    r"<(?:svg|math|select|textarea|xmp|iframe|noembed|noframes|plaintext|frameset|template|script)"
    r"|--!>|<!\[CDATA",
    re.IGNORECASE,
)
_TITLE = re.compile("<title", re.IGNORECASE)
# tags that have no end, or whose end a parser supplies
_NOT_NESTING = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
    ]
)


def compile_mail(source: Source, *, language: Language, site: Site, kind: Kind = "marketing") -> Compiled:
    """Compiles a mail. Raises ContentTooLarge above `MAX_SOURCE_BYTES`. Deterministic: the same source, the same links."""
    _check_size(source, site)
    footer = footer_source(source, site, language=language, kind=kind)
    marks = Marks(source.body, source.preheader, source.subject, footer, site.footer, source.design, str(source.look))
    preheader = marks.tokenised(pieces(source.preheader, language, site, is_html=False), is_html=False)
    document = _document(source, marks, language=language, site=site, kind=kind, footer=footer, preheader=preheader)
    document = _inlined(document, keeps_styles=source.design == "raw_html")
    pixel = marks.add(Pixel())
    end = _last(_BODY_END, document)
    document = document[:end] + pixel + document[end:]
    planter = _Planter(document, marks)
    html = grow([*planter.planted(), "\n"])
    text_source = plain_text(document.replace(pixel, " " * len(pixel)), marks, planter.addresses)
    text = grow([*marks.items(text_source, "plain"), "\n"])
    return Compiled(
        subject=compile_subject(source.subject, language=language, site=site),
        preheader=grow(marks.items(unescape(preheader), "header", is_source_html=False)),
        html=html,
        text=text,
        links=tuple(planter.links),
        needs=needs_of(source.subject, source.preheader, source.body, footer, site.footer),
        language=language,
        kind=kind,
        site=site,
        body=program(text, html),
    )


def compile_subject(text: str, *, language: Language, site: Site) -> Tree:
    """A subject on one line, for `render_subject` and `join`."""
    marks = Marks(text)
    subject = marks.tokenised(pieces(_one_line(text), language, site, is_html=False), is_html=True)
    return grow(marks.items(subject, "header", is_source_html=False))


def _check_size(source: Source, site: Site) -> None:
    texts = (source.subject, source.preheader, source.body, str(source.footer.get("footer_content") or ""), site.footer)
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    # the macros put footer and pre-header into the body as often as they are written
    size += source.body.count(MACROS["footer"]) * (len(site.footer) + 500)
    size += source.body.count(MACROS["preheader"]) * len(source.preheader)
    if size > MAX_SOURCE_BYTES:
        raise ContentTooLarge(size)


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", text).strip()


def _document(
    source: Source, marks: Marks, *, language: Language, site: Site, kind: Kind, footer: str, preheader: str
) -> str:
    def tokenised(html: str) -> str:
        # a footer of the installation is written in smart codes, whatever the language of the mail
        own: Language = "smartcodes" if language != "smartcodes" and has_opt_out(html, "smartcodes") else language
        return marks.tokenised(pieces(html, own, site, is_html=True), is_html=True)

    body = marks.tokenised(pieces(_with_conditions(source.body, marks), language, site, is_html=True), is_html=True)
    if MACROS["footer"] in body:
        body = body.replace(MACROS["footer"], tokenised(global_footer(site, language=language, kind=kind)))
        footer = ""
    has_own_preheader = MACROS["preheader"] in body
    body = body.replace(MACROS["preheader"], preheader)
    if source.design == "raw_html" and has_own_preheader:
        document = body
    elif source.design == "raw_html":
        document, start = body, _BODY_START.search(body)
        at = start.end() if start else 0
        document = document[:at] + preheader_block(preheader) + document[at:]
    else:
        document = frame(source, body=_inner(body), footer=tokenised(footer), preheader=preheader, title="")
    return _commented(document, marks)


def _inner(body: str) -> str:
    """What a whole document pasted as a body has between its body tags."""
    start = _BODY_START.search(body)
    if start is None:
        return body
    return body[start.end() : _last(_BODY_END, body)]


def _last(pattern: re.Pattern[str], text: str) -> int:
    position = len(text)
    for match in pattern.finditer(text):
        position = match.start()
    return position


def _commented(document: str, marks: Marks) -> str:
    """Tokens of conditions between tags become comments; inside of tags they stay."""
    out: list[str] = []
    for event in scan(document):
        part = document[event.start : event.end]
        out.append(marks.conditions_as_comments(part) if event.kind == "text" else part)
    return "".join(out)


def _with_conditions(body: str, marks: Marks) -> str:
    """Conditional sections of the block editor become marks, other block comments go (fluentcrm.md §4.4)."""
    out: list[str] = []
    position = 0
    while (start := body.find("<!--", position)) >= 0:
        end = body.find("-->", start + 4)
        if end < 0:
            break
        out.append(body[position:start])
        out.append(_block(body[start : end + 3], marks))
        position = end + 3
    out.append(body[position:])
    return "".join(out)


def _block(comment: str, marks: Marks) -> str:
    inside = comment[4:-3].strip()
    match = _BLOCK.match(inside) if len(inside) < 20_000 else None
    if match is None:
        return comment
    closing, name = match.groups()
    if name not in _CONDITIONALS:
        return ""
    attributes = inside[match.end() :].strip().removesuffix("/").strip()
    return f"<!--{marks.add(Close() if closing else Open('', _tag_test(attributes)))}-->"


def _tag_test(attributes: str) -> Test:
    try:
        parsed: object = json.loads(attributes or "{}")
    except (ValueError, RecursionError):
        parsed = {}
    values = cast("dict[str, object]", parsed) if isinstance(parsed, dict) else {}
    listed = values.get("tag_ids")
    ids = cast("list[object]", listed) if isinstance(listed, list) else []
    wanted = frozenset(int(str(one)) for one in ids if str(one).isdigit() and len(str(one)) < 19)
    is_negated = values.get("condition_type") == "show_if_tag_not_exist"

    def test(scope: Scope) -> bool:
        if not wanted:
            return False
        has = scope.person is not None and any(tag[0] in wanted for tag in scope.person.tags)
        return has != is_negated

    return test


def _inlined(document: str, *, keeps_styles: bool) -> str:
    """CSS in attributes; media queries stay. Nothing is fetched. What cannot be inlined is sent as written."""
    if "<style" not in document.lower():
        return document
    # every selector is tried on every element, and parsers take the square of the depth: beyond these it takes minutes
    if document.count("{") * document.count("<") > _MAX_STYLE_WORK or _depth(document) > _MAX_NESTING:
        return document
    inliner = css_inline.CSSInliner(
        keep_style_tags=keeps_styles, keep_at_rules=True, keep_link_tags=True, load_remote_stylesheets=False
    )
    try:
        return inliner.inline(document)
    except (css_inline.InlineError, ValueError):
        return document


def _depth(document: str) -> int:
    """How deep elements stand in each other at most, by a count that errs upwards.

    A parser overruns its stack on very deep markup and takes the process along, so nothing may hide here: where
    tags change their meaning (foreign elements, raw texts, malformed comments), every tag counts.
    """
    if _EXOTIC.search(document) or len(_TITLE.findall(document)) > 1:
        return document.count("<")
    open_tags: Counter[str] = Counter()
    depth = deepest = 0
    for event in scan(document):
        if event.name in _NOT_NESTING:
            continue
        if event.kind == "open":
            open_tags[event.name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif event.kind == "close" and open_tags[event.name]:
            open_tags[event.name] -= 1
            depth -= 1
    return deepest


class _Planter:
    """Walks the final document, puts slots where tokens stand, numbers links."""

    def __init__(self, document: str, marks: Marks) -> None:
        self._html = document
        self._marks = marks
        self._numbers: dict[str, int] = {}
        self.addresses: dict[int, str] = {}

    @property
    def links(self) -> list[str]:
        return list(self._numbers)

    def planted(self) -> list[Item]:
        items: list[Item] = []
        for event in scan(self._html):
            part = self._html[event.start : event.end]
            if event.kind == "comment" and self._marks.control(part[4:-3].strip()):
                items.extend(self._marks.items(part[4:-3].strip(), "text"))
            elif event.kind == "open":
                self._tag(event, items)
            else:
                place: Place = "text" if event.kind == "text" else "raw"
                items.extend(self._marks.items(part, place))
        return items

    def _tag(self, event: Event, items: list[Item]) -> None:
        position = event.start
        for attribute in event.attributes:
            value = self._html[attribute.start : attribute.end]
            if attribute.name == "href" and event.name not in ("link", "base") and not self._marks.is_in(value):
                token = self._registered(attribute, value)
            else:
                token = ""
            items.extend(self._marks.items(self._html[position : attribute.start], "raw"))
            is_quoted = self._html[attribute.start - 1] in "\"'"
            if token:
                items.extend(self._marks.items(token if is_quoted else f'"{token}"', "attribute"))
            else:
                items.extend(self._value(attribute, value, is_quoted=is_quoted))
            position = attribute.end
        items.extend(self._marks.items(self._html[position : event.end], "raw"))

    def _value(self, attribute: Attribute, value: str, *, is_quoted: bool) -> list[Item]:
        if not self._marks.is_in(value):
            return [value]
        place: Place = "attribute"
        if attribute.name in _URL_ATTRIBUTES:
            place = "url_start"
        elif attribute.name == "style" or attribute.name.startswith("on"):
            place = "raw"
        items = list(self._marks.items(value, place))
        return items if is_quoted else ['"', *items, '"']

    def _registered(self, attribute: Attribute, value: str) -> str:
        url = unescape(value).strip()
        if not _HTTP.match(url):
            return ""
        number = self._numbers.setdefault(url, len(self._numbers))
        token = self._marks.add(Link(number, url))
        self.addresses[attribute.start] = token
        return token
