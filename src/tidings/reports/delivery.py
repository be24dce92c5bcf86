"""What did not arrive and what the servers answered; hits that count for nobody. `campaigns` has the other numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tidings.imports.rules import spreadsheet_safe
from tidings.messages.queries import export_messages
from tidings.messages.types import Message
from tidings.platform.core import Core

_PIECE = 1000
_COLUMNS = (
    "email",
    "state",
    "sent_at",
    "opens",
    "first_opened_at",
    "clicks",
    "first_clicked_at",
    "unsubscribed_at",
    "answer_code",
    "answer",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What servers said to messages that did not arrive. `code`: SMTP reply, None when there was none; `status`: the
    enhanced status (5.1.1) or nothing; `example`: one of the `n` texts."""

    state: str
    code: int | None
    status: str
    example: str
    n: int


@dataclass(frozen=True, slots=True)
class OtherHits:
    """Hits beside those of known people: by machines, and by people whose name was not tracked."""

    machine_opens: int = 0
    machine_clicks: int = 0
    anonymous_opens: int = 0
    anonymous_clicks: int = 0


async def answers(core: Core, campaign_id: int, *, limit: int = 20) -> list[Answer]:
    """The answers to what failed, bounced or has an unknown outcome, the most frequent first."""
    rows = await core.db.fetch(
        r"""SELECT state, code, coalesce(substring(note FROM '\m[245]\.\d{1,3}\.\d{1,3}\M'), '') AS status,
        coalesce(min(note), '') AS example, count(*) AS n
        FROM messages WHERE campaign_id = $1 AND state IN ('failed', 'bounced', 'complained', 'unknown')
        GROUP BY state, code, 3 ORDER BY n DESC, state, code, 3 LIMIT $2""",
        campaign_id,
        limit,
    )
    return [Answer(*row) for row in rows]


async def other_hits(core: Core, campaign_id: int) -> OtherHits:
    """Counted from the hits themselves, as far back as they are kept."""
    row = await core.db.fetchrow(
        """SELECT
        (SELECT coalesce(sum(n), 0) FROM anonymous_hits WHERE campaign_id = $1 AND kind = 1)::bigint AS anonymous_opens,
        (SELECT coalesce(sum(n), 0) FROM anonymous_hits WHERE campaign_id = $1 AND kind = 2)::bigint AS anonymous_clicks,
        count(*) FILTER (WHERE h.kind = 1) AS machine_opens, count(*) FILTER (WHERE h.kind = 2) AS machine_clicks
        FROM hits h JOIN messages m ON m.id = h.message_id WHERE h.is_machine AND m.campaign_id = $1""",
        campaign_id,
    )
    return OtherHits(**dict(row.items())) if row else OtherHits()


async def people_csv(core: Core, campaign_id: int, *, filter: str = "") -> AsyncIterator[bytes]:
    """Every message of a campaign as a CSV file in pieces: UTF-8 with a mark, instants in UTC.

    Filters as in `messages.queries.list_messages`. Cells that a spreadsheet would run as formulas are made harmless;
    memory does not grow with the number of messages.
    """
    yield b"\xef\xbb\xbf" + _lines([_COLUMNS])
    after = 0
    while rows := await export_messages(core, campaign_id, filter=filter, after=after, size=_PIECE):
        yield _lines([_cells(row) for row in rows])
        after = rows[-1].id


def _cells(one: Message) -> tuple[str, ...]:
    at = [
        moment.isoformat(timespec="seconds") if moment else ""
        for moment in (one.sent_at, one.opened_at, one.clicked_at, one.unsubscribed_at)
    ]
    code = "" if one.code is None else str(one.code)
    return (
        spreadsheet_safe(one.email),
        one.state,
        at[0],
        str(one.opens),
        at[1],
        str(one.clicks),
        at[2],
        at[3],
        code,
        spreadsheet_safe(one.note or ""),
    )


def _lines(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
