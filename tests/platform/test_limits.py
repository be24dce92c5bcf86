from __future__ import annotations

import asyncio
import subprocess
import sys

from tidings.platform.db import Database
from tidings.platform.limits import count_request

_COUNTER = """
import asyncio, sys
from tidings.platform.db import Database
from tidings.platform.limits import count_request
async def main():
    db = await Database.open(sys.argv[1], max_size=8)
    found = await asyncio.gather(*(count_request(db, "key", 60, per=86400) for _ in range(40)))
    await db.close()
    print(sum(usage.is_allowed for usage in found))
asyncio.run(main())
"""


async def test_the_sixtieth_request_passes_and_the_sixty_first_does_not(db: Database):
    found = [await count_request(db, "a", 60, per=86400) for _ in range(61)]
    assert [usage.is_allowed for usage in found] == [True] * 60 + [False]
    assert [found[0].remaining, found[59].remaining, found[60].remaining] == [59, 0, 0]
    assert (await count_request(db, "b", 60, per=86400)).is_allowed


async def test_four_processes_at_one_window_let_exactly_sixty_pass(dsn: str, db: Database):
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", _COUNTER, dsn, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    passed = [int((await process.communicate())[0]) for process in processes]
    assert sum(passed) == 60
    assert await db.fetchval("SELECT used FROM rate_windows WHERE key = 'key'") == 160


async def test_a_new_window_starts_afresh_and_an_old_one_cannot_turn_it_back(db: Database):
    await count_request(db, "a", 1, per=86400)
    await db.execute("UPDATE rate_windows SET window_at = window_at - interval '1 day'")
    assert (await count_request(db, "a", 1, per=86400)).is_allowed
    await db.execute("UPDATE rate_windows SET window_at = window_at + interval '1 day'")
    late = await count_request(db, "a", 1, per=86400)
    assert not late.is_allowed
    assert await db.fetchval("SELECT used FROM rate_windows") == 2
