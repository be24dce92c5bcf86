"""Finding people and notes by what somebody types: quick, a handful, the newest first.

By the beginnings of addresses, names, numbers and words however many there are, by any part among the newest. Exact
selections without such a bound are rules of `segments`.
"""

from __future__ import annotations

import re

from tidings.contacts import store
from tidings.contacts.queries import notes_by_ids
from tidings.contacts.types import Contact, Note
from tidings.platform.core import Core
from tidings.platform.db import escape_like

# How many of the newest are looked through from end to end: a twentieth of a second for contacts.
NEWEST = 100_000
NEWEST_NOTES = 20_000
MAX_TEXT = 200


async def search_contacts(core: Core, text: str, *, limit: int = 10) -> list[Contact]:
    """People whose address, first or last name or number begins with the text, or, among the newest, holds it.

    Of several words, the first may begin the first name and the last one the last name. Empty text finds nobody.
    """
    text = _clean(text)
    if not text:
        return []
    words = text.split()
    first, last = (f"{escape_like(words[0])}%", f"{escape_like(words[-1])}%") if len(words) > 1 else ("", "")
    number = f"{escape_like(text)}%" if text.lstrip("+")[:1].isdigit() else ""
    wanted = (f"{escape_like(text)}%", f"%{escape_like(text)}%", first, last, number, limit, NEWEST)
    async with core.db.reading() as tx:
        ids = await tx.fetch(store.sql.found_contacts, *wanted)
        where = store.plain_sql("c.id = ANY($1::bigint[])", order="ORDER BY c.id DESC")
        return [store.contact_from(row) for row in await tx.fetch(where, [row["id"] for row in ids])]


async def search_notes(core: Core, text: str, *, limit: int = 10) -> list[Note]:
    """Notes all of whose typed words begin a word of the title or the text, or which, among the newest, hold the text."""
    text = _clean(text)
    if not text:
        return []
    words = " & ".join(f"{word}:*" for word in re.findall(r"[^\W_]+", text))
    async with core.db.reading() as tx:
        ids = await tx.fetch(store.sql.found_notes, words, f"%{escape_like(text)}%", limit, NEWEST_NOTES)
    return await notes_by_ids(core, [row["id"] for row in ids])


def _clean(text: str) -> str:
    # Python and PostgreSQL may differ about the small letters of a few scripts; then the index finds what it can.
    return " ".join(text.replace("\0", " ").split())[:MAX_TEXT].lower()
