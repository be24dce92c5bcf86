"""What the migrations leave behind as a whole."""

from __future__ import annotations

from tidings.platform.core import Core


async def test_counts_follow_the_rows_whoever_writes_them(core: Core):
    counted = "SELECT coalesce(sum(contacts), 0) FROM tallies WHERE scope = 'status'"
    await core.db.execute("INSERT INTO contacts (email) VALUES ('a@b.c')")
    assert await core.db.fetchval(counted) == 1
    await core.db.execute("DELETE FROM contacts")
    assert await core.db.fetchval(counted) == 0


async def test_letters_outside_ascii_have_two_cases(core: Core):
    assert await core.db.fetchval("SELECT lower('Ä')") == "ä"
