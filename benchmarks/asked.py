"""What a case of `benchmarks.lists` is, and what those of all dialects share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROOTS = {"FluentCRM": "/wp-json/fluent-crm/v2", "Furiosa": "/api/v1", "FluenzR": "/v1"}
LIST, SEARCH, ESTIMATE, BUSY = 200, 400, 500, 100


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the table: the addresses, which are asked in turn, and what was promised in milliseconds. `raw`
    are the rows and the total as statements by hand; `is_busy`: also over many connections."""

    dialect: str
    name: str
    requests: Sequence[str]
    limit: int = LIST
    raw: Sequence[str] = ()
    is_busy: bool = False


def by_hand(where: str, order: str = "c.id DESC") -> tuple[str, ...]:
    """The page and the total of contacts as statements by hand."""
    return (
        f"SELECT c.* FROM contacts c WHERE {where} ORDER BY {order} LIMIT 25",
        f"SELECT count(*) FROM contacts c WHERE {where}",
    )


def spread(contacts: int, n: int = 20) -> list[int]:
    """Ids from all over."""
    return [1 + (k * 7919 * 131) % contacts for k in range(1, n + 1)]


def tagged(which: str) -> str:
    """The condition of having a tag."""
    return f"EXISTS (SELECT 1 FROM contact_tags m WHERE m.contact_id = c.id AND m.tag_id {which})"
