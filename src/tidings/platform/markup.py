"""HTML that somebody wrote, made safe to show."""

from __future__ import annotations

from typing import Any

import nh3

from tidings.platform.errors import Refused

# Cleaning takes the square of how deep tags are nested: so many take a tenth of a second, ten times as many half a minute.
MOST_TAGS = 10_000


def cleaned(html: str, **allowed: Any) -> str:
    """HTML with what nh3.clean lets through (`allowed` are its arguments). Raises Refused above MOST_TAGS tags."""
    if html.count("<") > MOST_TAGS:
        raise Refused(f"HTML may have at most {MOST_TAGS} tags.", code="too_many_tags")
    return nh3.clean(html, **allowed)
