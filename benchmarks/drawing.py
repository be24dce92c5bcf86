"""Drawing a campaign's recipients from a segment of a million.

    python -m benchmarks.drawing [--contacts 1060000] [--folder KEPT]

One contact in twenty is unsubscribed, so the default draws 1,007,000. The limit is one hand-written statement of the
same run that selects the same people and writes the same rows, with the same triggers and indexes, in one transaction
that nobody could resume. Embedded PostgreSQL, durable.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from benchmarks.web import folder_for, installation
from tidings.campaigns import actions as campaigns
from tidings.campaigns.drawing import draw
from tidings.campaigns.queries import campaign_by_id
from tidings.platform.core import Core
from tidings.segments.types import InLists, to_json

_BARE = """INSERT INTO messages (campaign_id, contact_id, email, due_at, created_at, updated_at)
SELECT $1, c.id, c.email, now(), now(), now() FROM contacts c
WHERE c.status = 'subscribed' AND c.email IS NOT NULL
  AND EXISTS (SELECT 1 FROM contact_lists m WHERE m.contact_id = c.id AND m.list_id IN (1, 2, 3, 4, 5))"""


async def _campaign(core: Core, title: str) -> int:
    audience = to_json(InLists("in", (1, 2, 3, 4, 5)))
    return await campaigns.create_campaign(core, title=title, subject="News", body="<p>News</p>", audience=audience)


async def run(given: argparse.Namespace, folder: Path) -> None:
    """Draws by hand, then draws, and prints both."""
    async with installation(folder, given.contacts) as core:
        bare, ours = await _campaign(core, "By hand"), await _campaign(core, "Ours")
        started = time.perf_counter()
        await core.db.execute(_BARE, bare)
        limit = time.perf_counter() - started
        await campaigns.schedule_campaign(core, ours)
        started = time.perf_counter()
        await draw(core, ours)
        seconds = time.perf_counter() - started
        drawn = (await campaign_by_id(core, ours)).recipients_count
        print(f"one statement by hand: {limit:.1f} s")
        print(f"drawing {drawn:,} recipients: {seconds:.1f} s, ratio {limit / seconds:.2f}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_060_000)
    parser.add_argument("--folder", help="keep the database here and use it again")
    given = parser.parse_args()
    with folder_for(given.folder) as folder:
        asyncio.run(run(given, folder))


if __name__ == "__main__":
    main()
