"""Contacts going through an automation: a tag applied, a tag given, a condition, a note, a mail queued, an end.

    python -m benchmarks.automations [--contacts 100000] [--folder KEPT]

The limit is the same rows written by hand in the same run: one statement for each step and everybody, in one transaction
each, without runs, metrics or places to go on from. Embedded PostgreSQL, durable, one process.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from benchmarks.web import folder_for, installation
from tidings.automations import actions
from tidings.automations.running import advance_runs
from tidings.automations.triggers import read_facts
from tidings.automations.types import Start, StepDraft
from tidings.campaigns import actions as campaigns
from tidings.contacts import actions as contacts
from tidings.platform.core import Core

_WHO = "SELECT id FROM contacts WHERE status = 'subscribed'"
_BARE = (
    f"INSERT INTO contact_tags (contact_id, tag_id, created_at) SELECT id, $1, now() FROM ({_WHO}) c ON CONFLICT DO NOTHING",
    f"INSERT INTO notes (contact_id, kind, title, created_at, updated_at) SELECT id, 'note', 'n', now(), now() FROM ({_WHO}) c WHERE $1 > 0",
    """INSERT INTO messages (campaign_id, contact_id, email, due_at, created_at, updated_at)
    SELECT $1, id, email, now(), now(), now() FROM contacts WHERE status = 'subscribed'""",
)


async def _automation(core: Core, begun_by: int, given: int) -> int:
    """Every contact takes five steps."""
    rule = {"rule": "tags", "operator": "in", "ids": [given]}
    branch = StepDraft("condition", {"rules": rule}, yes=[StepDraft("add_note", {"title": "n", "text": ""})])
    mail = StepDraft("send_mail", {"to": "contact"}, mail={"subject": "News", "body": "<p>News</p>"})
    steps = [StepDraft("add_tags", {"ids": [given]}), branch, mail, StepDraft("end", {})]
    made = await actions.create_automation(core, title="B", trigger="tags_added", start=Start(ids=(begun_by,)))
    await actions.update_automation(core, made, steps=steps, state="published")
    return made


async def run(given: argparse.Namespace, folder: Path) -> None:
    """By hand, then through the automation; prints both."""
    async with installation(folder, given.contacts) as core:
        first, second, by_hand = await contacts.ensure_tags(core, ["begin", "given", "by hand"])
        campaign = await campaigns.create_campaign(core, title="By hand", subject="News", body="<p>News</p>")
        started = time.perf_counter()
        for statement, what in zip(_BARE, (by_hand, by_hand, campaign), strict=True):
            await core.db.execute(statement, what)
        limit = time.perf_counter() - started
        await _automation(core, first, second)
        while await read_facts(core):
            pass
        ids = [row["id"] for row in await core.db.fetch(_WHO)]
        await contacts.add_tags(core, ids, [first])
        started = time.perf_counter()
        while await read_facts(core):
            pass
        begun = time.perf_counter() - started
        started, steps = time.perf_counter(), 0
        while done := await advance_runs(core):
            steps += done
        seconds = time.perf_counter() - started
        n = len(ids)
        print(f"by hand: {n:,} contacts, three statements: {limit:.1f} s")
        print(f"begun: {n:,} runs in {begun:.1f} s, {n / begun:,.0f} a second")
        print(
            f"moved on: {steps:,} steps in {seconds:.1f} s, {steps / seconds:,.0f} a second, ratio {limit / seconds:.2f}"
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--folder", help="keep the database here and use it again")
    given = parser.parse_args()
    with folder_for(given.folder) as folder:
        asyncio.run(run(given, folder))


if __name__ == "__main__":
    main()
