"""Duties and advice about a source: the opt-out that marketing mail must carry, and what a careful sender would fix.

Duties (`compliance_problems`, `footer_problems`) stop a mail; `lint` only advises.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Literal

import msgspec

from tidings.content.html_scan import scan
from tidings.content.language import MACROS, has_opt_out, unknown_codes
from tidings.content.skeleton import footer_source
from tidings.content.types import MAX_SOURCE_BYTES, Language, Site, Source

# Gmail cuts a message off here.
CLIPPED_AT_BYTES = 102 * 1024
_SPAMMY = re.compile(
    r"\b(?:100% free|act now|buy now|cash bonus|click here now|double your|earn money|free money|guaranteed winner|"
    r"make money fast|no obligation|risk[- ]free|urgent!|winner!|you have won)",
    re.IGNORECASE,
)
_SCHEMES = ("http://", "https://", "mailto:", "tel:", "sms:", "#", "{{", "##")


class Finding(msgspec.Struct, frozen=True):
    """One thing found. `code` is a stable word, `level` error, warning or hint, `text` a sentence, `subject` what it is about."""

    code: str
    level: Literal["error", "warning", "hint"]
    text: str
    subject: str = ""


def footer_problems(footer: str, *, language: Language = "smartcodes") -> list[Finding]:
    """What forbids saving a footer: it must hold an unsubscribe or a preference link (fluentcrm.md §4.5)."""
    if has_opt_out(footer, language):
        return []
    return [Finding("footer_without_opt_out", "error", "The footer must contain an unsubscribe or a preference link.")]


def compliance_problems(source: Source, site: Site, *, language: Language = "smartcodes") -> list[Finding]:
    """What forbids sending a marketing mail: no way out in it, or no subject-to-address in its footer (§4.5)."""
    if has_opt_out(source.body, language) or MACROS["footer"] in source.body:
        return []
    footer = footer_source(source, site, language=language, kind="marketing")
    if footer and (has_opt_out(footer, language) or has_opt_out(footer, "smartcodes")):
        return []
    where = "The footer" if footer else "The mail has no footer, so its body"
    return [Finding("no_opt_out", "error", f"{where} must contain an unsubscribe or a preference link.")]


def lint(source: Source, *, language: Language = "smartcodes", site: Site | None = None) -> list[Finding]:
    """Advice about a source: subject, unknown codes, odd links, size, words that filters dislike."""
    site = site or Site()
    size = len(source.body.encode("utf-8", "replace"))
    if size > MAX_SOURCE_BYTES:
        return [Finding("too_large", "error", f"The content is above {MAX_SOURCE_BYTES:,} bytes.")]
    found = _subject_findings(source)
    for text in (source.subject, source.preheader, source.body):
        for code in unknown_codes(text, language, site):
            found.append(Finding("unknown_code", "warning", "This code is unknown and is sent as it stands.", code))
    found.extend(_link_findings(source.body))
    if size > CLIPPED_AT_BYTES:
        found.append(Finding("clipped", "warning", "Above 102 kB Gmail shows only the beginning of a mail."))
    words = {match[0].lower() for match in _SPAMMY.finditer(f"{source.subject} {source.body}")}
    found.extend(Finding("spammy", "hint", "Filters dislike these words.", word) for word in sorted(words))
    return found


def _subject_findings(source: Source) -> list[Finding]:
    subject = source.subject.strip()
    if not subject:
        return [Finding("no_subject", "error", "The subject is empty.")]
    found: list[Finding] = []
    if len(subject) > 150:
        found.append(Finding("long_subject", "hint", "Most programs show only the first 60 signs of a subject."))
    letters = [letter for letter in subject if letter.isalpha()]
    if len(letters) > 10 and all(letter.isupper() for letter in letters):
        found.append(Finding("shouting", "hint", "The subject is in capitals."))
    return found


def _link_findings(body: str) -> list[Finding]:
    found: dict[str, Finding] = {}
    for event in scan(body):
        for attribute in event.attributes:
            if attribute.name != "href" or event.name in ("link", "base"):
                continue
            address = unescape(body[attribute.start : attribute.end]).strip()
            if not address:
                found[""] = Finding("empty_link", "warning", "A link has no address.")
            elif not address.lower().startswith(_SCHEMES):
                found[address] = Finding(
                    "odd_link", "warning", "This link is neither http(s) nor mailto.", address[:200]
                )
    return list(found.values())
