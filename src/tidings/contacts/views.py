"""Rows of `store.view_sql` to contacts with their tags and lists.

A row tells the ids only: the same few tags and lists stand in every row of a page, so what they are is asked once, and
together with whatever other pages are being read at the moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from tidings.contacts import store
from tidings.contacts.types import Contact, ContactView, Membership, Term
from tidings.platform.core import Core
from tidings.platform.db import Row


class _Joined(msgspec.Struct, frozen=True, array_like=True):
    """A membership as the row tells it."""

    term_id: int
    at: datetime
    membership_id: int


_Rows = list[_Joined]
_Terms = Mapping[int, Term]
_decode = msgspec.json.Decoder(_Rows).decode


async def views_from(core: Core, rows: Sequence[Row]) -> list[ContactView]:
    """The contacts in the order of the rows. A tag or list that went away meanwhile is left out."""
    joined = [(_decode(row["tags_"] or "[]"), _decode(row["lists_"] or "[]")) for row in rows]
    return await _views(core, [store.contact_from(row) for row in rows], joined)


async def views_from_facts(core: Core, facts: Sequence[Mapping[str, Any]]) -> list[ContactView]:
    """As `views_from`, from the data of `contact_deleted` facts that keep a contact."""
    joined = [
        (msgspec.convert(data["tags"] or [], _Rows), msgspec.convert(data["lists"] or [], _Rows)) for data in facts
    ]
    return await _views(core, [store.contact_from_fact(data) for data in facts], joined)


async def _views(core: Core, contacts: Sequence[Contact], joined: Sequence[tuple[_Rows, _Rows]]) -> list[ContactView]:
    tag_ids = {one.term_id for tags, _ in joined for one in tags}
    list_ids = {one.term_id for _, lists in joined for one in lists}
    tags: _Terms = {}
    lists: _Terms = {}
    if tag_ids or list_ids:
        tags, lists = await core.gatherings.of("terms", partial(_terms, core)).answer((tag_ids, list_ids))
    return [
        ContactView(contact, _memberships(tagged, tags), _memberships(listed, lists))
        for contact, (tagged, listed) in zip(contacts, joined, strict=True)
    ]


def _memberships(rows: _Rows, terms: _Terms) -> list[Membership]:
    return [Membership(terms[one.term_id], one.at, one.membership_id) for one in rows if one.term_id in terms]


async def _terms(core: Core, asked: list[tuple[set[int], set[int]]]) -> list[tuple[_Terms, _Terms]]:
    """What is asked for, to everybody who asked at this moment."""
    tag_ids: set[int] = set().union(*(tags for tags, _ in asked))
    list_ids: set[int] = set().union(*(lists for _, lists in asked))
    rows = await core.db.fetch(store.sql.terms, list(tag_ids), list(list_ids))
    tags = {row["id"]: Term(*row[1:]) for row in rows if row["is_tag"]}
    lists = {row["id"]: Term(*row[1:]) for row in rows if not row["is_tag"]}
    return [(tags, lists)] * len(asked)
