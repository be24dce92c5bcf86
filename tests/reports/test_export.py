"""Contacts as a CSV file."""

from __future__ import annotations

import csv
import io

import pytest

from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core
from tidings.reports import export
from tidings.reports.export import COLUMNS, MARK, contacts_csv
from tidings.segments.types import ColumnIs, Everybody, Nobody, Rule


async def _rows(
    core: Core, rule: Rule, columns: list[str], *, offset: int = 0, limit: int | None = None
) -> list[list[str]]:
    pairs = [(name.upper(), name) for name in columns]
    file = b"".join([piece async for piece in contacts_csv(core, rule, pairs, offset=offset, limit=limit)])
    assert file.startswith(MARK)
    return list(csv.reader(io.StringIO(file[len(MARK) :].decode())))


async def _people(core: Core, n: int) -> list[int]:
    drafts = [Draft({"email": f"p{i}@example.com", "city": "Rome" if i % 2 else "Oslo"}) for i in range(n)]
    return [one.id for one in await contacts.write_contacts(core, drafts)]


async def test_a_file_holds_what_was_asked_for(core: Core):
    await core.installation.put({"time_zone": "Asia/Dhaka"})
    await contacts.replace_custom_fields(core, [CustomField("likes", "Likes", "checkbox", "default", ["a", "b"], "")])
    tags = [await contacts.create_tag(core, title=title) for title in ("T", "U")]
    values = {"email": "a@example.com", "first_name": "=1+1", "last_name": 'O"Neil, x', "date_of_birth": "1990-01-31"}
    await contacts.write_contact(
        core, Draft({**values, "lifetime_value": 12}, custom={"likes": ["a", "b"]}, tags=tags, status="subscribed")
    )
    columns = [
        "first_name",
        "last_name",
        "date_of_birth",
        "lifetime_value",
        "created_at",
        "tags",
        "lists",
        "custom.likes",
    ]
    head, row = await _rows(core, Everybody(), [*columns, "custom.nope", "nope"])
    assert head == [name.upper() for name in [*columns, "custom.nope", "nope"]]
    assert row[:4] == ["'=1+1", 'O"Neil, x', "1990-01-31", "12"]
    assert row[4] == "2026-11-20 18:00:00"
    assert (set(row[5].split(", ")), row[6:]) == ({"T", "U"}, ["", "a, b", "", ""])
    assert len((await _rows(core, Everybody(), list(COLUMNS)))[1]) == len(COLUMNS)


@pytest.mark.parametrize("piece", [1, 2, 1000])
async def test_parts_join_into_the_whole(core: Core, monkeypatch: pytest.MonkeyPatch, piece: int):
    monkeypatch.setattr(export, "_PIECE", piece)
    ids = [str(one) for one in await _people(core, 7)]
    every = [row[0] for row in (await _rows(core, Everybody(), ["id"]))[1:]]
    assert every == ids
    parts: list[str] = []
    for offset in range(0, 9, 3):
        parts += [row[0] for row in (await _rows(core, Everybody(), ["id"], offset=offset, limit=3))[1:]]
    assert parts == ids
    rome = [row[0] for row in (await _rows(core, ColumnIs("city", "equals", "rome"), ["id"], offset=1))[1:]]
    assert rome == ids[3::2]
    assert await _rows(core, Nobody(), ["id"]) == [["ID"]]
