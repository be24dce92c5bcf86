"""Imports from file to contacts, on a real database."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StatementCounter
from tidings.contacts import actions as contacts
from tidings.contacts.queries import contacts_by_ids, count_contacts, find_contact_by_email
from tidings.contacts.types import STATUSES, CustomField, Draft, Status
from tidings.imports import actions, queries, rules
from tidings.imports.running import run_import
from tidings.imports.types import Import, Options
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, NotFound


async def _import(core: Core, tmp_path: Path, text: str, *, max_rows: int = 20_000, **options: Any) -> Import:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    mapping = options.pop("mapping", None)
    made = await actions.create_import(core, path, file_name="../../people.csv")
    made = await actions.configure_import(core, made.id, mapping=mapping, options=Options(**options))
    return await run_import(core, made.id, max_rows=max_rows)


def _counts(done: Import) -> tuple[int, int, int, int]:
    assert done.error is None
    assert done.rows_done == done.created + done.updated + done.skipped + done.rejected
    return (done.created, done.updated, done.skipped, done.rejected)


async def _facts(core: Core) -> dict[str, int]:
    rows = await core.db.fetch("SELECT kind, count(*) AS n FROM facts GROUP BY kind")
    return {row["kind"]: row["n"] for row in rows}


async def test_contacts_come_in_with_fields_tags_lists_and_facts(core: Core, tmp_path: Path) -> None:
    await contacts.replace_custom_fields(
        core, [CustomField("plan", "Plan", "text"), CustomField("score", "S", "number")]
    )
    list_id = await contacts.create_list(core, title="News")
    text = 'Email,First Name,plan,score,Tags\nann@example.org,Ann,Pro,7,"VIP, 2024"\nbob@example.org,Bob,,,vip\n'
    done = await _import(core, tmp_path, text, list_ids=[list_id])
    assert (done.state, done.file_name, _counts(done)) == ("done", "people.csv", (2, 0, 0, 0))
    ann = await find_contact_by_email(core, "ANN@example.org")
    assert ann is not None
    assert (ann.contact.first_name, ann.contact.custom) == ("Ann", {"plan": "Pro", "score": "7"})
    assert sorted(tag.title for tag in ann.tags) == ["2024", "VIP"]
    assert [one.id for one in ann.lists] == [list_id]
    assert await _facts(core) == {"contact_created": 2, "tags_added": 2, "lists_added": 2, "import_finished": 1}
    assert not list((tmp_path / "uploads").iterdir())


@pytest.mark.parametrize(
    ("policy", "kept", "counts"),
    [
        ("update", ("New", "Bonn", {"plan": "Pro", "old": "x"}), (1, 2, 0, 0)),
        ("fill", ("Old", "Bonn", {"plan": "Free", "old": "x"}), (1, 2, 0, 0)),
        ("skip", ("Old", None, {"plan": "Free", "old": "x"}), (1, 0, 2, 0)),
    ],
)
@pytest.mark.parametrize("max_rows", [1, 20_000])
async def test_existing_contacts_are_met_by_the_policy(
    core: Core, tmp_path: Path, policy: Any, kept: Any, counts: Any, max_rows: int
) -> None:
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text"), CustomField("old", "Old", "text")])
    draft = Draft({"email": "Old@example.org", "first_name": "Old"}, {"plan": "Free", "old": "x"})
    old = (await contacts.write_contact(core, draft)).id
    text = (
        "email,first_name,city,plan\nold@example.org,New,,Pro\nnew@example.org,First,,\nNEW@example.org,Second,Ulm,Pro\n"
    ).replace("New,,Pro", "New,Bonn,Pro")
    done = await _import(core, tmp_path, text, on_existing=policy, max_rows=max_rows)
    assert _counts(done) == counts
    contact = (await contacts_by_ids(core, [old]))[old].contact
    assert (contact.first_name, contact.city, contact.custom) == kept
    second = await find_contact_by_email(core, "new@example.org")
    assert second is not None
    wanted = {"update": ("Second", "Ulm"), "fill": ("First", "Ulm"), "skip": ("First", None)}[policy]
    assert (second.contact.email, second.contact.first_name, second.contact.city) == ("new@example.org", *wanted)


async def test_importing_the_same_file_again_changes_nothing(core: Core, tmp_path: Path) -> None:
    text = "email,city,score,tags\n" + "".join(f"p{n}@example.org,Ulm,{n},a\n" for n in range(50))
    mapping = {"email": "email", "city": "city", "score": "new:number", "tags": "tags"}
    await _import(core, tmp_path, text, mapping=mapping)
    before = await _facts(core)
    done = await _import(core, tmp_path, text)
    assert _counts(done) == (0, 50, 0, 0)
    assert await _facts(core) == before | {"import_finished": 2}


async def test_a_status_never_rises_without_the_explicit_word(core: Core, tmp_path: Path) -> None:
    for status in STATUSES:
        await contacts.write_contact(core, Draft({"email": f"{status}@example.org"}, status=status))
    text = "email\n" + "".join(f"{status}@example.org\n" for status in STATUSES)
    await _import(core, tmp_path, text, status="subscribed")
    rows = await core.db.fetch("SELECT email, status FROM contacts")
    after = {row["email"].split("@")[0]: row["status"] for row in rows}
    for kept in ("unsubscribed", "bounced", "complained", "spammed"):
        assert after[kept] == kept
    await core.db.execute(
        "INSERT INTO suppressions (email_key, reason) VALUES ('complained@example.org', 'complained')"
    )
    await _import(core, tmp_path, text, status="subscribed", may_rise=True)
    rows = await core.db.fetch("SELECT email FROM contacts WHERE status <> 'subscribed'")
    assert [row["email"] for row in rows] == ["complained@example.org"]


async def test_a_suppressed_address_comes_in_unmailable(core: Core, tmp_path: Path) -> None:
    await core.db.execute(
        "INSERT INTO suppressions (email_key, reason) VALUES ('a@example.org', 'asked'), ('b@example.org', 'bounced')"
    )
    await _import(core, tmp_path, "email\nA@example.org\nb@example.org\nc@example.org\n", status="subscribed")
    rows = await core.db.fetch("SELECT status FROM contacts ORDER BY lower(email)")
    assert [row["status"] for row in rows] == ["unsubscribed", "bounced", "subscribed"]


async def test_both_rules_of_statuses_say_the_same(core: Core) -> None:
    rows = await core.db.fetch(
        "SELECT s, w, r, merged_status(s, w, r) AS now FROM unnest($1::text[]) s, unnest($2::text[]) w,"
        " unnest(ARRAY[true, false]) r",
        list(STATUSES),
        [*STATUSES, None],
    )
    for row in rows:
        stored: Status = row["s"]
        assert rules.merged_status(stored, row["w"], may_rise=row["r"]) == row["now"], dict(row)


async def test_refused_rows_come_back_with_line_and_reason(core: Core, tmp_path: Path) -> None:
    text = (
        "email,first_name,points,status\nnot-an-address,A,1,\n,B,1,\nok@example.org,C,1,\nx@example.org,D,many,\n"
        "y@example.org,E,1,1,2,3\nz@example.org,=1+1,1,happy\n\nlast@example.org,F\n"
    )
    done = await _import(core, tmp_path, text)
    assert _counts(done) == (2, 0, 0, 5)
    rejects = await queries.list_rejects(core, done.id)
    assert [one.line for one in rejects] == [2, 3, 5, 6, 7]
    assert "not-an-address" in rejects[0].reason
    file = b"".join([piece async for piece in queries.rejects_csv(core, done.id)]).decode("utf-8-sig").splitlines()
    assert file[0] == "email,first_name,points,status,line,reason"
    assert file[-1] == "z@example.org,'=1+1,1,happy,7,“happy” is not a status."


async def test_consent_is_written_down_for_those_who_may_be_mailed(core: Core, tmp_path: Path) -> None:
    text = "email,status\na@example.org,subscribed\nb@example.org,unsubscribed\n"
    await _import(core, tmp_path, text, consent_source="trade fair")
    rows = await core.db.fetch("SELECT kind, source FROM consents")
    assert [tuple(row) for row in rows] == [("opt_in", "trade fair")]


async def test_a_silent_import_writes_silent_facts(core: Core, tmp_path: Path) -> None:
    await _import(core, tmp_path, "email,tags\na@example.org,x\n", is_silent=True)
    assert await core.db.fetchval("SELECT count(*) FROM facts WHERE NOT is_silent AND contact_id IS NOT NULL") == 0


async def test_tallies_equal_rows(core: Core, tmp_path: Path) -> None:
    text = "email,tags\n" + "".join(f"p{n % 70}@example.org,t{n % 3}\n" for n in range(100))
    done = await _import(core, tmp_path, text, max_rows=30)
    assert _counts(done) == (70, 30, 0, 0)
    assert await count_contacts(core) == await core.db.fetchval("SELECT count(*) FROM contacts") == 70
    tallied = await core.db.fetchval("SELECT sum(contacts) FROM tallies WHERE scope = 'tag'")
    assert tallied == await core.db.fetchval("SELECT count(*) FROM contact_tags")


@pytest.mark.parametrize("policy", ["update", "skip"])
async def test_a_chunk_costs_the_same_statements_whatever_its_rows(
    core: Core, tmp_path: Path, statements: StatementCounter, policy: Any
) -> None:
    counts: list[int] = []
    for rows in (2, 2, 60):
        text = "email,tags\n" + "".join(f"r{rows}-{len(counts)}-{n}@example.org,t{n % 2}\nbad,x\n" for n in range(rows))
        path = tmp_path / "n.csv"
        path.write_text(text)
        made = await actions.create_import(core, path, file_name="n.csv")
        await actions.configure_import(core, made.id, options=Options(on_existing=policy))
        with statements as counted:
            await run_import(core, made.id)
        counts.append(counted.count)
    assert counts[1] == counts[2]


async def test_wrong_decisions_are_named(core: Core, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email,x,y\na@example.org,1,2\n")
    made = await actions.create_import(core, path, file_name="a.csv")
    for mapping, key in (
        ({"x": "city"}, "mapping"),
        ({"email": "email", "z": "city"}, "mapping.z"),
        ({"email": "email", "x": "custom.none"}, "mapping.x"),
        ({"email": "email", "x": "city", "y": "city"}, "mapping.y"),
        ({"email": "email", "x": "id; DROP TABLE contacts"}, "mapping.x"),
    ):
        with pytest.raises(Invalid) as caught:
            await actions.configure_import(core, made.id, mapping=mapping)
        assert key in caught.value.fields
    with pytest.raises(Invalid, match="no list 99"):
        await actions.configure_import(core, made.id, options=Options(list_ids=[99]))
    with pytest.raises(NotFound):
        await actions.configure_import(core, 999)


async def test_a_refused_upload_leaves_no_file(core: Core, tmp_path: Path) -> None:
    async def pieces() -> Any:
        yield b"PK\x03\x04"
        yield b"bomb"

    with pytest.raises(Invalid):
        await actions.create_import(core, pieces(), file_name="x.zip")
    assert not list((tmp_path / "uploads").iterdir())


async def test_a_vanished_file_fails_by_name(core: Core, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email\na@example.org\n")
    made = await actions.create_import(core, path, file_name="a.csv")
    (core.data_dir / "uploads" / made.path).unlink()
    done = await run_import(core, made.id)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error.startswith("a.csv, line 2: ")


async def test_a_stopped_import_goes_on_where_it_was(core: Core, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email\n" + "".join(f"p{n}@example.org\n" for n in range(100)))
    made = await actions.create_import(core, path, file_name="a.csv")
    await actions.start_import(core, made.id)
    stops: list[asyncio.Task[Import]] = []

    def stop(_: Import) -> None:
        if not stops:
            stops.append(asyncio.create_task(actions.stop_import(core, made.id)))

    async with asyncio.timeout(60):
        done = await run_import(core, made.id, max_rows=2, on_progress=stop)
        await stops[0]
        assert done.state == "stopped"
        assert 0 < done.created < 100
        with pytest.raises(Conflict):
            await actions.configure_import(core, made.id)
        done = await run_import(core, made.id)
    assert (done.state, done.created) == ("done", 100)


async def test_only_one_process_runs_an_import(core: Core, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email\n" + "".join(f"p{n}@example.org\n" for n in range(400)))
    made = await actions.create_import(core, path, file_name="a.csv")
    runs = [run_import(core, made.id, max_rows=10, patience=0) for _ in range(3)]
    results = await asyncio.gather(*runs, return_exceptions=True)
    assert sum(isinstance(one, Import) for one in results) >= 1
    assert all(isinstance(one, Import | Conflict) for one in results)
    assert await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'contact_created'") == 400


_CHILD = """
import asyncio, sys
from pathlib import Path
from tidings.imports.running import run_import
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation

