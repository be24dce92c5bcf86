"""Creating, changing and deleting companies, as sets: the number of statements does not depend on how many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import asyncpg

from tidings.contacts import queries as contacts
from tidings.contacts.companies import rules, store
from tidings.contacts.companies.members import change_companies
from tidings.contacts.companies.types import Company, CompanyDraft
from tidings.contacts.rules import custom_values
from tidings.contacts.types import Written
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.platform.facts import Fact, wake_readers, write_facts

OnExisting = Literal["refuse", "update", "skip"]
TAKEN = Problem("unique", "The name is already in use by another company.")
NO_OWNER = Problem("exists", "The owner must be a contact.")
_Place = tuple[int, CompanyDraft]


async def create_company(core: Core, draft: CompanyDraft, *, contact_id: int | None = None) -> int:
    """Makes a company, which `contact_id` joins when there is such a contact; returns its id. Raises Invalid."""
    checked = await _checked(core, [CompanyDraft({"name": None, **draft.values}, draft.custom)])
    async with core.db.transaction() as tx:
        made = (await _write(core, tx, checked, "refuse"))[0].id
        if contact_id is not None:
            await change_companies(tx, at=core.clock.now(), add=[(contact_id, made)])
        return made


async def update_company(core: Core, company_id: int, draft: CompanyDraft) -> Written:
    """Changes what is given; raises NotFound, Invalid."""
    return (await write_companies(core, [CompanyDraft(draft.values, draft.custom, company_id)]))[0]


async def write_companies(
    core: Core, drafts: Sequence[CompanyDraft], *, on_existing: OnExisting = "update"
) -> list[Written]:
    """Creates or changes companies and writes the facts: all or nothing. One `Written` per draft, in order.

    `on_existing` says what becomes of a draft without an id whose name exists. A new owner joins the company. Raises
    Invalid (bad field, name taken, owner unknown) and NotFound (unknown id).
    """
    checked = await _checked(core, drafts)
    async with core.db.transaction() as tx:
        return await _write(core, tx, checked, on_existing)


async def delete_companies(core: Core, ids: Sequence[int]) -> int:
    """Deletes companies with memberships and notes; contacts stay, with another primary company if they have one.
    Returns how many there were."""
    async with core.db.transaction() as tx:
        await tx.execute(store.sql.lock_members, list(ids))
        gone = [row["id"] for row in await tx.fetch(store.sql.delete, list(ids))]
        await tx.execute(store.sql.promote_all, gone, core.clock.now())
        await wake_readers(tx)
        return len(gone)


async def ids_of_names(core: Core, tx: Connection, names: Sequence[str]) -> dict[str, int]:
    """Ids by name, inside the caller's transaction; an unknown name becomes a company. Raises Invalid."""
    drafts = [CompanyDraft(rules.checked_values({"name": name})) for name in names]
    written = await _write(core, tx, drafts, "skip")
    return {name: one.id for name, one in zip(names, written, strict=True)}


async def _checked(core: Core, drafts: Sequence[CompanyDraft]) -> list[CompanyDraft]:
    definitions = await contacts.custom_fields(core, "company") if any(d.custom for d in drafts) else {}
    return [CompanyDraft(rules.checked_values(d.values), custom_values(definitions, d.custom), d.id) for d in drafts]


async def _write(core: Core, tx: Connection, drafts: Sequence[CompanyDraft], on_existing: OnExisting) -> list[Written]:
    await _require_owners(tx, drafts)
    written: dict[int, Written] = {}
    for round_ in _rounds(drafts):
        written.update(await _write_round(core, tx, round_, on_existing))
    owners = [
        (d.values["owner_id"], written[place].id)
        for place, d in enumerate(drafts)
        if d.values.get("owner_id") is not None and written[place].outcome != "skipped"
    ]
    await change_companies(tx, at=core.clock.now(), add=owners)
    return [written[place] for place in range(len(drafts))]


async def _require_owners(tx: Connection, drafts: Sequence[CompanyDraft]) -> None:
    wanted = sorted({d.values["owner_id"] for d in drafts if d.values.get("owner_id") is not None})
    if wanted:
        rows = await tx.fetch("SELECT id FROM contacts WHERE id = ANY($1::bigint[]) ORDER BY id FOR KEY SHARE", wanted)
        if len(rows) < len(wanted):
            raise Invalid({"owner_id": NO_OWNER})


