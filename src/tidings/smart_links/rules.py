"""Pure rules of smart links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tidings.contacts.rules import clean_text, title_problem
from tidings.platform.errors import Invalid, Problem
from tidings.smart_links.types import LinkDraft

MAX_URL, MAX_NOTES = 2000, 5000
_UNSEEN = re.compile(r"[\x00-\x20\x7f\\]")


def is_web_address(url: str) -> bool:
    """Whether a browser may be sent there: http or https with a host, nothing that could hide another address."""
    if _UNSEEN.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def checked(draft: LinkDraft) -> None:
    """Raises Invalid naming each bad field. Smart codes in the address are filled in for each visitor."""
    problems: dict[str, Problem] = {}
    title = clean_text(draft.title)
    if problem := title_problem(title):
        problems["title"] = problem
    url = draft.target_url.strip()
    if not url:
        problems["target_url"] = Problem("required", "The target url field is required.")
    elif len(url) > MAX_URL or not is_web_address(re.sub(r"\{\{.*?\}\}|##.*?##", "x", url)):
        problems["target_url"] = Problem("url", "The target url format is invalid.")
    if len(draft.notes) > MAX_NOTES:
        problems["notes"] = Problem("max", f"The notes may have at most {MAX_NOTES} characters.")
    if problems:
        raise Invalid(problems)
