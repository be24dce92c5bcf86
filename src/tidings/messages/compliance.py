"""Whether a mail carries the way out it must carry. What counts as one is `content.checks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.content import Site, compliance_problems
from tidings.messages.mailing import source_from


def has_way_out(row: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """A marketing mail must hold an unsubscribe or a preferences link, in its body or its footer (fluentcrm.md §4.5).

    `row` has the names of a campaign's row that matter here (body, design, footer, language, is_transactional; each
    may be missing), `settings` the installation's; the built-in footer always has both links.
    """
    defaults = {"subject": "", "preheader": "", "body": "", "design": "simple", "footer": "global", "look": {}}
    written = source_from({**defaults, "language": "smartcodes", "is_transactional": False, **row})
    if written.kind == "transactional":
        return True
    site = Site(footer=str(settings.get("email_footer") or ""))
    return not compliance_problems(written.source, site, language=written.language)
