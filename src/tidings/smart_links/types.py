"""What smart links speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec


class SmartLink(msgspec.Struct, frozen=True):
    """A link as stored, with its counts; field order is the order of LINK_COLUMNS, then the counts.

    `contact_clicks` are those of known contacts, `clicks` all of them; machines count in neither.
    """

    id: int
    slug: str
    title: str
    target_url: str
    tag_ids: Sequence[int]
    list_ids: Sequence[int]
    remove_tag_ids: Sequence[int]
    remove_list_ids: Sequence[int]
    signs_in: bool
    notes: str
    user_id: int | None
    created_at: datetime
    updated_at: datetime
    contact_clicks: int = 0
    clicks: int = 0


LINK_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(SmartLink))[:-2]


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """What the operator decides. `signs_in` is kept for clients that ask; nobody is signed in by a link yet."""

    title: str
    target_url: str
    tag_ids: Sequence[int] = ()
    list_ids: Sequence[int] = ()
    remove_tag_ids: Sequence[int] = ()
    remove_list_ids: Sequence[int] = ()
    signs_in: bool = False
    notes: str = ""
