from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from tests.cli.conftest import Cli
from tidings.consent.actions import suppress_addresses
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core


async def test_a_person_is_exported_and_erased_from_the_command_line(core: Core, cli: Cli, tmp_path: Path):
    await contacts.write_contact(core, Draft({"email": "Ada@example.org", "first_name": "Ada"}))
    file = tmp_path / "ada.zip"
    made = cli("contact", "export", "ada@example.org", "--to", str(file))
    assert (made.returncode, made.stdout) == (0, f"{file}\n")
    with ZipFile(file) as archive:
        assert "Ada@example.org" in archive.read("personal-data.json").decode()
    again = cli("contact", "export", "ada@example.org", "--to", str(file))
    assert (again.returncode, "cannot be written" in again.stderr) == (1, True)
    refused = cli("contact", "erase", "ada@example.org", stdin="no\n")
    assert (refused.returncode, "Nothing was erased" in refused.stderr) == (1, True)
    assert cli("contact", "erase", "ada@example.org", "--yes").stdout == "erased\n"
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0
    unknown = cli("contact", "erase", "ada@example.org", "--yes")
    assert (unknown.returncode, "no contact" in unknown.stderr) == (1, True)
    actions = await core.db.fetch("SELECT action FROM audit_entries ORDER BY id")
    assert [row["action"] for row in actions] == ["contact_exported", "contact_erased"]


async def test_an_address_is_released_once(core: Core, cli: Cli):
    await suppress_addresses(core, ["ada@example.org"], reason="complained")
    assert cli("contact", "release", "ada@example.org").stdout == "released\n"
    again = cli("contact", "release", "ada@example.org")
    assert (again.returncode, "not suppressed" in again.stderr) == (1, True)


async def test_addresses_are_suppressed_all_or_none(core: Core, cli: Cli):
    wrong = cli("contact", "suppress", "ada@example.org", "nobody")
    assert (wrong.returncode, "“nobody” is no mail address" in wrong.stderr) == (1, True)
    assert await core.db.fetchval("SELECT count(*) FROM suppressions") == 0
    made = cli("contact", "suppress", "Ada@example.org", "ada@example.org", "ben@example.org", "--reason", "asked")
    assert made.stdout == "2 suppressed\n"
    rows = await core.db.fetch("SELECT email_key, reason FROM suppressions ORDER BY 1")
    assert [tuple(row) for row in rows] == [("ada@example.org", "asked"), ("ben@example.org", "asked")]
