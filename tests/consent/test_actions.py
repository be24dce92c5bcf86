"""Leaving and coming back: one line in the ledger for each real change, and no status that rises by accident."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tidings.consent import actions
from tidings.consent.queries import ledger_of
from tidings.contacts import actions as contacts
from tidings.contacts.types import STATUSES, Draft, Status, WritePolicy
from tidings.imports import actions as imports
from tidings.imports.running import run_import
from tidings.imports.types import Options
from tidings.platform.core import Core

LEFT_OR_WORSE: tuple[Status, ...] = ("unsubscribed", "bounced", "complained", "spammed")
BAD = LEFT_OR_WORSE[1:]


async def person(core: Core, status: Status) -> int:
    return (await contacts.write_contact(core, Draft({"email": f"{status}@example.org"}, status=status))).id


async def leaves(core: Core, contact_id: int, **more: Any) -> bool:
    async with core.db.transaction() as tx:
        return await actions.unsubscribe_contact(tx, contact_id, at=core.clock.now(), **more)


async def status_of(core: Core, contact_id: int) -> str:
    return await core.db.fetchval("SELECT status FROM contacts WHERE id = $1", contact_id)


async def facts_of(core: Core, contact_id: int) -> list[tuple[str, Any]]:
    rows = await core.db.fetch(
        "SELECT kind, data FROM facts WHERE contact_id = $1 AND kind <> 'contact_created' ORDER BY id", contact_id
    )
    return [(row["kind"], row["data"]) for row in rows]


async def test_leaving_is_one_line_in_the_ledger_and_nothing_for_who_has_left(core: Core):
    args: dict[str, Any] = {"reason": "too loud", "message_id": 7, "is_one_click": True, "ip": "198.51.100.7"}
    for status in STATUSES:
        contact, was_there = await person(core, status), status not in LEFT_OR_WORSE
        assert await leaves(core, contact, **args) is was_there
        assert await leaves(core, contact, **args) is False
        assert await status_of(core, contact) == ("unsubscribed" if was_there else status)
        ledger, facts = await ledger_of(core, contact), await facts_of(core, contact)
        if not was_there:
            assert (ledger, facts) == ([], [])
            continue
        [line] = ledger
        assert (line.at, line.kind, line.source) == (core.clock.now(), "opt_out", "list_unsubscribe_header")
        assert (line.reason, line.ip) == ("too loud", "198.51.100.7")
        assert [kind for kind, _ in facts] == ["contact_status_changed", "contact_unsubscribed"]
        assert (facts[0][1]["was"], facts[0][1]["now"]) == (status, "unsubscribed")
        assert facts[1][1] == {"reason": "too loud", "one_click": True, "message_id": 7}


async def test_confirming_is_one_line_in_the_ledger_and_lifts_nobody_who_bounced(core: Core):
    for status in STATUSES:
        contact, rises = await person(core, status), status in ("pending", "unsubscribed", "transactional")
        assert await actions.confirm_contact(core, contact, source="double_opt_in", ip="::1") is rises
        assert await actions.confirm_contact(core, contact, source="double_opt_in") is False
        assert await status_of(core, contact) == ("subscribed" if status == "subscribed" or rises else status)
        told = [(line.kind, line.source, line.ip) for line in await ledger_of(core, contact)]
        assert told == ([("opt_in", "double_opt_in", "::1")] if rises else [])
        kinds = [kind for kind, _ in await facts_of(core, contact)]
        assert kinds == (["contact_status_changed", "consent_recorded"] if rises else [])


async def test_the_ledger_tells_the_whole_story_the_latest_first(core: Core):
    contact = await person(core, "pending")
    await actions.confirm_contact(core, contact, source="double_opt_in")
    await leaves(core, contact, reason="")
    await actions.confirm_contact(core, contact, source="preference_page")
    async with core.db.transaction() as tx:
        await actions.record_consent(core, tx, contact, kind="objection", source="letter", reason="GDPR 21")
    told = [(line.kind, line.source) for line in await ledger_of(core, contact)]
    assert told == [
        ("objection", "letter"),
        ("opt_in", "preference_page"),
        ("opt_out", "unsubscribe_page"),
        ("opt_in", "double_opt_in"),
    ]
    await contacts.write_contact(core, Draft({"email": "other@example.org", "first_name": "x"}, id=contact))
    assert len(await ledger_of(core, contact)) == 4, "edits of the contact touch no line"


async def test_many_at_once_leave_once(core: Core):
    contact = await person(core, "subscribed")
    done = await asyncio.gather(*(leaves(core, contact, reason="x") for _ in range(8)))
    assert sorted(done) == [False] * 7 + [True]
    assert len(await ledger_of(core, contact)) == 1


async def test_leaving_and_confirming_at_once_end_in_what_the_ledger_says_last(core: Core):
    contact = await person(core, "pending")
    for _ in range(5):
        await asyncio.gather(
            actions.confirm_contact(core, contact, source="double_opt_in"),
            leaves(core, contact, reason="x"),
        )
        latest = (await ledger_of(core, contact))[0].kind
        assert await status_of(core, contact) == {"opt_in": "subscribed", "opt_out": "unsubscribed"}[latest]


async def test_a_stranger_can_neither_leave_nor_come(core: Core):
    assert await leaves(core, 999_999, reason="x") is False
    assert await actions.confirm_contact(core, 999_999, source="x") is False
    assert await core.db.fetchval("SELECT count(*) FROM consents") == 0


async def test_a_suppressed_address_stays_so_in_any_letter_case_until_it_is_released(core: Core):
    await actions.suppress_addresses(core, [" Ada@Example.org "], reason="asked", source="letter")
    await actions.suppress_addresses(core, ["ada@example.org"], reason="bounced")
    rows = await core.db.fetch("SELECT email_key, reason, source FROM suppressions")
    assert [tuple(row) for row in rows] == [("ada@example.org", "asked", "letter")]
    assert await actions.release_address(core, "ADA@example.ORG") is True
    assert await actions.release_address(core, "ada@example.org") is False


async def _upsert(core: Core, contact_id: int, email: str, wanted: Status, folder: Path) -> None:
    await contacts.write_contact(core, Draft({"email": email.upper(), "first_name": "N"}, status=wanted))


async def _edit(core: Core, contact_id: int, email: str, wanted: Status, folder: Path) -> None:
    await contacts.write_contact(core, Draft({"first_name": "N"}, id=contact_id, status=wanted))


async def _fill(core: Core, contact_id: int, email: str, wanted: Status, folder: Path) -> None:
    await contacts.write_contact(core, Draft({"email": email}, status=wanted), WritePolicy(on_existing="fill"))


async def _set(core: Core, contact_id: int, email: str, wanted: Status, folder: Path) -> None:
    await contacts.set_status(core, [contact_id], wanted)


async def _import(core: Core, contact_id: int, email: str, wanted: Status, folder: Path) -> None:
    path = folder / "people.csv"
    path.write_text(f"email,first_name\n{email.upper()},N\n")
    made = await imports.create_import(core, path, file_name="people.csv")
    await imports.configure_import(core, made.id, options=Options(status=wanted, consent_source="fair"))
    assert (await run_import(core, made.id)).error is None


@pytest.mark.parametrize("way", [_upsert, _edit, _fill, _set, _import])
async def test_no_way_in_lifts_who_left_or_bounced_without_the_explicit_word(core: Core, tmp_path: Path, way: Any):
    for stored in LEFT_OR_WORSE:
        contact = await person(core, stored)
        for wanted in STATUSES:
            await way(core, contact, f"{stored}@example.org", wanted, tmp_path)
            now = await status_of(core, contact)
            assert now == stored or (stored == "unsubscribed" and now in BAD), (stored, wanted, now)
            await core.db.execute("UPDATE contacts SET status = $2 WHERE id = $1", contact, stored)
        assert await ledger_of(core, contact) == [], "no consent is noted for who may not be mailed"


async def test_an_import_notes_where_the_consent_came_from_for_those_who_may_be_mailed(core: Core, tmp_path: Path):
    gone = await person(core, "unsubscribed")
    await _import(core, gone, "unsubscribed@example.org", "subscribed", tmp_path)
    await _import(core, gone, "new@example.org", "subscribed", tmp_path)
    new = await core.db.fetchval("SELECT id FROM contacts WHERE lower(email) = 'new@example.org'")
    assert await ledger_of(core, gone) == []
    assert [(line.kind, line.source, line.reason) for line in await ledger_of(core, new)] == [
        ("opt_in", "fair", "import")
    ]


async def test_the_explicit_word_of_an_operator_lifts(core: Core):
    contact = await person(core, "bounced")
    assert await contacts.set_status(core, [contact], "subscribed", may_rise=True, reason="wrote to us") == [contact]
    [(kind, data)] = await facts_of(core, contact)
    assert (kind, data["was"], data["now"]) == ("contact_status_changed", "bounced", "subscribed")
