"""Reads of companies. A page costs two statements; every sort stands on an index, counts come from the tallies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidings.contacts import store as contact_store
from tidings.contacts.companies import store
from tidings.contacts.companies.types import Company, CompanyView, JoinedCompany
from tidings.contacts.companies.words import INDUSTRIES, TYPES
from tidings.contacts.types import Contact, Filter
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

# Each expression is one that migration 0011 indexes: change them together.
SORTS = {
    "id": "k.id",
    "name": "lower(k.name)",
    "type": "lower(coalesce(k.type, ''))",
    "industry": "lower(coalesce(k.industry, ''))",
    "email": "lower(coalesce(k.email, ''))",
    "employees_number": "k.employees_number",
    "created_at": "k.created_at",
    "updated_at": "k.updated_at",
}
_SEARCHED = "name", "email", "phone", "website", "industry", "type", "address_line_1", "city", "state", "country"
_HAYSTACK = f"lower(concat_ws(E'\\x01', {', '.join(f'k.{name}' for name in _SEARCHED)}))"
_FIND = {"id": "k.id = $1::bigint", "name": "lower(k.name) = lower($1)", "phone": "k.phone = $1"}
_FIND["email"] = "lower(coalesce(k.email, '')) = lower($1)"
_COUNT = "(SELECT sum(contacts) FROM tallies WHERE scope = 'company' AND key = k.id)"
SEARCH_LIMIT = 50


async def list_companies(
    core: Core,
    request: PageRequest,
    *,
    search: str = "",
    types: Sequence[str] = (),
    industries: Sequence[str] = (),
    ids: Sequence[int] | None = None,
) -> Page[CompanyView]:
    """A page of companies; `types` and `industries` are alternatives each, without letter case."""
    where, args = _where(search, types, industries, ids)
    order = request.order_by(SORTS)
    page = f"SELECT k.* FROM companies k{where} {order} LIMIT ${len(args) + 1} OFFSET ${len(args) + 2}"
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED}, coalesce({_COUNT}, 0)::bigint AS contacts_count FROM ({page}) k {order}",
        *args,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM companies k{where}", *args)
    return Page([CompanyView(store.company_from(row), row["contacts_count"]) for row in rows], total, request)


async def list_company_ids(
    core: Core,
    *,
    search: str = "",
    types: Sequence[str] = (),
    industries: Sequence[str] = (),
    after: int = 0,
    limit: int = 1000,
) -> list[int]:
    """Ids in ascending order, by keyset: for bulk work in pieces."""
    where, args = _where(search, types, industries, None)
    joined = f"{where} AND" if where else " WHERE"
    rows = await core.db.fetch(
        f"SELECT k.id FROM companies k{joined} k.id > ${len(args) + 1} ORDER BY k.id LIMIT ${len(args) + 2}",
        *args,
        after,
        limit,
    )
    return [row["id"] for row in rows]


def _where(
    search: str, types: Sequence[str], industries: Sequence[str], ids: Sequence[int] | None
) -> tuple[str, list[Any]]:
    """WHERE of what is given: a condition that is not there leaves the planner its indexes."""
    conditions: list[str] = []
    args: list[Any] = []

    def add(condition: str, value: object) -> None:
        args.append(value)
        conditions.append(condition.format(f"${len(args)}"))

    if search.strip():
        add(f"{_HAYSTACK} LIKE lower({{}})", f"%{escape_like(search.strip())}%")
    if types:
        add("lower(coalesce(k.type, '')) = ANY(SELECT lower(w) FROM unnest({}::text[]) w)", list(types))
    if industries:
        add("lower(coalesce(k.industry, '')) = ANY(SELECT lower(w) FROM unnest({}::text[]) w)", list(industries))
    if ids is not None:
        add("k.id = ANY({}::bigint[])", list(ids))
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), args


async def search_companies(
    core: Core, text: str = "", *, always: Sequence[int] = (), without_contact: int | None = None
) -> tuple[list[Company], bool]:
    """Companies whose name holds `text`, by name, at most SEARCH_LIMIT and those in `always`; and whether there are
    more. `without_contact` leaves out the companies of that contact."""
    rows = await core.db.fetch(
        f"""SELECT {store.SELECTED} FROM companies k WHERE ($1 = '' OR lower(k.name) LIKE lower($1))
        AND ($2::bigint IS NULL OR NOT EXISTS (
            SELECT 1 FROM contact_companies m WHERE m.contact_id = $2 AND m.company_id = k.id))
        ORDER BY lower(k.name) LIMIT $3""",
        f"%{escape_like(text.strip())}%" if text.strip() else "",
        without_contact,
        SEARCH_LIMIT + 1,
    )
    found = [store.company_from(row) for row in rows[:SEARCH_LIMIT]]
    missing = set(always) - {company.id for company in found}
    more = (await companies_by_ids(core, list(missing))).values() if missing else ()
    return [*found, *more], len(rows) > SEARCH_LIMIT


async def find_company(core: Core, value: int | str, *, by: str = "id") -> CompanyView | None:
    """One company by id, name, email or phone (the oldest, when several have it), or None."""
    row = await core.db.fetchrow(
        f"SELECT {store.SELECTED}, coalesce({_COUNT}, 0)::bigint AS contacts_count FROM companies k"
        f" WHERE {_FIND[by]} ORDER BY k.id LIMIT 1",
        value,
    )
    return CompanyView(store.company_from(row), row["contacts_count"]) if row else None


async def company_by_id(core: Core, company_id: int) -> CompanyView:
    """One company; raises NotFound."""
    found = await find_company(core, company_id)
    if found is None:
        raise NotFound("company", company_id)
    return found


async def companies_by_ids(core: Core, ids: Sequence[int]) -> dict[int, Company]:
    """Several companies at once, keyed and ordered by id; unknown ids are left out."""
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED} FROM companies k WHERE k.id = ANY($1::bigint[]) ORDER BY k.id", list(ids)
    )
    return {row["id"]: store.company_from(row) for row in rows}


async def companies_of(core: Core, contact_ids: Sequence[int]) -> dict[int, list[JoinedCompany]]:
    """The companies of contacts, the longest membership first; contacts without one are left out."""
    found: dict[int, list[JoinedCompany]] = {}
    for row in await core.db.fetch(store.OF_CONTACTS, list(contact_ids)):
        joined = JoinedCompany(store.company_from(row, 2), row["joined_at_"])
        found.setdefault(row["contact_id_"], []).append(joined)
    return found


async def contacts_outside(
    core: Core, company_id: int, matching: Filter | None = None, *, limit: int = 20
) -> list[Contact]:
    """The newest contacts that are not in a company and match."""
    where, args = (matching.sql, list(matching.args)) if matching else ("true", [])
    outside = (
        f"NOT EXISTS (SELECT 1 FROM contact_companies m WHERE m.contact_id = c.id AND m.company_id = ${len(args) + 1})"
    )
    statement = contact_store.plain_sql(
        f"({where}) AND {outside}", order="ORDER BY c.id DESC", limit=f"LIMIT ${len(args) + 2}"
    )
    async with core.db.reading() as tx:
        return [contact_store.contact_from(row) for row in await tx.fetch(statement, *args, company_id, limit)]


async def words_in_use(core: Core) -> tuple[list[str], list[str]]:
    """Types and industries to choose from: ours first, then those that companies have beside them."""
    types, industries = dict.fromkeys(TYPES), dict.fromkeys(INDUSTRIES)
    for row in await core.db.fetch(store.sql.words_in_use):
        (types if row["kind"] == "type" else industries).setdefault(row["word"])
    return list(types), list(industries)
