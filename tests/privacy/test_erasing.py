"""Erasure: nothing that tells of the person is left in any table, campaigns keep their numbers, the address its silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.privacy.person import ADDRESS, TELLING, known_person
from tests.public.door import run_jobs
from tidings.campaigns.drawing import count_recipients
from tidings.campaigns.queries import campaign_view
from tidings.consent.actions import release_address
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.imports import actions as imports
from tidings.imports.running import run_import
from tidings.platform import jobs
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, NotFound
from tidings.privacy import actions
from tidings.privacy import jobs as privacy_jobs
from tidings.privacy.erasing import erase_contact
from tidings.privacy.store import export_path
from tidings.segments.types import Everybody

# Gone with the contact by the database itself, or by its statement triggers.
CASCADES = {
    *("consents", "contact_companies", "contact_events", "contact_lists", "contact_tags", "form_submissions", "notes"),
    *("personal_exports", "privacy_links", "webhook_deliveries", "portal_sessions", "portal_tickets_used"),
    *("automation_runs", "campaign_contacts", "pipeline_moves", "pipeline_places"),
}
# Named in privacy/sql/erasing.sql.
ERASED = {"facts", "messages", "webhook_events"}


async def everything(core: Core) -> str:
    """Every row of every table, as one lower-case text."""
    tables = await core.db.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    found: list[Any] = []
    for row in tables:
        found += [r["j"] for r in await core.db.fetch(f'SELECT to_jsonb(t) AS j FROM "{row["table_name"]}" t')]
    return msgspec.json.encode(found).decode().lower()


async def test_nothing_that_tells_of_the_person_is_left_anywhere(core: Core):
    sent = await known_person(core)
    other = await contacts.write_contact(core, Draft({"email": "ben@example.org", "first_name": "Ben"}))
    before = await campaign_view(core, sent.campaign_id)
    text = await everything(core)
    assert [word for word in TELLING if word not in text] == []
    assert await erase_contact(core, sent.contact_id)
    text = await everything(core)
    assert [word for word in TELLING if word in text] == []
    assert "ben@example.org" in text
    after = await campaign_view(core, sent.campaign_id)
    assert (after.counts, after.campaign.recipients_count) == (before.counts, before.campaign.recipients_count)
    assert after.counts["opened"] == after.counts["clicked"] == 1
    assert await core.db.fetchval("SELECT count(*) FROM hits") == 2
    tallies = await core.db.fetch(
        "SELECT scope, sum(contacts) AS n FROM tallies GROUP BY scope HAVING sum(contacts) <> 0"
    )
    assert {row["scope"]: row["n"] for row in tallies} == {"status": 1}
    assert await core.db.fetchval("SELECT contact_id FROM messages") != sent.contact_id
    facts = await core.db.fetch("SELECT kind, data FROM facts WHERE contact_id = $1", sent.contact_id)
    assert [(row["kind"], row["data"]) for row in facts] == [("contact_deleted", {"is_erased": True})]
    assert not await erase_contact(core, sent.contact_id)
    assert (await core.db.fetchval("SELECT count(*) FROM contacts WHERE id = $1", other.id)) == 1


async def test_every_table_that_knows_contacts_is_thought_of(core: Core):
    rows = await core.db.fetch(
        """SELECT DISTINCT c.table_name FROM information_schema.columns c JOIN information_schema.tables t
            USING (table_schema, table_name)
        WHERE c.table_schema = 'public' AND c.column_name = 'contact_id' AND t.table_type = 'BASE TABLE'"""
    )
    names = {row["table_name"] for row in rows}
    assert {name for name in names if not name.startswith("facts_")} == CASCADES | ERASED


async def test_whoever_was_erased_is_not_mailed_when_the_address_comes_back(core: Core, tmp_path: Any):
    sent = await known_person(core)
    await erase_contact(core, sent.contact_id)
    assert await core.db.fetchval("SELECT count(*) FROM suppressions") == 0
    await contacts.write_contact(core, Draft({"email": ADDRESS.lower()}))
    assert await core.db.fetchval("SELECT reason FROM suppressions") == "erased"
    assert await count_recipients(core, Everybody()) == 0
    assert await release_address(core, ADDRESS)
    assert await count_recipients(core, Everybody()) == 1
    assert not await release_address(core, ADDRESS)


async def test_an_import_and_a_change_of_address_meet_the_erased_too(core: Core, tmp_path: Any):
    for name in ("ada", "ben"):
        made = await contacts.write_contact(core, Draft({"email": f"{name}@example.org"}))
        await erase_contact(core, made.id)
    path = tmp_path / "people.csv"
    path.write_text("email\nADA@example.org\nnew@example.org\n")
    made = await imports.create_import(core, path, file_name="people.csv")
    await core.db.execute("UPDATE imports SET state = 'queued' WHERE id = $1", made.id)
    await run_import(core, made.id)
    rows = await core.db.fetch("SELECT lower(email) AS email, status FROM contacts ORDER BY 1")
    assert [tuple(row) for row in rows] == [("ada@example.org", "unsubscribed"), ("new@example.org", "subscribed")]
    found = await core.db.fetchval("SELECT id FROM contacts WHERE email = 'new@example.org'")
    await contacts.write_contact(core, Draft({"email": "Ben@example.org"}, id=found))
    assert await count_recipients(core, Everybody()) == 0


async def test_a_mail_in_the_hand_of_a_sender_is_waited_for(core: Core):
    sent = await known_person(core)
    await core.db.execute("UPDATE messages SET state = 'sending'")
    with pytest.raises(Conflict):
        await erase_contact(core, sent.contact_id)
    first = await actions.request_erasure(core, sent.contact_id)
    assert await actions.request_erasure(core, sent.contact_id) == first
    assert await actions.is_being_erased(core, sent.contact_id)
    await run_jobs(core)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 1
    await core.db.execute("UPDATE messages SET state = 'sent'")
    await core.db.execute("UPDATE jobs SET due_at = now()")
    await run_jobs(core)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0
    row = await core.db.fetchrow("SELECT action, object FROM audit_entries")
    assert row is not None
    assert tuple(row) == ("contact_erased", f"contact {sent.contact_id}")
    with pytest.raises(NotFound):
        await actions.request_erasure(core, sent.contact_id)


async def test_mails_that_wait_are_cancelled_and_files_deleted(core: Core):
    sent = await known_person(core)
    await core.db.execute("UPDATE messages SET state = 'queued'")
    export_id = await actions.request_export(core, sent.contact_id)
    await run_jobs(core)
    file = await actions.export_file(core, sent.contact_id, export_id)
    assert file == export_path(core, file.name)
    await erase_contact(core, sent.contact_id)
    assert not file.exists()
    assert await core.db.fetchval("SELECT state FROM messages") == "cancelled"


async def test_an_erasure_that_is_taken_up_again_finds_nobody(core: Core):
    sent = await known_person(core)
    await actions.request_erasure(core, sent.contact_id)
    [job] = await jobs.claim(core.db, [privacy_jobs.ERASE_JOB], 1)
    await erase_contact(core, sent.contact_id)
    await jobs.run_claimed(core, job)
    assert await core.db.fetchval("SELECT state FROM jobs WHERE id = $1", job.id) == "done"


async def test_what_other_programs_were_told_or_wait_to_be_told_goes_too(core: Core):
    made = [await contacts.write_contact(core, Draft({"email": f"{name}@example.org"})) for name in ("ada", "ben")]
    await core.db.execute(
        """WITH e AS (INSERT INTO webhook_endpoints (form, url, events, secret, created_at, updated_at)
            VALUES ('fluenzr', 'https://example.org', '{}', '', now(), now()) RETURNING id),
        v AS (INSERT INTO webhook_events (form, kind, contact_id, at, body, created_at)
            SELECT 'fluenzr', 'contact.updated', id, now(), 'told', now() FROM unnest($1::bigint[]) id RETURNING id, contact_id)
        INSERT INTO webhook_deliveries (endpoint_id, event_id, kind, contact_id, due_at, created_at)
        SELECT e.id, v.id, 'contact.updated', v.contact_id, now(), now() FROM e, v""",
        [one.id for one in made],
    )
    await erase_contact(core, made[0].id)
    for table in ("webhook_events", "webhook_deliveries"):
        rows = await core.db.fetch(f"SELECT contact_id FROM {table}")
        assert [row["contact_id"] for row in rows] == [made[1].id]


async def test_what_a_deletion_tells_of_a_person_is_forgotten_after_a_while(core: Core, clock: FixedClock):
    made = await contacts.write_contact(core, Draft({"email": "ada@example.org", "first_name": "Ada"}))
    await contacts.delete_contacts(core, [made.id])
    await core.db.execute("UPDATE facts SET at = $1", clock.now())
    assert await actions.forget_deleted(core) == 0
    assert "ada@example.org" in await everything(core)
    clock.set(clock.now() + actions.TOLD_FOR + timedelta(seconds=1))
    assert await actions.forget_deleted(core) == 1
    assert await actions.forget_deleted(core) == 0
    assert "ada@example.org" not in await everything(core)
