"""Steps that decide where a run goes and when: waits, conditions, splits, goals, ends."""

from __future__ import annotations

from collections.abc import Mapping

from tidings.automations import rules
from tidings.automations.steps.doing import Doing
from tidings.automations.types import Outcome
from tidings.segments.compiler import compile_rule
from tidings.segments.types import from_json

_DID = {"opened": "m.opened_at IS NOT NULL", "clicked": "m.clicked_at IS NOT NULL"}
_LINKS = {"tags": ("contact_tags", "tag_id"), "lists": ("contact_lists", "list_id")}


async def wait(doing: Doing) -> Mapping[int, Outcome]:
    """The next step is due later: after a time, at a time, on a weekday, or on a day that the contact has."""
    if doing.params.get("how") != "field":
        due = rules.due_after(doing.params, doing.now, doing.around.zone)
        return doing.all(Outcome(due_at=due))
    rows = await doing.tx.fetch(
        "SELECT id, date_of_birth, custom->$2 AS value FROM contacts WHERE id = ANY($1::bigint[])",
        doing.contact_ids,
        str(doing.params.get("field") or ""),
    )
    known = {row["id"]: row for row in rows}
    found: dict[int, Outcome] = {}
    for run in doing.runs:
        row = known.get(run.contact_id)
        value, born = (row["value"], row["date_of_birth"]) if row else (None, None)
        due = rules.due_after(doing.params, doing.now, doing.around.zone, value=value, born=born)
        found[run.id] = Outcome(due_at=due)
    return found


async def condition(doing: Doing) -> Mapping[int, Outcome]:
    """Yes for contacts that match the rules now, or did something with mails of this automation; no for the rest.
    Or the same for all: whether the first of two versions of a mail did better than the second until now."""
    if doing.params.get("mails") is not None:
        return await _did(doing)
    if doing.params.get("better") is not None:
        return await _better(doing)
    rule = from_json(doing.params.get("rules"))
    where = compile_rule(rule, zone=doing.around.zone, now=doing.now, first=2)
    rows = await doing.tx.fetch(
        # Joined, not compared with an array: that would be searched from its beginning for every contact.
        f"SELECT c.id FROM unnest($1::bigint[]) AS w (id) JOIN contacts c ON c.id = w.id WHERE {where.sql}",
        doing.contact_ids,
        *where.args,
    )
    matching = {row["id"] for row in rows}
    return {run.id: Outcome(branch="yes" if run.contact_id in matching else "no") for run in doing.runs}


async def _did(doing: Doing) -> Mapping[int, Outcome]:
    """Yes for whoever opened one of the named mails, or clicked in one (a certain link, when one is named)."""
    keys, did = set(doing.params["mails"]), _DID.get(str(doing.params.get("did")), "false")
    mailings = [
        one.mailing_id for one in doing.graph.steps.values() if one.params.get("key") in keys and one.mailing_id
    ]
    rows = await doing.tx.fetch(
        f"""SELECT DISTINCT m.contact_id FROM messages m
        WHERE m.campaign_id = ANY($1::bigint[]) AND m.contact_id = ANY($2::bigint[]) AND {did}
          AND ($3 = '' OR EXISTS (
            SELECT 1 FROM message_links k JOIN links l ON l.id = k.link_id WHERE k.message_id = m.id AND l.url = $3))""",
        mailings,
        doing.contact_ids,
        str(doing.params.get("url") or ""),
    )
    found = {row["contact_id"] for row in rows}
    return {run.id: Outcome(branch="yes" if run.contact_id in found else "no") for run in doing.runs}


async def _better(doing: Doing) -> Mapping[int, Outcome]:
    """Yes while the version that was named first was opened (or clicked) by at least as large a share as the other."""
    asked = doing.params["better"]
    first, second = asked["versions"]
    of_version = {
        one.mailing_id: one.params["version"]
        for one in doing.graph.steps.values()
        if one.params.get("key") == asked["key"] and one.params.get("version") and one.mailing_id
    }
    rows = await doing.tx.fetch(
        "SELECT campaign_id, word, sum(n)::bigint AS n FROM message_tallies WHERE campaign_id = ANY($1::bigint[]) GROUP BY 1, 2",
        list(of_version),
    )
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        place = of_version[row["campaign_id"]], row["word"]
        sums[place] = sums.get(place, 0) + row["n"]

    def share(version: str) -> float:
        return sums.get((version, asked["by"]), 0) / max(1, sums.get((version, "sent"), 0))

    return doing.all(Outcome(branch="yes" if share(first) >= share(second) else "no"))


async def split(doing: Doing) -> Mapping[int, Outcome]:
    """A way by lot, the same for a contact whenever it comes by."""
    share = int(doing.params.get("share_a", 50))
    ways = {run.id: rules.split_branch(doing.step.id, run.contact_id, share) for run in doing.runs}
    return {run_id: Outcome(branch="yes" if way == "yes" else "no") for run_id, way in ways.items()}


async def goal(doing: Doing) -> Mapping[int, Outcome]:
    """Met already: reached. Else an optional goal is passed, and a required one is waited at."""
    met = await _met(doing)
    missed = Outcome(stays=True) if doing.params.get("is_required") else Outcome("skipped")
    return {run.id: Outcome() if run.contact_id in met else missed for run in doing.runs}


async def _met(doing: Doing) -> set[int]:
    noun, _, happened = str(doing.params.get("event") or "").partition("_")
    if noun not in _LINKS or not doing.ids:
        return set()
    table, column = _LINKS[noun]
    rows = await doing.tx.fetch(
        f"""SELECT w.id, count(m.contact_id) AS n FROM unnest($1::bigint[]) AS w (id)
        LEFT JOIN {table} m ON m.contact_id = w.id AND m.{column} = ANY($2::bigint[]) GROUP BY w.id""",
        doing.contact_ids,
        doing.ids,
    )
    wanted = len(set(doing.ids))
    needed = wanted if doing.params.get("match") == "all" else 1
    if happened == "removed":
        return {row["id"] for row in rows if wanted - row["n"] >= needed}
    return {row["id"] for row in rows if row["n"] >= needed}


async def end(doing: Doing) -> Mapping[int, Outcome]:
    """The run is through."""
    return doing.all(Outcome(ends=True))


async def leave_automations(doing: Doing) -> Mapping[int, Outcome]:
    """The contacts' runs in other automations are cancelled; one statement."""
    others = [one for one in doing.ids if one != doing.automation.id]
    await doing.tx.execute(
        """UPDATE automation_runs SET state = 'cancelled', note = $3, updated_at = $4
        WHERE automation_id = ANY($1::bigint[]) AND contact_id = ANY($2::bigint[])
        AND state IN ('pending', 'active', 'waiting')""",
        others,
        doing.contact_ids,
        f"Ended by the automation “{doing.automation.title}”.",
        doing.now,
    )
    return doing.all(Outcome(ends=doing.automation.id in doing.ids))
