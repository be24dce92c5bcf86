"""Moving in as a job: to the end by itself, on from the last page after a death, and without leaving credentials."""

from __future__ import annotations

import pytest

from tests.migrators.standin import standing_in
from tests.migrators.systems import SYSTEMS
from tidings.migrators.jobs import JOB, start_move
from tidings.migrators.types import Plan
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.errors import Refused


async def test_a_move_goes_on_where_it_was_and_forgets_the_credentials(core: Core):
    await core.installation.put({"allow_private_targets": True})
    system = SYSTEMS["FluentCRM"]
    async with standing_in(system.answers) as stand:
        given = {**system.credentials, "api_url": stand.base}
        with pytest.raises(Refused):
            await start_move(core, "FluentCRM", given | {"api_key": "wrong"}, Plan())
        made = await start_move(core, "FluentCRM", given, Plan(tags={"7": "VIP"}, lists={"5": "News"}))
        assert await start_move(core, "FluentCRM", given, Plan()) == made
        stored = await core.db.fetchval("SELECT args::text FROM jobs WHERE id = $1", made)
        assert given["api_key"] not in stored.replace("sealed", "")
        # A process that died after the first page left this behind.
        await core.db.execute(
            """UPDATE jobs SET progress = '{"pages": 1, "created": 1, "updated": 0, "skipped": 0, "next": "2"}'
            WHERE id = $1""",
            made,
        )
        [claimed] = await jobs.claim(core.db, [JOB], 1)
        await jobs.run_claimed(core, claimed)
    assert {asked.query["page"] for asked in stand.asked if "custom_fields" in asked.query} == {"2"}
    done = await jobs.find_job(core, made)
    assert done is not None
    assert (done.state, done.progress["pages"], done.progress["created"]) == ("done", 2, 3)
    assert "sealed" not in done.args
