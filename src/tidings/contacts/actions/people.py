"""Creating, changing and deleting contacts, as sets: the number of statements does not depend on how many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from tidings.contacts import queries, rules, store
from tidings.contacts.actions.catalog import Table, ids_of_words
from tidings.contacts.actions.memberships import change_memberships
from tidings.contacts.companies.actions import ids_of_names
from tidings.contacts.companies.members import change_companies
from tidings.contacts.erased import suppress_erased
from tidings.contacts.types import Contact, CustomField, Draft, WritePolicy, Written
from tidings.platform.core import Core
from tidings.platform.db import Connection, settled
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.platform.facts import Fact, wake_readers, write_facts

NO_ADDRESS = Problem("required", "The email or phone field is required.")
TAKEN = Problem("unique", "The email is already in use by another contact.")


async def write_contact(core: Core, draft: Draft, policy: WritePolicy | None = None) -> Written:
    """One draft; see `write_contacts`."""
    return (await write_contacts(core, [draft], policy))[0]


async def write_contacts(core: Core, drafts: Sequence[Draft], policy: WritePolicy | None = None) -> list[Written]:
    """Creates or changes contacts, adds and removes memberships, writes the facts: all or nothing.

    Answers one `Written` per draft, in order. Raises Invalid (bad field; address taken when the policy refuses) and
    NotFound (unknown id). Check drafts one by one with `rules.checked_values` first when bad rows must not hurt others.
    """
    checked = await checked_drafts(core, drafts)

    async def write() -> list[Written]:
        async with core.db.transaction() as tx:
            return await write_checked(core, tx, checked, policy or WritePolicy())

    return await settled(write)


async def checked_drafts(core: Core, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts with cleaned values; raises Invalid. Not inside a transaction: it borrows a connection of its own."""
    definitions = await definitions_for(core, drafts)
    return [checked_draft(one, definitions) for one in drafts]


async def definitions_for(core: Core, drafts: Iterable[Draft]) -> Mapping[str, CustomField]:
    """The custom fields by slug, when one of the drafts has such a value."""
    return await queries.custom_fields(core) if any(one.custom for one in drafts) else {}


def checked_draft(draft: Draft, definitions: Mapping[str, CustomField]) -> Draft:
    """A draft with cleaned values; raises Invalid. For those who tell of each bad draft alone."""
    values = rules.checked_values(draft.values)
    return replace(draft, values=values, custom=rules.custom_values(definitions, draft.custom))


async def write_checked(core: Core, tx: Connection, drafts: Sequence[Draft], policy: WritePolicy) -> list[Written]:
    """The write of `write_contacts` inside the caller's transaction, of drafts that `checked_drafts` gave."""
    written: dict[int, Written] = {}
    repeated = _repeated(drafts) if policy.on_existing == "skip" else {}
    for round_ in _rounds({place: one for place, one in enumerate(drafts) if place not in repeated}):
        written.update(await _write_round(core, tx, round_, policy))
    written |= {place: Written(written[first].id, "skipped") for place, first in repeated.items()}
    touched = [(written[place].id, d) for place, d in enumerate(drafts) if written[place].outcome != "skipped"]
    at = core.clock.now()
    await change_memberships(
        tx,
        at=at,
        is_silent=policy.is_silent,
        add_tags=await _pairs(tx, "tags", [(one, d.tags) for one, d in touched], make_at=at),
        add_lists=await _pairs(tx, "lists", [(one, d.lists) for one, d in touched], make_at=at),
        remove_tags=await _pairs(tx, "tags", [(one, d.remove_tags) for one, d in touched]),
        remove_lists=await _pairs(tx, "lists", [(one, d.remove_lists) for one, d in touched]),
    )
    seen = {one: d.active_at for one, d in touched if d.active_at is not None}
    if seen:
        await tx.execute(store.sql.see_active, list(seen), list(seen.values()))
    if any(d.companies or d.remove_companies for _, d in touched):
        await _change_companies(core, tx, touched, is_silent=policy.is_silent)
    return [written[place] for place in range(len(drafts))]


async def _change_companies(
    core: Core, tx: Connection, touched: Sequence[tuple[int, Draft]], *, is_silent: bool
) -> None:
    names = list(dict.fromkeys(word for _, d in touched for word in d.companies if isinstance(word, str)))
    known = await ids_of_names(core, tx, names) if names else {}
    old = list({word for _, d in touched for word in d.remove_companies if isinstance(word, str)})
    rows = await tx.fetch(
        """SELECT w, k.id FROM unnest($1::text[]) AS w JOIN companies k ON lower(k.name) = lower(w)""", old
    )
    gone = {row["w"]: row["id"] for row in rows}
    await change_companies(
        tx,
        at=core.clock.now(),
        add=[(one, known[w] if isinstance(w, str) else w) for one, d in touched for w in d.companies],
        remove=[
            (one, w) for one, d in touched for w in (gone.get(w, w) for w in d.remove_companies) if isinstance(w, int)
        ],
        is_silent=is_silent,
    )


