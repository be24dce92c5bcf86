"""Finding the codes in a source: one linear pass for either language, constant text and marks in order.

What a code means is decided in `smartcodes` and `variables`; what becomes of the marks in `compiling` and `rendering`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

from tidings.content.smartcodes import is_textarea, smart_code
from tidings.content.tree import Code, Mark
from tidings.content.types import Language, Site
from tidings.content.values import LINK_READERS
from tidings.content.variables import variable

# Bounded repeats over classes that exclude their own end: no pass over the text is taken twice.
_SMART = re.compile(r"\{\{([^{}]{1,1000})\}\}|##([A-Za-z_][^#\s<>\"'{}]{1,200})##|(#activate_link#)")
_VARIABLE = re.compile(r"\{\{([^{}]{1,1000})\}\}")
# Editors put a scheme in front of an address that is a code.
_SCHEME_BEFORE_CODE = re.compile(r"https?://(?=(?:##|\{\{)\s{0,9}(?:crm\.|cart\.)?\w{0,40}_(?:url|link)\b)")


def pieces(source: str, language: Language, site: Site, *, is_html: bool) -> Iterator[str | Mark]:
    """Texts and marks in order. In HTML the insides of codes are unescaped first, as editors escape them."""
    if is_html:
        source = _SCHEME_BEFORE_CODE.sub("", source)
    fields = dict(site.custom_fields)
    end = 0
    for match in (_SMART if language == "smartcodes" else _VARIABLE).finditer(source):
        mark = (
            _smart_mark(match, fields, is_html) if language == "smartcodes" else _variable_mark(match, fields, is_html)
        )
        if mark is None:
            continue
        yield source[end : match.start()]
        yield mark
        end = match.end()
    yield source[end:]


def _smart_mark(match: re.Match[str], fields: dict[str, str], is_html: bool) -> Mark | None:
    if match[3]:
        return Code(match[0], LINK_READERS["activate_url"], "url")
    inside = match[1] or match[2]
    inside = (unescape(inside) if is_html else inside).strip()
    code = smart_code(match[0], inside)
    if code is not None and code.kind == "text" and is_textarea(inside, fields):
        return replace(code, kind="lines")
    return code


def _variable_mark(match: re.Match[str], fields: dict[str, str], is_html: bool) -> Mark | None:
    inside = unescape(match[1]) if is_html else match[1]
    return variable(match[0], inside.strip(), fields)


def unknown_codes(source: str, language: Language, site: Site) -> list[str]:
    """What looks like a code and is none, once each, in order."""
    fields = dict(site.custom_fields)
    found: dict[str, None] = {}
    for match in (_SMART if language == "smartcodes" else _VARIABLE).finditer(source):
        mark = _smart_mark(match, fields, True) if language == "smartcodes" else _variable_mark(match, fields, True)
        if mark is None and match[0] not in MACROS.values():
            found[match[0]] = None
    return list(found)


_MORE = re.compile(r"(?:\{\{#?|##)[^{}#]{0,200}?\b(tags|lists|company(?:_name)?|industry|website)\b")


def needs_of(*sources: str) -> frozenset[str]:
    """Which of `tags`, `lists`, `company` and `portal` the codes of the sources may ask for; sections by tag ask for the tags."""
    words = {match[1] for source in sources for match in _MORE.finditer(source)}
    found = {word if word in ("tags", "lists") else "company" for word in words}
    if any("tag_ids" in source for source in sources):
        found.add("tags")
    if any("frontend_portal_url" in source for source in sources):
        found.add("portal")
    return frozenset(found)


MACROS = {"footer": "{{crm_global_email_footer}}", "preheader": "{{crm_preheader_text}}"}
_OPT_OUT = {
    "smartcodes": re.compile(
        r"(?:\{\{|##)\s{0,9}crm\.(?:unsubscribe_url|manage_subscription_url|unsubscribe_html|manage_subscription_html)\b"
    ),
    "variables": re.compile(r"\{\{\s{0,9}(?:unsubscribe_link|unsubscribe_url|preferences_link|manage_link)\b"),
}


def has_opt_out(source: str, language: Language) -> bool:
    """Whether an unsubscribe or preference link is in the text (fluentcrm.md §4.5)."""
    return _OPT_OUT[language].search(source) is not None
