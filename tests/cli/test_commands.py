from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from tests.cli.conftest import Cli
from tidings.cli.configuration import parse_value
from tidings.platform.errors import Invalid


async def test_a_script_makes_users_and_keys_and_settings(cli: Cli, dsn: str):
    made = cli(
        *("user", "add", "mgr1", "--email", "mgr1@crm.test", "--name", "Max van Manager", "--role", "editor"),
        *("--permission", "fcrm_view_dashboard", "--permission", "fcrm_read_contacts", "--password-stdin"),
        stdin="a long password\n",
    )
    assert (made.returncode, made.stdout) == (0, "")
    key = cli("key", "add", "--user", "mgr1", "--kind", "furiosa", "--scope", "contacts:read", "--name", "script")
    assert key.stdout.startswith("fcrm_pk_")
    assert key.stdout.count("\n") == 1
    password = cli("key", "add", "--user", "mgr1", "--kind", "application-password", "--name", "replay").stdout
    assert len(password.split()) == 6
    reader = cli("key", "add", "--user", "mgr1", "--kind", "fluenzr", "--name", "board", "--read-only")
    assert reader.stdout.startswith("flz_sk_")
    assert cli("key", "limit", "1", "--per-minute", "240").returncode == 0
    assert cli("key", "limit", "3", "--per-minute", "9").returncode == 0
    assert cli("key", "limit", "3").returncode == 0
    assert "240" in cli("key", "list", "--user", "mgr1").stdout
    assert cli("settings", "set", "business_name", "Büro & Co").returncode == 0
    assert cli("settings", "set", "emails_per_second", "20").returncode == 0
    assert cli("settings", "set", "allow_private_targets", "yes").returncode == 0
    assert cli("settings", "get", "business_name").stdout == "Büro & Co\n"
    connection = await asyncpg.connect(dsn)
    try:
        user = await connection.fetchrow("SELECT first_name, last_name, role, permissions FROM users")
        assert user is not None
        assert tuple(user) == ("Max", "van Manager", "editor", ["fcrm_view_dashboard", "fcrm_read_contacts"])
        keys = await connection.fetch("SELECT kind, is_read_only, per_minute FROM api_keys ORDER BY id")
        assert [tuple(row) for row in keys] == [
            ("furiosa", False, 240),
            ("application-password", False, None),
            ("fluenzr", True, None),
        ]
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("settings", "set", "nope", "1"), "There is no setting “nope”"),
        (("settings", "set", "emails_per_second", "many"), "not a whole number"),
        (("settings", "set", "time_zone", "Mars/Base"), "is not a time zone"),
        (("settings", "set", "dns_servers", "::1:"), "is not an IPv6 address"),
        (("key", "add", "--user", "x", "--kind", "furiosa", "--name", "x", "--read-only"), "Only fluenzr keys"),
        (("key", "add", "--user", "ghost", "--kind", "furiosa", "--name", "x"), "ghost was not found"),
        (("key", "limit", "99", "--per-minute", "9"), "Key 99 was not found"),
        (("key", "limit", "99", "--per-minute", "0"), "A limit is a number from 1"),
        (
            ("key", "add", "--user", "x", "--kind", "application-password", "--name", "x", "--per-minute", "9"),
            "are not counted",
        ),
        (("user", "add", "x", "--email", "no", "--role", "king", "--password-stdin"), "“king” is not a role"),
        (("import", "nofile.csv"), "nofile.csv"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_status_one(cli: Cli, arguments: tuple[str, ...], says: str):
    done = cli(*arguments, stdin="a long password\n")
    assert done.returncode == 1
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_database_that_cannot_be_reached_is_told_without_its_password(cli: Cli):
    done = cli("settings", "list", DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/x")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_database_of_ones_own_is_migrated_only_when_told(cli: Cli, dsn: str):
    connection = await asyncpg.connect(dsn)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
    refused = cli("settings", "list")
    assert refused.returncode == 1
    assert "tidings migrate" in refused.stderr
    assert "0001_platform" in cli("migrate").stdout
    assert cli("migrate").stdout == "Nothing to do.\n"
    assert cli("settings", "list").returncode == 0


def test_data_and_port_stand_before_or_after_the_command(cli: Cli, tmp_path: Path):
    for place in (["--data", str(tmp_path / "a"), "doctor"], ["doctor", "--data", str(tmp_path / "b")]):
        cli(*place)
    assert (tmp_path / "a" / "secret.key").exists()
    assert (tmp_path / "b" / "secret.key").exists()
    wrong = cli("--port", "99999", "doctor")
    assert wrong.returncode == 2
    assert "65535" in wrong.stderr
    assert "--port" in cli("up", "--help").stdout


def test_the_doctor_names_what_is_missing(cli: Cli):
    done = cli("doctor")
    assert done.returncode == 1
    assert "business_address" in done.stdout


def test_a_shell_completes_commands_and_setting_names(cli: Cli):
    asked = {"_TIDINGS_COMPLETE": "complete_bash", "COMP_CWORD": "1", "COMP_WORDS": "tidings set"}
    assert cli(**asked).stdout.split() == ["settings"]
    asked = {"_TIDINGS_COMPLETE": "complete_bash", "COMP_CWORD": "3", "COMP_WORDS": "tidings settings set business_a"}
    assert cli(**asked).stdout.split() == ["business_address"]


def test_words_of_the_command_line_become_values_of_the_right_kind():
    assert parse_value("allow_private_targets", "Yes") is True
    assert parse_value("allow_private_targets", "0") is False
    assert parse_value("emails_per_second", "7") == 7
    assert parse_value("dialects", '{"a": 1}') == {"a": 1}
    for name, text in (("allow_private_targets", "perhaps"), ("emails_per_second", "7.5"), ("dialects", "{")):
        with pytest.raises(Invalid):
            parse_value(name, text)
