"""Whether a mail carries the way out it must carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = ("crm.unsubscribe_url", "crm.manage_subscription_url", "crm.unsubscribe_html", "crm.manage_subscription_html")
_WORDS += ("crm_global_email_footer", "unsubscribe_link")


def has_way_out(row: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """A marketing mail must hold an unsubscribe or a preferences link, in its body or its footer (fluentcrm.md §4.5).

    `row` has body, design, footer, is_transactional; the built-in footer always has both links.
    """
    if row.get("is_transactional"):
        return True
    footer = row.get("footer") or "global"
    has_footer = footer != "none" and row.get("design") != "raw_html"
    if has_footer and footer == "global" and not settings.get("email_footer"):
        return True
    texts = [str(row.get("body") or "")]
    if has_footer:
        texts.append(str(settings.get("email_footer")) if footer == "global" else footer)
    return any(word in text for text in texts for word in _WORDS)
