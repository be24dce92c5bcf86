"""The small programs of `sdks/samples`, run as they stand with another address and key."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tidings_client import FluenzrClient

from tests.sdks.conftest import SDKS, Running, Scripts
from tidings.campaigns.drawing import advance_campaigns
from tidings.contacts import actions as contacts

SAMPLES = SDKS / "samples"


def _has_php() -> bool:
    """PHP runs where a machine has it, with its extension for curl."""
    php = shutil.which("php")
    return php is not None and "curl" in subprocess.run([php, "-m"], capture_output=True, text=True).stdout.split()


_CREATORS = ["sh", "py", "mjs", *(["php"] if _has_php() else [])]


def _text(running: Running, name: str, ids: Mapping[str, str]) -> str:
    text = (SAMPLES / name).read_text(encoding="utf-8").replace("https://crm.example.com", running.url)
    text = text.replace("ada:your_application_password", f"ada:{running.keys['fluentcrm']}")
    text = text.replace("fcrm_pk_your_key", running.keys["furiosa"]).replace("flz_sk_your_key", running.keys["fluenzr"])
    for placeholder, id_ in ids.items():
        assert placeholder in text
        text = text.replace(placeholder, id_)
    assert "example.com" not in text
    assert "_your_" not in text
    return text


def _run(running: Running, name: str, scripts: Scripts, folder: Path, **ids: str) -> str:
    """What a program writes; `ids` stand in place of those that it has for examples."""
    text, kind = _text(running, name, ids), name.rpartition(".")[2]
    if kind == "mjs":
        return scripts.run(text)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    command = {"sh": ["sh", "-eu"], "py": [sys.executable], "php": ["php"]}[kind]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
async def empty(running: Running) -> Running:
    """The installation with the audience 1 and nobody in it."""
    for table in ("contacts", "lists", "tags", "campaigns"):
        await running.core.db.execute(f"TRUNCATE {table} RESTART IDENTITY CASCADE")
    assert await contacts.create_list(running.core, title="News") == 1
    return running


@pytest.mark.parametrize("kind", _CREATORS)
async def test_a_contact_is_made_from_every_language(empty: Running, scripts: Scripts, tmp_path: Path, kind: str):
    made = json.loads(_run(empty, f"furiosa-create-contact.{kind}", scripts, tmp_path))
    assert (made["audience_id"], made["email"], made["first_name"]) == (1, "mira@harbour.example", "Mira")
    assert await empty.core.db.fetchval("SELECT count(*) FROM contacts") == 1


async def test_a_contact_of_an_audience_is_listed_changed_and_deleted(empty: Running, scripts: Scripts, tmp_path: Path):
    said = _run(empty, "furiosa-pages.sh", scripts, tmp_path)
    assert said.split() == [
        '"total_pages":1',
        '"total":1',
        '"phone":"+447911999888"',
        '"created":1,"failed":1',
        "204",
    ]


async def test_people_of_another_crm_are_carried_over_and_listed(empty: Running, scripts: Scripts, tmp_path: Path):
    wanted = {"tove@fjord.example", "omar@dune.example"}
    assert set(_run(empty, "fluenzr-sync.mjs", scripts, tmp_path).split()) == wanted
    assert set(_run(empty, "fluenzr-list.py", scripts, tmp_path).split()) == wanted
    said = _run(empty, "fluenzr-curl.sh", scripts, tmp_path).lower().split()
    assert said == [
        '"success":true',
        '"email":"tove@fjord.example"',
        '"total":0',
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ]


async def test_a_campaign_is_automated_and_its_statistics_exported(empty: Running, scripts: Scripts, tmp_path: Path):
    with FluenzrClient(api_key=empty.keys["fluenzr"], base_url=empty.url) as fluenzr:
        account = fluenzr.email_accounts.create(
            email="me@harbour.example", smtp={"host": "127.0.0.1", "port": 1, "encryption": "none"}
        )
        group = fluenzr.groups.create(name="Readers")
        people = [{"email": "tove@fjord.example"}, {"email": "omar@dune.example"}]
        fluenzr.contacts.create_many(people, group_ids=[group.id])
    ids = {"acc_your_account": account.id, "grp_your_group": group.id}
    said = _run(empty, "fluenzr-campaign.mjs", scripts, tmp_path, **ids)
    assert said == "First quarter: 2 contacts, active\n"
    campaign = await empty.core.db.fetchval("SELECT id FROM campaigns")
    await empty.core.db.execute("UPDATE campaigns SET scheduled_at = now() WHERE id = $1", campaign)
    await advance_campaigns(empty.core)
    await empty.core.db.execute(
        "UPDATE messages SET state = 'sent', sent_at = now(), opened_at = CASE WHEN email LIKE 'tove%' THEN now() END"
    )
    assert _run(empty, "fluenzr-stats.mjs", scripts, tmp_path) == "First quarter: 50% opens, 0% replies\n"


def test_every_sample_is_run():
    text = Path(__file__).read_text(encoding="utf-8").replace("{kind}", "*")
    for path in SAMPLES.iterdir():
        if path.name != "README.md":
            assert path.name in text or f"{path.stem}.*" in text, path.name


async def test_the_fluentcrm_requests_of_its_manual_work(empty: Running, scripts: Scripts, tmp_path: Path):
    said = _run(empty, "fluentcrm-curl.sh", scripts, tmp_path).splitlines()
    assert said == [
        '"message":"Successfully saved the list."',
        '"message":"Successfully saved the list."',
        '"message":"Successfully saved the tag."',
        '"action_type":"created"',
        '"email":"lena@fjord.example"',
        '"total_subscribers"',
        '"stats"',
        '"message":"Successfully removed the list."',
    ]
