"""Finding people and notes by what somebody types."""

from __future__ import annotations

import pytest

from tidings.contacts import actions, search, store
from tidings.contacts.search import search_contacts, search_notes
from tidings.contacts.types import Draft
from tidings.platform.core import Core

_PEOPLE = (
    ("jane@example.com", "Jane", "Miller", None),
    ("info@jane-shop.com", None, None, "+49301234"),
    ("o@example.com", "Änne Maria", "O'Neil", None),
    ("x_y@example.com", "100%", "Mc\\Coy", None),
)


async def _people(core: Core) -> None:
    for email, first, last, phone in _PEOPLE:
        values = {"email": email, "first_name": first, "last_name": last, "phone": phone}
        await actions.write_contact(core, Draft({name: value for name, value in values.items() if value}))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jane", ["info@jane-shop.com", "jane@example.com"]),
        ("JANE MILL", ["jane@example.com"]),
        ("  jane   miller ", ["jane@example.com"]),
        ("änne", ["o@example.com"]),
        ("änne o'n", ["o@example.com"]),
        ("+4930", ["info@jane-shop.com"]),
        ("4930", ["info@jane-shop.com"]),
        ("example.com", ["x_y@example.com", "o@example.com", "jane@example.com"]),
        ("0%", ["x_y@example.com"]),
        ("_y", ["x_y@example.com"]),
        ("mc\\", ["x_y@example.com"]),
        ("%", ["x_y@example.com"]),
        ("a_e", []),
        ("nobody", []),
        ("   ", []),
        ("", []),
        ("jane\0", ["info@jane-shop.com", "jane@example.com"]),
        ("x" * 5000, []),
    ],
)
async def test_people_are_found_by_what_is_typed(core: Core, text: str, found: list[str]):
    await _people(core)
    assert [one.email for one in await search_contacts(core, text)] == found


async def test_beyond_the_newest_people_are_found_by_beginnings(core: Core, monkeypatch: pytest.MonkeyPatch):
    await _people(core)
    monkeypatch.setattr(search, "NEWEST", 0)
    for text, n in (("jane", 1), ("mil", 1), ("ill", 0), ("jane m", 1), ("+493", 1), ("493", 0), ("info@", 1)):
        assert len(await search_contacts(core, text)) == n, text
    assert len(await search_contacts(core, "j", limit=1)) == 1


async def test_notes_are_found_by_beginnings_of_words_and_the_newest_by_any_part(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    person = (await actions.write_contact(core, Draft({"email": "a@example.com"}))).id
    called = await actions.add_note(core, person, title="Called her", description="About the <b>invoice</b>")
    long = await actions.add_note(core, person, title="Long", description="word " * 300_000 + "needle")
    assert [note.id for note in await search_notes(core, "her inv")] == [called]
    assert [note.id for note in await search_notes(core, "voice")] == [called]
    assert [note.id for note in await search_notes(core, "wor")] == [long]
    for odd in ("& | !", "a:b", "'", "\\", "%", "inv & (", "<->", "\0"):
        assert isinstance(await search_notes(core, odd), list)
    monkeypatch.setattr(search, "NEWEST_NOTES", 0)
    assert [note.id for note in await search_notes(core, "INVO")] == [called]
    assert await search_notes(core, "voice") == []
    assert await search_notes(core, "  ") == []


@pytest.mark.own_database
async def test_beginnings_are_looked_up_in_indexes(core: Core):
    async with core.db.transaction() as tx:
        await tx.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_custom_plan")
        people = await tx.fetch(
            f"EXPLAIN {store.sql.found_contacts}", "jane%", "%jane%", "jane%", "mil%", "+49%", 10, 100
        )
        notes = await tx.fetch(f"EXPLAIN {store.sql.found_notes}", "inv:*", "%inv%", 10, 100)
    plan = "\n".join(row[0] for row in people)
    for index in ("contacts_email", "contacts_first_name", "contacts_last_name", "contacts_phone", "contacts_pkey"):
        assert index in plan
    assert "Seq Scan" not in plan
    assert "notes_words" in "\n".join(row[0] for row in notes)