async def main(dsn, data, import_id):
    db = await Database.open(dsn)
    keys = Keyring(b"k" * 32)
    core = Core(db, SystemClock(), keys, Installation(db, keys), Path(data))
    await run_import(core, int(import_id), max_rows=50, on_progress=lambda i: print(i.rows_done, flush=True))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.chaos
async def test_a_killed_import_goes_on_exactly(core: Core, dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"p{n}@example.org,{n % 7},t{n % 3}\n" + ("bad,1,\n" if n % 10 == 0 else "") for n in range(6000)]
    path.write_text("email,points,tags\n" + "".join(rows))
    made = await actions.create_import(core, path, file_name="a.csv")
    for seen in (1, 3):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CHILD, dsn, str(tmp_path), str(made.id), stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        for _ in range(seen):
            await child.stdout.readline()
        child.kill()
        await child.wait()
    half = await queries.import_by_id(core, made.id)
    assert half.state == "running"
    assert 0 < half.rows_done < 6600
    done = await run_import(core, made.id)
    assert _counts(done) == (6000, 0, 0, 600)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 6000
    facts = await _facts(core)
    assert (facts["contact_created"], facts["tags_added"], facts["import_finished"]) == (6000, 6000, 1)
    assert len(await queries.list_rejects(core, done.id, limit=1000)) == 600


async def test_a_chosen_delimiter_stands_when_other_things_are_decided_later(core: Core, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email|city,x,y\nann@example.org|Bonn,1,2\n")
    made = await actions.create_import(core, path, file_name="people.csv")
    mapping = {"email": "email", "city,x,y": "city"}
    await actions.configure_import(core, made.id, mapping=mapping, delimiter="|")
    kept = await actions.configure_import(core, made.id, mapping=mapping, options=Options(on_existing="fill"))
    assert (kept.dialect.delimiter, dict(kept.mapping)) == ("|", mapping)
