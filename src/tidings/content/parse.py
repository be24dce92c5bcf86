"""Finds merge tags and conditional sections in a text and replaces each by a short token that HTML tools leave alone.

Tokens are `tdgs<n>x` for codes and comments `<!--tdgs:<n>-->`, `<!--tdgs:end-->` for sections; `Slots` keeps what they
mean. Contact data is never parsed: it comes in only when a mail is joined.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from tidings.content.codes import Code, smart_code, transformed, variable
from tidings.content.types import MAX_SOURCE, ContentTooLarge, Language, MailLinks, Person, Site

_CODE = re.compile(r"\{\{([^{}\n]{1,500})\}\}|##([A-Za-z][\w.]{1,100})##")
_SECTION = re.compile(r"<!--\s*(/?)wp:fluentcrm/conditional-(?:group|content)\s*(\{[^\n]{0,2000}?\})?\s*-->")
_IF = re.compile(r"\{\{\s*(?:#if\s+([\w.\-]{1,100})|(else)|(/if))\s*\}\}")
_DEFAULT = re.compile(r"\s*\|\s*default:\s*[\"'](.*)[\"']\s*$")
_WEB_VIEW = Code(lambda _p, links: links.web_view_url, is_url=True)

Condition = Callable[[Person], bool]


@dataclass(slots=True)
class Slots:
    """What the tokens of one mail mean. `key` keeps foreign text from looking like a token."""

    codes: list[Code] = field(default_factory=list[Code])
    conditions: list[Condition] = field(default_factory=list[Condition])
    needs: set[str] = field(default_factory=set[str])
    key: str = field(default_factory=lambda: "tdgs" + secrets.token_hex(4))

    def add(self, code: Code) -> str:
        """The token of a code."""
        self.codes.append(code)
        self.needs |= code.needs
        return f"{self.key}n{len(self.codes) - 1}x"

    def begin(self, condition: Condition) -> str:
        """The comment that begins a section."""
        self.conditions.append(condition)
        self.needs.add("tags")
        return f"<!--{self.key}if{len(self.conditions) - 1}x-->"

    @property
    def end(self) -> str:
        """The comment that ends a section."""
        return f"<!--{self.key}endx-->"

    @property
    def pattern(self) -> re.Pattern[str]:
        """Tokens and section marks: groups are code, begin, end."""
        return re.compile(rf"{self.key}n(\d+)x|<!--{self.key}if(\d+)x-->|<!--{self.key}(end)x-->")


def tokenise(text: str, slots: Slots, site: Site, language: Language, *, footer: str = "", preheader: str = "") -> str:
    """The text with tokens for its codes. `footer` and `preheader` stand in for their bare codes."""
    if len(text) > MAX_SOURCE:
        raise ContentTooLarge(f"The content is longer than {MAX_SOURCE:,} characters.")
    text = _IF.sub(lambda m: _variable_section(m, slots), text) if language == "variables" else _sections(text, slots)

    def replace(match: re.Match[str]) -> str:
        inner = (match.group(1) or match.group(2)).strip()
        if inner == "crm_global_email_footer":
            return footer
        if inner == "crm_preheader_text":
            return preheader
        code = variable(inner, site) if language == "variables" and match.group(1) else _smart(inner, site)
        if code is None:
            return match.group(0)
        return slots.add(Code(code.value, code.is_html, code.is_url, code.needs, match.group(0)))

    return _CODE.sub(replace, text)


def _smart(inner: str, site: Site) -> Code | None:
    manual = _DEFAULT.search(inner)
    default = ""
    if manual:
        inner, default = inner[: manual.start()], manual.group(1)
    name, _, rest = inner.partition("|")
    name = name.strip()
    if name == "web_preview_url":
        return _WEB_VIEW
    group, dot, key = name.partition(".")
    if not dot:
        return None
    if group == "crm" and key in ("unsubscribe_html", "manage_subscription_html", "activate_button"):
        return smart_code(group, f"{key}|{rest.strip('| ')}", site)
    code = smart_code(group.strip(), key.strip(), site)
    if code is None:
        return None
    parts = rest.split("|") if rest else []
    default = default or (parts[0].strip() if parts else "")
    transformer = parts[1].strip() if len(parts) > 1 else ""
    return transformed(code, default, transformer, parts[2].strip() if len(parts) > 2 else "")


def _sections(text: str, slots: Slots) -> str:
    depth = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal depth
        if match.group(1):
            if depth == 0:
                return ""
            depth -= 1
            return slots.end if depth == 0 else ""
        depth += 1
        # Sections do not nest (spec §4.4): an inner mark is dropped, the outer one decides.
        return slots.begin(_tag_condition(match.group(2))) if depth == 1 else ""

    text = _SECTION.sub(replace, text)
    return text + slots.end if depth else text


def _tag_condition(raw: str | None) -> Condition:
    try:
        given = json.loads(raw or "{}")
    except ValueError:
        given = {}
    ids = {int(one) for one in given.get("tag_ids", []) if str(one).isdigit()}
    is_shown_without = "not" in str(given.get("condition_type", ""))

    def holds(person: Person) -> bool:
        return (not ids.isdisjoint(term.id for term in person.tags)) is not is_shown_without

    return holds


def _variable_section(match: re.Match[str], slots: Slots) -> str:
    name, is_else, _ = match.groups()
    site = Site()
    if name:
        code = variable(name, site)
        links = MailLinks()
        return slots.begin(lambda person: bool(code and code.value(person, links)))
    if is_else and slots.conditions:
        last = slots.conditions[-1]
        return slots.end + slots.begin(lambda person: not last(person))
    return slots.end