async def _pairs(
    tx: Connection,
    table: Table,
    wanted: Sequence[tuple[int, Sequence[int | str]]],
    *,
    make_at: datetime | None = None,
) -> list[tuple[int, int]]:
    texts = list(dict.fromkeys(word for _, words in wanted for word in words if isinstance(word, str)))
    known = await ids_of_words(tx, table, texts, make_at=make_at) if texts else {}
    return [
        (contact_id, found)
        for contact_id, words in wanted
        for word in words
        if (found := known.get(word) if isinstance(word, str) else word) is not None
    ]


def _repeated(drafts: Sequence[Draft]) -> dict[int, int]:
    """The places of drafts whose address stands in an earlier one, with the place of that."""
    firsts: dict[str, int] = {}
    repeated: dict[int, int] = {}
    for place, draft in enumerate(drafts):
        email = draft.values.get("email")
        if draft.id is None and email and (first := firsts.setdefault(str(email).lower(), place)) != place:
            repeated[place] = first
    return repeated


def _rounds(drafts: Mapping[int, Draft]) -> list[list[tuple[int, Draft]]]:
    """Drafts of one person go one after the other; everybody else goes at once."""
    rounds: list[list[tuple[int, Draft]]] = []
    depth: dict[object, int] = {}
    for place, draft in drafts.items():
        email = draft.values.get("email")
        key: object = draft.id if draft.id is not None else (str(email).lower() if email else ("row", place))
        level = depth.get(key, 0)
        depth[key] = level + 1
        if level == len(rounds):
            rounds.append([])
        rounds[level].append((place, draft))
    return rounds


async def _write_round(
    core: Core, tx: Connection, drafts: list[tuple[int, Draft]], policy: WritePolicy
) -> dict[int, Written]:
    done: dict[int, Written] = {}
    waiting = drafts
    # A second pass meets those whose address another writer inserted between our look and our insert.
    for _ in range(3):
        by_id, by_email = await _existing(tx, waiting)
        old, new = [], []
        for place, draft in waiting:
            meets = _meets(draft, by_id, by_email)
            if meets is not None:
                old.append((place, draft, meets))
            elif draft.id is not None or policy.on_missing == "refuse":
                raise NotFound("contact", draft.id or draft.values.get("email"))
            else:
                new.append((place, draft))
        done.update(await _change(core, tx, old, by_email, policy))
        created = await _create(core, tx, new, policy)
        done.update(created)
        waiting = [(place, draft) for place, draft in new if place not in created]
        if not waiting:
            return done
    raise Invalid({"email": TAKEN})


async def _existing(
    tx: Connection, drafts: Sequence[tuple[int, Draft]]
) -> tuple[dict[int, Contact], dict[str, Contact]]:
    ids = [d.id for _, d in drafts if d.id is not None]
    emails = [str(d.values["email"]).lower() for _, d in drafts if d.values.get("email")]
    found = await locked_contacts(tx, ids, emails)
    return found, {c.email.lower(): c for c in found.values() if c.email}


async def locked_contacts(tx: Connection, ids: Sequence[int], emails: Sequence[str] = ()) -> dict[int, Contact]:
    """Contacts by id, those with one of the addresses (small letters) too; locked in id order until the end."""
    rows = await tx.fetch(
        store.plain_sql("c.id = ANY($1::bigint[]) OR lower(c.email) = ANY($2::text[])", order="ORDER BY c.id")
        + " FOR UPDATE OF c",
        list(ids),
        list(emails),
    )
    return {row["id"]: store.contact_from(row) for row in rows}


def _meets(draft: Draft, by_id: Mapping[int, Contact], by_email: Mapping[str, Contact]) -> Contact | None:
    if draft.id is not None:
        return by_id.get(draft.id)
    email = draft.values.get("email")
    return by_email.get(str(email).lower()) if email else None


async def _create(
    core: Core, tx: Connection, drafts: Sequence[tuple[int, Draft]], policy: WritePolicy
) -> dict[int, Written]:
    if not drafts:
        return {}
    for _, draft in drafts:
        if not draft.values.get("email") and not draft.values.get("phone"):
            raise Invalid(dict.fromkeys(("email", "phone"), NO_ADDRESS))
    await suppress_erased(core, tx, [str(email) for _, d in drafts if (email := d.values.get("email"))])
    rows = [dict(d.values) | {"custom": dict(d.custom), "status": d.status or "subscribed"} for _, d in drafts]
    made = await store.insert_contacts(tx, rows, at=core.clock.now())
    facts = [
        Fact("contact_created", contact.id, data={"source": contact.source}, is_silent=policy.is_silent)
        for contact in made.values()
    ]
    await write_facts(tx, facts)
    return {drafts[i][0]: Written(contact.id, "created", tuple(drafts[i][1].values)) for i, contact in made.items()}


