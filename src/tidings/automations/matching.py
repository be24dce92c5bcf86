"""Which contacts of a batch of facts begin an automation: what its trigger asks for, judged for the whole set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tidings.automations.rules import is_told
from tidings.automations.types import Automation, Start
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import Recorded
from tidings.segments.compiler import compile_rule
from tidings.segments.types import from_json

# kind of fact: the trigger that it means
FACT_KINDS = {
    "tags_added": "tags_added",
    "tags_removed": "tags_removed",
    "lists_added": "lists_added",
    "lists_removed": "lists_removed",
    "contact_joined_company": "companies_joined",
    "contact_left_company": "companies_left",
    "contact_created": "contact_created",
    "event_tracked": "event_tracked",
    "form_submitted": "form_submitted",
    "user_created": "user_created",
    "user_signed_in": "user_signed_in",
}
# Triggers whose facts name the contact.
CONTACT_FACTS = frozenset(FACT_KINDS.values()) - {"user_created", "user_signed_in"}
# trigger: the word of its ids in the fact, the table and the column of what the contact holds now
_MEMBERSHIPS = {
    "tags": ("tag_ids", "contact_tags", "tag_id"),
    "lists": ("list_ids", "contact_lists", "list_id"),
    "companies": ("company_ids", "contact_companies", "company_id"),
}


def ids_told(fact: Recorded) -> list[int]:
    """The tags, lists or companies that a fact speaks of."""
    return [one for word, _, _ in _MEMBERSHIPS.values() for one in fact.data.get(word, ())]


async def matching(
    core: Core, tx: Connection, automation: Automation, facts: Sequence[Recorded]
) -> Mapping[int, int | None]:
    """Contacts that begin, with the record that it is about; at most three statements for any number of facts."""
    asks = automation.asks
    found: dict[int, int | None] = {}
    for fact in facts:
        if fact.contact_id is not None and _is_meant(automation.trigger, asks, fact):
            found[fact.contact_id] = fact.object_id
    noun = automation.trigger.partition("_")[0]
    if found and noun in _MEMBERSHIPS and asks.match == "all":
        is_removed = automation.trigger in ("tags_removed", "lists_removed", "companies_left")
        found = _only(found, await holding_all(tx, noun, found, asks.ids, is_removed=is_removed))
    if found and automation.trigger == "event_tracked" and asks.min_count > 1:
        found = _only(found, await _often_enough(tx, found, asks))
    if found and asks.rules:
        found = _only(found, await _matching_rules(core, tx, found, asks))
    return found


def _only(found: Mapping[int, int | None], kept: Iterable[int]) -> dict[int, int | None]:
    wanted = set(kept)
    return {one: ref for one, ref in found.items() if one in wanted}


def _is_meant(trigger: str, asks: Start, fact: Recorded) -> bool:
    if trigger == "form_submitted":
        is_wanted = not asks.ids or fact.subject_id in asks.ids
        return is_wanted and not (asks.on_existing == "skip" and not fact.data.get("is_new"))
    if trigger == "event_tracked":
        return not asks.event_key or fact.data.get("event_key") == asks.event_key
    if trigger == "contact_created":
        return True
    return is_told(asks.ids, ids_told(fact))


async def holding_all(
    tx: Connection, noun: str, contacts: Iterable[int], ids: Sequence[int], *, is_removed: bool = False
) -> set[int]:
    """Of these contacts those that hold all of `ids` now, or none of them any more."""
    _, table, column = _MEMBERSHIPS[noun]
    wanted = len(set(ids))
    rows = await tx.fetch(
        f"""SELECT w.id FROM unnest($1::bigint[]) AS w (id)
        WHERE (SELECT count(*) FROM {table} m WHERE m.contact_id = w.id AND m.{column} = ANY($2::bigint[])) = $3""",
        list(contacts),
        list(ids),
        0 if is_removed else wanted,
    )
    return {row["id"] for row in rows}


async def _often_enough(tx: Connection, contacts: Iterable[int], asks: Start) -> set[int]:
    rows = await tx.fetch(
        """SELECT contact_id FROM contact_events WHERE contact_id = ANY($1::bigint[]) AND ($2 = '' OR event_key = $2)
        GROUP BY contact_id HAVING sum(counter) >= $3""",
        list(contacts),
        asks.event_key,
        asks.min_count,
    )
    return {row["contact_id"] for row in rows}


async def _matching_rules(core: Core, tx: Connection, contacts: Iterable[int], asks: Start) -> set[int]:
    where = compile_rule(from_json(asks.rules), zone=await core.installation.zone(), now=core.clock.now(), first=2)
    rows = await tx.fetch(
        f"SELECT c.id FROM unnest($1::bigint[]) AS w (id) JOIN contacts c ON c.id = w.id WHERE {where.sql}",
        list(contacts),
        *where.args,
    )
    return {row["id"] for row in rows}
