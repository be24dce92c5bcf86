"""What landing pages speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

State = Literal["draft", "published", "unpublished"]
Mode = Literal["blocks", "html"]
BlockKind = Literal["heading", "text", "image", "button", "columns", "divider", "space", "html", "form", "preferences"]
KINDS: tuple[BlockKind, ...] = (
    "heading",
    "text",
    "image",
    "button",
    "columns",
    "divider",
    "space",
    "html",
    "form",
    "preferences",
)
Align = Literal["left", "center", "right"]
Font = Literal["system", "serif", "rounded", "mono"]


class Block(msgspec.Struct, frozen=True):
    """One block, from top to bottom.

    `text` is plain for heading and button, HTML for text, columns and html; `other` is the HTML of the second column.
    `url` is the picture of an image and the target of a button, `link` where an image leads, `alt` its description.
    `level` (1 to 3) is the size of a heading. `preferences` is the form by which people change what is known of them.
    """

    kind: BlockKind
    text: str = ""
    other: str = ""
    url: str = ""
    link: str = ""
    alt: str = ""
    align: Align = "left"
    level: int = 2


class PageSettings(msgspec.Struct, frozen=True):
    """How a page looks and what follows a submission. Colours are #rrggbb; "" takes the usual one.

    `brand` is the name at the top and in the title, "" that of the installation. Without `message` and `redirect_url`
    the form's own hold.
    """

    background: str = ""
    surface: str = ""
    ink: str = ""
    accent: str = ""
    font: Font = "system"
    logo_url: str = ""
    brand: str = ""
    meta_title: str = ""
    meta_description: str = ""
    message: str = ""
    redirect_url: str = ""


class Page(msgspec.Struct, frozen=True):
    """A page as stored; field order is the order of PAGE_COLUMNS. `list_id` and its `group_ids` are fed by the form."""

    id: int
    slug: str
    title: str
    state: State
    mode: Mode
    blocks: Sequence[Block]
    html: str
    settings: PageSettings
    form_id: int | None
    list_id: int | None
    group_ids: Sequence[int]
    version: int
    created_by: int | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime


PAGE_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Page))


@dataclass(frozen=True, slots=True)
class Counted:
    """A page with what was counted of it: views of people, and submissions."""

    page: Page
    views: int
    submissions: int

    @property
    def conversion_rate(self) -> float:
        """Submissions per hundred views, one decimal."""
        return conversion_rate(self.views, self.submissions)


def conversion_rate(views: int, submissions: int) -> float:
    """In percent with one decimal; 0 without views."""
    return round(submissions * 100 / views, 1) if views else 0.0


@dataclass(frozen=True, slots=True)
class PageDraft:
    """What the operator decides. The state changes by publishing only."""

    title: str
    slug: str
    mode: Mode = "blocks"
    blocks: Sequence[Block] = ()
    html: str = ""
    settings: PageSettings = field(default_factory=PageSettings)
    form_id: int | None = None
    list_id: int | None = None
    group_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a published page looked like when it was asked for: the same stamp, the same document."""

    page_id: int
    version: int
    form_at: datetime | None
