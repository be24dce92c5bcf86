"""Looking up a company's logo: the icon that its web site names. Only the address is kept, no picture is stored."""

from __future__ import annotations

from contextlib import suppress
from html.parser import HTMLParser
from urllib.parse import urljoin

from tidings.contacts.companies import queries, rules
from tidings.contacts.companies.actions import update_company
from tidings.contacts.companies.types import CompanyDraft
from tidings.platform import http
from tidings.platform.core import Core
from tidings.platform.errors import Invalid

_RANK = ("apple-touch-icon", "apple-touch-icon-precomposed", "icon")
_MAX_PAGE = 2 * 1024 * 1024
# Icons are named at the head of a page.
_MAX_READ = 128 * 1024
_TIMEOUT = 8.0


async def look_up_logo(core: Core, company_id: int) -> str | None:
    """Stores the address of the icon of the company's web site and returns it; None when there is none to be found."""
    website = (await queries.company_by_id(core, company_id)).company.website
    if not website:
        return None
    try:
        page = await http.fetch(core, "GET", website, timeout=_TIMEOUT, max_bytes=_MAX_PAGE)
    except (http.OutboundRefused, http.OutboundFailed):
        return None
    address = icon_of(page.body[:_MAX_READ].decode("utf-8", "replace"), page.url) if page.status < 400 else None
    if address is None:
        return None
    try:
        await update_company(core, company_id, CompanyDraft({"logo": address}))
    except Invalid:
        return None
    return address


def icon_of(html: str, base: str) -> str | None:
    """The address of the best icon that a page names, whole; None when it names none of the web."""
    parser = _Links()
    # The parser gives up at some broken declarations; what stood before them counts.
    with suppress(AssertionError):
        parser.feed(html)
    for wanted in _RANK:
        for rel, href in parser.found:
            address = urljoin(base, href)
            if wanted in rel and address.startswith(("http://", "https://")):
                return rules.web_address(address)
    return None


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[list[str], str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps `<link rel href>`."""
        if tag == "link":
            given = dict(attrs)
            if given.get("href"):
                self.found.append(((given.get("rel") or "").lower().split(), str(given["href"]).strip()))
