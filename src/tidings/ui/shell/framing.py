"""A mail inside a page: foreign HTML in a frame of its own, which runs nothing, sends nothing and reaches no page of ours.

The page shows it by `<iframe sandbox src=…>`; the policy of the answer holds also when somebody opens the address alone.
"""

from __future__ import annotations

import re
from typing import Any

from litestar import MediaType, Response

POLICY = (
    "default-src 'none'; img-src http: https: data:; font-src http: https: data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_HEAD = re.compile(r"<head\b[^<>]*>", re.IGNORECASE)
# Links of the mail open beside the page: a frame may show nothing but our own answers.
_BASE = '<base target="_blank">'


def framed(html: str) -> Response[Any]:
    """The answer that carries a mail's HTML."""
    found = _HEAD.search(html)
    at = found.end() if found else 0
    return Response(
        html[:at] + _BASE + html[at:],
        media_type=MediaType.HTML,
        headers={"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer"},
    )
