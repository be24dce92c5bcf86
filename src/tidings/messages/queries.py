"""Reads of messages and of the capture mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.contacts import counting
from tidings.content import Language
from tidings.messages.store import MESSAGE_SELECTED
from tidings.messages.types import MESSAGE_COLUMNS, CapturedMail, Message
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

_SORTS = {"id": "m.id", "sent_at": "m.sent_at", "opens": "m.opens", "clicks": "m.clicks", "email": "m.email"}
# what a report may be narrowed to
FILTERS = {
    "": "true",
    "all": "true",
    "click": "m.clicked_at IS NOT NULL",
    "open": "m.opened_at IS NOT NULL",
    "view": "m.opened_at IS NOT NULL",
    "unopened": "m.opened_at IS NULL AND m.state = 'sent'",
    "failed": "m.state IN ('failed', 'bounced')",
    "bounced": "m.state = 'bounced'",
    "complained": "m.state = 'complained'",
    "undelivered": "m.state IN ('failed', 'bounced', 'complained', 'unknown')",
    "waiting": "m.state IN ('queued', 'paused', 'sending', 'deferred')",
    "cancelled": "m.state = 'cancelled'",
    "unknown": "m.state = 'unknown'",
    "unsubscribed": "m.unsubscribed_at IS NOT NULL",
    "stayed": "m.unsubscribed_at IS NULL",
    "sent": "m.state = 'sent'",
}


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message with the title, kind and language of its campaign and the subject line, as written, that it goes by."""

    message: Message
    campaign_title: str
    campaign_kind: str
    subject: str
    language: Language


async def list_messages(
    core: Core,
    request: PageRequest,
    *,
    campaign_id: int | None = None,
    contact_id: int | None = None,
    filter: str = "",
    search: str = "",
    ids: Sequence[int] | None = None,
    states: Sequence[str] = (),
    kinds: Sequence[str] = (),
    link_id: int | None = None,
    total: int | None = None,
) -> Page[MessageRow]:
    """A page of messages; an unknown filter is no filter. `kinds` are of campaigns; `link_id` is a link of `campaign_id`
    that was clicked; `total` spares the counting."""
    where = f"""($1::bigint IS NULL OR m.campaign_id = $1) AND ($2::bigint IS NULL OR m.contact_id = $2)
        AND ($3::text = '' OR lower(m.email) LIKE $3) AND ($4::bigint[] IS NULL OR m.id = ANY($4))
        AND (cardinality($5::text[]) = 0 OR m.state = ANY($5))
        AND (cardinality($6::text[]) = 0 OR m.campaign_id IN (SELECT id FROM campaigns WHERE kind = ANY($6)))
        AND ($7::bigint IS NULL OR m.id IN (SELECT message_id FROM message_links WHERE campaign_id = $1 AND link_id = $7))
        AND {FILTERS.get(filter, "true")}"""
    text = escape_like(search.strip().lower())
    args = (
        campaign_id,
        contact_id,
        f"%{text}%" if text else "",
        list(ids) if ids is not None else None,
        list(states),
        list(kinds),
        link_id,
    )
    statement = (
        f"SELECT m.id FROM messages m WHERE {where} {request.order_by(_SORTS)} LIMIT $8::bigint OFFSET $9::bigint"
    )
    page = await counting.ids_of_page(core, statement, [*args, request.per_page, request.offset])
    rows = await core.db.fetch(
        f"""SELECT {MESSAGE_SELECTED}, c.title AS title_, c.kind AS kind_, coalesce(s.subject, c.subject) AS subject_,
        c.language AS language_
        FROM messages m JOIN campaigns c ON c.id = m.campaign_id LEFT JOIN campaign_subjects s ON s.id = m.subject_id
        WHERE m.id = ANY($1::bigint[]) {request.order_by(_SORTS)}""",
        page,
    )
    known = total if total is not None else request.total_seen(len(page))
    if known is None:
        known = await counting.count(core, [f"SELECT count(*) FROM messages m WHERE {where}"], args)
    width = len(MESSAGE_COLUMNS)
    found = [MessageRow(Message(*row[:width]), *row[width:]) for row in rows]
    return Page(found, known or 0, request)


async def export_messages(
    core: Core, campaign_id: int, *, filter: str = "", after: int = 0, size: int = 1000
) -> list[Message]:
    """The next messages of a campaign above the id `after`, ascending: for files, in pieces. Filters as in lists."""
    rows = await core.db.fetch(
        f"""SELECT {MESSAGE_SELECTED} FROM messages m WHERE m.campaign_id = $1 AND m.id > $2
        AND {FILTERS.get(filter, "true")} ORDER BY m.id LIMIT $3""",
        campaign_id,
        after,
        size,
    )
    return [Message(*row) for row in rows]


async def message_by_id(core: Core, message_id: int) -> MessageRow:
    """One message; raises NotFound."""
    page = await list_messages(core, PageRequest(per_page=1), ids=[message_id])
    if not page.rows:
        raise NotFound("message", message_id)
    return page.rows[0]


async def delete_messages_of_contact(core: Core, contact_id: int, ids: Sequence[int]) -> int:
    """Removes messages from a contact's page; those on their way stay. Returns how many went."""
    return await core.db.execute(
        "DELETE FROM messages WHERE contact_id = $1 AND id = ANY($2::bigint[]) AND state <> 'sending'",
        contact_id,
        list(ids),
    )


async def list_captured(core: Core, request: PageRequest, search: str = "") -> Page[CapturedMail]:
    """The capture mailbox, newest first."""
    text = escape_like(search.strip().lower())
    where = "($1 = '' OR lower(recipient) LIKE $1 OR lower(subject) LIKE $1)"
    like = f"%{text}%" if text else ""
    rows = await core.db.fetch(
        f"""SELECT id, at, message_id, sender, recipient, subject FROM captured_mails WHERE {where}
        ORDER BY id DESC LIMIT $2 OFFSET $3""",
        like,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM captured_mails WHERE {where}", like)
    return Page([CapturedMail(*row) for row in rows], total, request)


async def captured_by_id(core: Core, mail_id: int) -> CapturedMail:
    """One captured mail without its bytes; raises NotFound."""
    row = await core.db.fetchrow(
        "SELECT id, at, message_id, sender, recipient, subject FROM captured_mails WHERE id = $1", mail_id
    )
    if row is None:
        raise NotFound("mail", mail_id)
    return CapturedMail(*row)


async def captured_bytes(core: Core, mail_id: int) -> bytes:
    """The bytes of a captured mail; raises NotFound."""
    raw = await core.db.fetchval("SELECT raw FROM captured_mails WHERE id = $1", mail_id)
    if raw is None:
        raise NotFound("mail", mail_id)
    return raw


async def clear_captured(core: Core) -> int:
    """Empties the capture mailbox; returns how many mails went."""
    return await core.db.execute("DELETE FROM captured_mails")
