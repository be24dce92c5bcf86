"""Who opened or clicked: a person, or a machine on the way (scanner, prefetcher, privacy proxy). Pure.

A machine's hit is kept and marked; it never counts as a person and never triggers anything (must-pass 10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Agents of scanners and proxies that announce themselves, in lower case. Programs of people (curl, HTTP libraries) are
# not among them: those who click by program are the integrators, and scanners do not call themselves so.
_AGENTS = re.compile(
    r"bot\b|crawl|spider|preview|scan|proofpoint|mimecast|barracuda|safelinks|urldefense|symantec|messagelabs|fireeye|"
    r"trendmicro|ironport|cloudmark|forcepoint|zscaler|vade|googleimageproxy|ggpht|yahoomailproxy|bingpreview|"
    r"facebookexternalhit|slack|whatsapp|telegram|discord|skypeuri|headless|phantomjs|monitis|uptime|"
    r"office existence discovery|microsoft office"
)
# Proxies that fetch pictures for a reader who may be real: they mark opens as machine, clicks never come from them.
_PREFETCH = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def is_machine(method: str, headers: Mapping[str, str], *, is_click: bool) -> bool:
    """Whether the request itself says that no person made it."""
    if method not in ("GET", "POST"):
        return True
    if any(
        "prefetch" in headers.get(name, "").lower() or "preview" in headers.get(name, "").lower() for name in _PREFETCH
    ):
        return True
    agent = headers.get("user-agent", "").lower()
    if _AGENTS.search(agent):
        return True
    # Apple's mail privacy proxy asks for pictures with a bare Mozilla/5.0; a browser that clicks says more.
    return agent in ("", "mozilla/5.0") and (not is_click or agent == "")