def _rounds(drafts: Sequence[CompanyDraft]) -> list[list[_Place]]:
    """Drafts of one company go one after the other; all others go at once."""
    rounds: list[list[_Place]] = []
    depth: dict[object, int] = {}
    for place, draft in enumerate(drafts):
        key: object = draft.id if draft.id is not None else str(draft.values.get("name")).lower()
        level = depth.get(key, 0)
        depth[key] = level + 1
        if level == len(rounds):
            rounds.append([])
        rounds[level].append((place, draft))
    return rounds


async def _write_round(
    core: Core, tx: Connection, drafts: Sequence[_Place], on_existing: OnExisting
) -> dict[int, Written]:
    done: dict[int, Written] = {}
    waiting = drafts
    # A second pass meets those whose name another writer inserted between our look and our insert.
    for _ in range(3):
        ids = [d.id for _, d in waiting if d.id is not None]
        by_id, by_name = await store.met(tx, ids, [d.values["name"] for _, d in waiting if "name" in d.values])
        old: list[tuple[int, CompanyDraft, Company]] = []
        new: list[_Place] = []
        for place, draft in waiting:
            meets = by_id.get(draft.id) if draft.id is not None else by_name.get(draft.values["name"])
            if meets is not None:
                old.append((place, draft, meets))
            elif draft.id is not None:
                raise NotFound("company", draft.id)
            else:
                new.append((place, draft))
        done.update(await _change(core, tx, old, by_name, on_existing))
        created = await _create(core, tx, new)
        done.update(created)
        waiting = [(place, draft) for place, draft in new if place not in created]
        if not waiting:
            return done
    raise Invalid({"name": TAKEN})


async def _create(core: Core, tx: Connection, drafts: Sequence[_Place]) -> dict[int, Written]:
    if not drafts:
        return {}
    made = await store.insert(tx, [{**d.values, "custom": dict(d.custom)} for _, d in drafts], at=core.clock.now())
    await write_facts(tx, [Fact("company_created", subject_id=id_, data={"name": n}) for n, id_ in made.items()])
    return {
        place: Written(made[d.values["name"]], "created", tuple(d.values))
        for place, d in drafts
        if d.values["name"] in made
    }


async def _change(
    core: Core,
    tx: Connection,
    drafts: Sequence[tuple[int, CompanyDraft, Company]],
    by_name: Mapping[str, Company],
    on_existing: OnExisting,
) -> dict[int, Written]:
    done: dict[int, Written] = {}
    rows: list[dict[str, Any]] = []
    facts: list[Fact] = []
    for place, draft, company in drafts:
        if draft.id is None and on_existing == "refuse":
            raise Invalid({"name": TAKEN})
        if draft.id is None and on_existing == "skip":
            done[place] = Written(company.id, "skipped")
            continue
        holder = by_name.get(draft.values.get("name", ""))
        if holder is not None and holder.id != company.id:
            raise Invalid({"name": TAKEN})
        row, changed = _difference(draft, company)
        if changed:
            rows.append(row | {"id": company.id})
            was = {name: getattr(company, name) for name in ("type", "industry") if name in row}
            facts.append(Fact("company_updated", subject_id=company.id, data={"changed": changed, "was": was}))
        done[place] = Written(company.id, "updated" if changed else "unchanged", tuple(changed))
    if rows:
        try:
            await store.update(tx, rows, at=core.clock.now())
        except asyncpg.UniqueViolationError:
            raise Invalid({"name": TAKEN}) from None
        await write_facts(tx, facts)
    return done


def _difference(draft: CompanyDraft, company: Company) -> tuple[dict[str, Any], list[str]]:
    row: dict[str, Any] = {}
    for name, value in draft.values.items():
        stored = getattr(company, name)
        # The name as typed wins over another letter case only when somebody edits this very company.
        if name == "name" and draft.id is None:
            continue
        if value != (stored.isoformat() if isinstance(stored, date) else stored):
            row[name] = value
    custom = {slug: value for slug, value in draft.custom.items() if company.custom.get(slug) != value}
    changed = list(row) + [f"custom.{slug}" for slug in custom]
    if custom:
        row["custom"] = custom
    return row, changed
