"""A contact's row as the person that content speaks of. The columns are named here once, for claims and previews."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from tidings.content import Person
from tidings.platform.db import Row

_TEXTS = (
    *("email", "prefix", "first_name", "last_name", "phone", "address_line_1", "address_line_2", "city", "state"),
    *("postal_code", "country", "status", "source", "contact_type", "job_title", "timezone"),
)
_OTHERS = ("id", "user_id", "date_of_birth", "created_at", "custom")
_COMPANY = ("name", "industry", "email", "phone", "website", "address_line_1", "address_line_2", "city", "state")
_COMPANY += ("postal_code", "country")
_MANY = {"tags": ("contact_tags", "tags", "tag_id"), "lists": ("contact_lists", "lists", "list_id")}


def person_columns(needs: Collection[str]) -> str:
    """The SELECT list over `contacts c`; `needs` may hold `tags`, `lists` and `company`, read only when a mail asks for
    them."""
    columns = [f"c.{name}" for name in _TEXTS + _OTHERS]
    columns += ["c.active_at AS last_activity", "c.company_name", "c.website"]
    columns += [
        f"(SELECT jsonb_agg(jsonb_build_array(t.id, t.title, t.slug)) FROM {link} l JOIN {table} t ON t.id = l.{key}"
        f" WHERE l.contact_id = c.id) AS {name}"
        for name, (link, table, key) in _MANY.items()
        if name in needs
    ]
    if "company" in needs:
        pairs = ", ".join(f"'{name}', k.{name}" for name in _COMPANY)
        columns.append(
            f"(SELECT jsonb_build_object({pairs}) FROM companies k WHERE k.id = c.company_id) AS primary_company"
        )
    return ", ".join(columns)


def person_of(row: Row, needs: Collection[str] = (), uid: str = "") -> Person:
    """The person of a row that holds `person_columns(needs)`; `uid` is its name in public addresses."""
    texts: dict[str, Any] = {name: row[name] or "" for name in _TEXTS}
    # What a contact says of its company itself stands in while it belongs to none.
    company = row["primary_company"] if "company" in needs else None
    if not company and (row["company_name"] or row["website"]):
        company = {"name": row["company_name"] or "", "website": row["website"] or ""}
    return Person(
        id=row["id"],
        user_id=row["user_id"],
        date_of_birth=row["date_of_birth"],
        created_at=row["created_at"],
        last_activity=row["last_activity"],
        custom=row["custom"],
        company=company,
        uid=uid,
        tags=_terms(row["tags"]) if "tags" in needs else (),
        lists=_terms(row["lists"]) if "lists" in needs else (),
        **texts,
    )


def _terms(stored: object) -> tuple[tuple[int, str, str], ...]:
    return tuple((one[0], one[1], one[2]) for one in cast("list[tuple[int, str, str]]", stored or []))
