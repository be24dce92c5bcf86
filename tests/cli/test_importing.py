"""`tidings import` and `tidings send`, as a script uses them."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from tests.cli.conftest import Cli
from tidings.campaigns import actions as campaigns
from tidings.platform.core import Core
from tidings.segments.types import Everybody, to_json

ROWS = "E-Mail;Name of plan;First name\nzoë@example.org;Pro;Zoë\nno-address;Pro;Max\nann@example.org;Free;Ann\n"


async def test_a_file_comes_in_with_list_tag_field_and_refused_rows(cli: Cli, dsn: str, tmp_path: Path):
    file, rejects = tmp_path / "people.csv", tmp_path / "refused.csv"
    file.write_bytes(ROWS.encode("cp1252"))
    options = ("--list", "News", "--tag", "Fair", "--map", "Name of plan=new:text", "--rejects", str(rejects))
    done = cli("import", str(file), *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["rows", "3", "created", "2", "updated", "0", "skipped", "0", "rejected", "1"]
    assert "people.csv, line 3: “no-address” is not a valid email address." in done.stderr
    assert "no-address,Pro,Max,3" in rejects.read_text(encoding="utf-8-sig")
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT first_name, custom->>'name_of_plan' AS plan FROM contacts ORDER BY id")
        assert [tuple(row) for row in rows] == [("Zoë", "Pro"), ("Ann", "Free")]
        assert await connection.fetchval("SELECT count(*) FROM contact_lists JOIN lists l ON l.id = list_id") == 2
        assert await connection.fetchval("SELECT count(*) FROM contact_tags") == 2
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--map", "Plan=new:text"), "people.csv has no column “Plan”. It has E-Mail, Name of plan, First name."),
        (("--map", "Plan"), "“Plan” is not of the form HEADER=FIELD."),
        (("--map", "First name=nose"), "nose"),
        (("--on-existing", "replace"), "Choose update, fill or skip."),
        (("--status", "asleep"), "“asleep” is not a status."),
        (("--resume", "1"), "Give a FILE to import, or --resume ID"),
    ],
)
async def test_a_wrong_option_is_named_and_nothing_is_written(
    cli: Cli, dsn: str, tmp_path: Path, options: tuple[str, ...], says: str
):
    file = tmp_path / "people.csv"
    file.write_text(ROWS)
    done = cli("import", str(file), "--tag", "Fair", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    connection = await asyncpg.connect(dsn)
    try:
        counts = "SELECT (SELECT count(*) FROM contacts) + (SELECT count(*) FROM tags) + (SELECT count(*) FROM imports)"
        assert await connection.fetchval(counts) == 0
    finally:
        await connection.close()


async def test_a_draft_is_sent_from_the_command_line_and_only_once(cli: Cli, core: Core):
    await core.installation.put({"business_name": "Quay", "business_address": "1 Quay", "from_email": "a@quay.example"})
    await core.db.execute("INSERT INTO contacts (email) SELECT 'p' || n || '@y.co' FROM generate_series(1, 30) n")
    made = await campaigns.create_campaign(core, title="C", subject="s", body="<p>b</p>", audience=to_json(Everybody()))
    done = cli("send", str(made))
    assert (done.returncode, done.stdout.split()) == (0, ["recipients", "30", "sent", "30"]), done.stderr
    again = cli("send", str(made))
    assert again.returncode == 1
    assert f"Campaign {made} is finished; only a draft can be sent." in again.stderr
    assert await core.db.fetchval("SELECT count(*) FROM captured_mails") == 30


async def test_a_campaign_is_planned_in_the_time_of_the_installation(cli: Cli, core: Core):
    await core.installation.put({"time_zone": "Europe/Berlin"})
    made = await campaigns.create_campaign(core, title="C", subject="s", body="<p>b</p>", audience=to_json(Everybody()))
    assert "is not a time" in cli("send", str(made), "--at", "tomorrow").stderr
    done = cli("send", str(made), "--at", "2099-12-24T09:00")
    assert done.stdout == "planned for 2099-12-24T09:00:00+01:00\n", done.stderr
    assert await core.db.fetchval("SELECT state FROM campaigns") == "scheduled"