async def _change(
    core: Core,
    tx: Connection,
    drafts: Sequence[tuple[int, Draft, Contact]],
    by_email: Mapping[str, Contact],
    policy: WritePolicy,
) -> dict[int, Written]:
    done: dict[int, Written] = {}
    rows: list[dict[str, Any]] = []
    facts: list[Fact] = []
    for place, draft, contact in drafts:
        if draft.id is None and policy.on_existing == "refuse":
            raise Invalid({"email": TAKEN})
        if draft.id is None and policy.on_existing == "skip":
            done[place] = Written(contact.id, "skipped")
            continue
        _refuse_taken_address(draft, contact, by_email)
        row, changed = _difference(draft, contact, fill_only=draft.id is None and policy.on_existing == "fill")
        wants_status = draft.status is not None and draft.status != contact.status
        if changed or wants_status:
            rows.append(row | {"id": contact.id} | ({"status": draft.status} if wants_status else {}))
        if changed:
            facts.append(Fact("contact_updated", contact.id, data={"changed": changed}, is_silent=policy.is_silent))
        if "email" in changed:
            data = {"was": contact.email, "now": row["email"]}
            facts.append(Fact("contact_email_changed", contact.id, data=data, is_silent=policy.is_silent))
        done[place] = Written(contact.id, "updated" if changed or wants_status else "unchanged", tuple(changed))
    if rows:
        await suppress_erased(core, tx, [str(row["email"]) for row in rows if row.get("email")])
        await store.update_contacts(tx, rows, at=core.clock.now(), may_rise=policy.may_rise)
        facts += await _status_facts(core, tx, [c for _, d, c in drafts if d.status is not None], policy)
        await write_facts(tx, facts)
    return done


def _refuse_taken_address(draft: Draft, contact: Contact, by_email: Mapping[str, Contact]) -> None:
    email = draft.values.get("email")
    holder = by_email.get(str(email).lower()) if email else None
    if holder is not None and holder.id != contact.id:
        raise Invalid({"email": TAKEN})
    left = [draft.values.get(name, getattr(contact, name)) for name in ("email", "phone")]
    if not any(left) and not draft.values.keys().isdisjoint(("email", "phone")):
        raise Invalid(dict.fromkeys(("email", "phone"), NO_ADDRESS))


def _difference(draft: Draft, contact: Contact, *, fill_only: bool) -> tuple[dict[str, Any], list[str]]:
    row: dict[str, Any] = {}
    for name, value in draft.values.items():
        stored = getattr(contact, name)
        comparable = stored.isoformat() if isinstance(stored, date) and isinstance(value, str) else stored
        # The address as typed wins over another letter case only when somebody edits this very contact.
        if name == "email" and draft.id is None:
            continue
        if value != comparable and not (fill_only and stored not in (None, "", 0)):
            row[name] = value
    custom = {
        k: v for k, v in draft.custom.items() if contact.custom.get(k) != v and not (fill_only and k in contact.custom)
    }
    changed = list(row) + [f"custom.{slug}" for slug in custom]
    if custom:
        row["custom"] = custom
    return row, changed


async def _status_facts(core: Core, tx: Connection, before: Sequence[Contact], policy: WritePolicy) -> list[Fact]:
    """The facts of statuses that moved; who was taken off or brought back gets a line in the ledger."""
    rows = await tx.fetch("SELECT id, status FROM contacts WHERE id = ANY($1::bigint[])", [c.id for c in before])
    now = {row["id"]: row["status"] for row in rows}
    moved = [c for c in before if now[c.id] != c.status]
    if not moved:
        return []
    ids, was, new = [c.id for c in moved], [c.status for c in moved], [now[c.id] for c in moved]
    await tx.execute(store.sql.note_status, ids, was, new, policy.reason, core.clock.now())
    return [
        Fact(
            "contact_status_changed",
            c.id,
            data={"was": c.status, "now": now[c.id], "reason": policy.reason},
            is_silent=policy.is_silent,
        )
        for c in moved
    ]


async def delete_contacts(core: Core, ids: Sequence[int]) -> int:
    """Deletes contacts with their memberships, notes and consents; returns how many there were."""
    async with core.db.transaction() as tx:
        return await remove_contacts(tx, ids)


async def remove_contacts(tx: Connection, ids: Sequence[int]) -> int:
    """As `delete_contacts`, inside the caller's transaction."""
    gone = await tx.fetch(store.delete_sql, list(ids))
    await wake_readers(tx)
    return len(gone)
