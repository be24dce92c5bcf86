"""What content speaks of: the person and the installation a mail may reach, its links, its headers, its compiled form.

A template reaches nothing but the fields declared here, by name, through closed tables (`smartcodes`, `variables`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import msgspec

from tidings.content.tree import Tree
from tidings.platform.errors import Refused

Language = Literal["smartcodes", "variables"]
Kind = Literal["marketing", "transactional"]

MAX_SOURCE_BYTES = 2_000_000


class ContentTooLarge(Refused):
    """The source of a mail, or what its macros make of it, is above `MAX_SOURCE_BYTES`."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"The content has {size:,} bytes; {MAX_SOURCE_BYTES:,} are the most.", code="content_too_large"
        )


class HeaderRefused(Refused):
    """A value cannot stand in a header: CR, LF or NUL in it, or not an address."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The value of the header “{name}” cannot be sent.", code="header_refused")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a contact that a template can reach. `uid` is what `contact.hash` shows, never derived from the address.

    `tags` and `lists` are (id, title, slug). `custom` is keyed by slug. `company` has the keys name, industry, email,
    phone, website, address_line_1, address_line_2, city, state, postal_code, country. `meta` holds only what users set.
    `context` holds the values of an automation's trigger, by group (`woo_order`, `cart`, `user` …) and key.
    """

    id: int
    email: str
    uid: str = ""
    prefix: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    address_line_1: str = ""
    address_line_2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    status: str = "subscribed"
    source: str = ""
    date_of_birth: date | None = None
    created_at: datetime | None = None
    last_activity: datetime | None = None
    contact_type: str = ""
    job_title: str = ""
    user_id: int | None = None
    timezone: str = ""
    custom: Mapping[str, object] = {}
    tags: tuple[tuple[int, str, str], ...] = ()
    lists: tuple[tuple[int, str, str], ...] = ()
    company: Mapping[str, object] | None = None
    meta: Mapping[str, object] = {}
    context: Mapping[str, Mapping[str, object]] = {}


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What a template can reach of the installation. `custom_fields` maps slug to kind; `footer` is HTML, empty = built-in.

    `date_format` is in PHP letters. `latest_post` has title, content, excerpt. `custom_field_labels` serves the picker.
    """

    business_name: str = ""
    business_address: str = ""
    name: str = ""
    url: str = ""
    description: str = ""
    admin_email: str = ""
    time_zone: str = "UTC"
    date_format: str = "F j, Y"
    footer: str = ""
    custom_fields: Mapping[str, str] = {}
    custom_field_labels: Mapping[str, str] = {}
    latest_post: Mapping[str, str] = {}


class MailLinks(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses that belong to one message. `click_tail` is the message's own part at the end of the
    tracked address of each link (`track_links`); a mail that was not tracked shows the links' own addresses. Without
    `open_pixel_url` no pixel is put.
    """

    unsubscribe_url: str = ""
    manage_url: str = ""
    web_view_url: str = ""
    activate_url: str = ""
    portal_url: str = ""
    open_pixel_url: str | None = None
    click_tail: str = ""


class Address(msgspec.Struct, frozen=True):
    """A mailbox: the address and an optional name, both unencoded."""

    email: str
    name: str = ""


class MailHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """The headers of one message. `message_id` with or without angle brackets; `sent_at` aware.

    `list_unsubscribe` holds bare addresses (https, mailto); `one_click` adds List-Unsubscribe-Post (RFC 8058).
    """

    sender: Address
    to: Address
    message_id: str
    sent_at: datetime
    reply_to: Address | None = None
    list_unsubscribe: tuple[str, ...] = ()
    one_click: bool = False
    extra: tuple[tuple[str, str], ...] = ()


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as written. `design`: simple, plain, classic, raw_classic, raw_html, visual_builder, block_editor, web_preview.

    `look` is FluentCRM's template_config, `footer` its footer_settings (§2.4); unknown keys are ignored.
    """

    subject: str = ""
    preheader: str = ""
    body: str = ""
    design: str = "simple"
    look: Mapping[str, object] = {}
    footer: Mapping[str, object] = {}

    @property
    def has_footer(self) -> bool:
        """Whether a footer is put under the body: not disabled in either place, and not a raw HTML document."""
        is_off = self.look.get("disable_footer") == "yes" or self.footer.get("disable_footer") == "yes"
        return not is_off and self.design != "raw_html"


class Scope:
    """What one rendering works on; made per message, never shared. `person` None leaves codes literal."""

    __slots__ = ("links", "now", "person", "site")

    def __init__(self, person: Person | None, site: Site, links: MailLinks, now: datetime) -> None:
        self.person = person
        self.site = site
        self.links = links
        self.now = now


Chunk = Callable[[Scope], bytes]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A mail ready to be joined. `links` are the registered addresses, HTML-unescaped, in order of first appearance.

    `needs` says what must be read of a person beside its own columns: `tags`, `lists`, `company`; `portal`: a link to it.
    """

    subject: Tree
    preheader: Tree
    html: Tree
    text: Tree
    links: tuple[str, ...]
    needs: frozenset[str]
    language: Language
    kind: Kind
    site: Site
    body: tuple[bytes | Chunk, ...]
