"""Changes by rule: what each does, that a run goes on where it was, and that it can be stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import NOW, StatementCounter
from tidings.bulk import actions, jobs
from tidings.bulk.queries import bulk_job_by_id, list_bulk_jobs, live_bulk_jobs
from tidings.bulk.types import (
    AddLists,
    AddTags,
    AskToConfirm,
    Change,
    DeleteContacts,
    JoinCompanies,
    LeaveCompanies,
    RemoveLists,
    RemoveTags,
    SetField,
    SetStatus,
    SetType,
)
from tidings.contacts import actions as contacts
from tidings.contacts.companies.actions import create_company
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.types import CustomField, Draft
from tidings.platform import jobs as queue
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, NotFound
from tidings.segments.types import ColumnIs, Everybody, HasTags, Rule, StatusIn

EVEN = ColumnIs("first_name", "equals", "Even")


async def people(core: Core, n: int) -> list[int]:
    drafts = [
        Draft({"email": f"p{i}@y.co", "first_name": "Odd" if i % 2 else "Even"}, status="pending" if i == 0 else None)
        for i in range(n)
    ]
    return [one.id for one in await contacts.write_contacts(core, drafts)]


async def run(core: Core, rule: Rule, change: Change) -> int:
    made = await actions.start_change(core, rule, change)
    await work(core)
    return made


async def work(core: Core) -> None:
    for job in await queue.claim(core.db, [actions.JOB], 1):
        await queue.run_claimed(core, job)


async def facts_of(core: Core, kind: str) -> list[int]:
    rows = await core.db.fetch("SELECT contact_id FROM facts WHERE kind = $1 ORDER BY contact_id", kind)
    return [row["contact_id"] for row in rows]


async def ids(core: Core, sql: str, *args: Any) -> list[int]:
    return [row[0] for row in await core.db.fetch(sql, *args)]


async def test_everybody_the_rule_matches_is_changed_once_with_facts(core: Core):
    made = await people(core, 6)
    evens = made[::2]
    tag = await contacts.create_tag(core, title="VIP")
    await contacts.add_tags(core, evens[:1], [tag])
    job = await bulk_job_by_id(core, await run(core, EVEN, AddTags((tag,))))
    assert (job.state, job.done, job.total, job.changed, job.is_live) == ("done", 3, 3, 2, False)
    assert await ids(core, "SELECT contact_id FROM contact_tags ORDER BY 1") == evens
    assert await facts_of(core, "tags_added") == evens
    again = await bulk_job_by_id(core, await run(core, EVEN, AddTags((tag,))))
    assert (again.done, again.changed) == (3, 0)
    # a rule that the change makes untrue is still done to its end
    gone = await bulk_job_by_id(core, await run(core, HasTags("in", (tag,)), RemoveTags((tag,))))
    assert (gone.done, gone.changed) == (3, 3)
    assert await ids(core, "SELECT contact_id FROM contact_tags") == []


async def test_each_change_does_its_work(core: Core):
    made = await people(core, 4)
    evens = [made[0], made[2]]
    news = await contacts.create_list(core, title="News")
    firm = await create_company(core, CompanyDraft({"name": "Acme"}))
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    await run(core, EVEN, AddLists((news,)))
    assert await ids(core, "SELECT contact_id FROM contact_lists ORDER BY 1") == evens
    await run(core, StatusIn(("pending",)), RemoveLists((news,)))
    assert await ids(core, "SELECT contact_id FROM contact_lists ORDER BY 1") == evens[1:]
    await run(core, EVEN, JoinCompanies((firm,)))
    assert await ids(core, "SELECT id FROM contacts WHERE company_id = $1 ORDER BY 1", firm) == evens
    await run(core, EVEN, LeaveCompanies((firm,)))
    assert await ids(core, "SELECT id FROM contacts WHERE company_id IS NOT NULL") == []
    await run(core, EVEN, SetType("customer"))
    assert await ids(core, "SELECT id FROM contacts WHERE contact_type = 'customer' ORDER BY 1") == evens
    await run(core, EVEN, SetField("plan", "Team"))
    assert await ids(core, "SELECT id FROM contacts WHERE custom ->> 'plan' = 'Team' ORDER BY 1") == evens
    assert await facts_of(core, "contact_updated") == sorted(evens * 2)
    await run(core, EVEN, SetField("plan", ""))
    assert await ids(core, "SELECT id FROM contacts WHERE custom <> '{}'") == []
    await run(core, Everybody(), AskToConfirm())
    waiting = await core.db.fetch("SELECT args FROM jobs WHERE kind = 'mail_opt_in'")
    assert [row["args"]["contact_id"] for row in waiting] == [made[0]]
    await run(core, EVEN, SetStatus("unsubscribed", "cleaning up"))
    assert await ids(core, "SELECT contact_id FROM consents WHERE reason = 'cleaning up' ORDER BY 1") == evens
    await run(core, EVEN, DeleteContacts())
    assert await ids(core, "SELECT id FROM contacts ORDER BY 1") == [made[1], made[3]]
    assert await facts_of(core, "contact_deleted") == evens


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (AddTags(()), "tags"),
        (RemoveLists(()), "lists"),
        (JoinCompanies(()), "companies"),
        (SetStatus("away"), "status"),  # type: ignore[arg-type]
        (SetType(" "), "contact_type"),
        (SetField("nope", "x"), "custom_field"),
        (SetField("age", "old"), "custom_values.age"),
    ],
    ids=str,
)
async def test_a_change_that_cannot_be_made_is_refused_before_anything_happens(core: Core, change: Change, field: str):
    made = await people(core, 1)
    await contacts.replace_custom_fields(core, [CustomField("age", "Age", "number")])
    for attempt in (
        actions.start_change(core, Everybody(), change),
        actions.change_contacts(core, made, change),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert list(refused.value.fields) == [field]
    assert await core.db.fetchval("SELECT count(*) FROM jobs") == 0


class Killed(BaseException):
    """What no handler can catch, as SIGKILL."""


async def test_a_run_that_died_goes_on_behind_its_last_set(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "SET", 2)
    made = await people(core, 7)
    tag = await contacts.create_tag(core, title="VIP")
    apply, seen = jobs.apply_change, list[Sequence[int]]()

    async def dying(core: Core, tx: Any, change: Change, given: Sequence[int]) -> int:
        changed = await apply(core, tx, change, given)
        seen.append(given)
        if len(seen) == 2:
            raise Killed
        return changed

    monkeypatch.setattr(jobs, "apply_change", dying)
    job_id = await actions.start_change(core, Everybody(), AddTags((tag,)))
    [job] = await queue.claim(core.db, [actions.JOB], 1)
    with pytest.raises(Killed):
        await queue.KINDS[actions.JOB].run(core, job.args, queue.Progress(core.db, job))
    assert await ids(core, "SELECT contact_id FROM contact_tags ORDER BY 1") == made[:2]
    late = await contacts.write_contact(core, Draft({"email": "late@y.co"}))
    await core.db.execute("UPDATE jobs SET leased_until = now() - interval '1 second'")
    await work(core)
    done = await bulk_job_by_id(core, job_id)
    assert (done.state, done.done, done.total, done.changed) == ("done", 7, 7, 7)
    assert [list(one) for one in seen] == [made[:2], made[2:4], made[2:4], made[4:6], made[6:]]
    assert await facts_of(core, "tags_added") == made
    assert late.id not in await ids(core, "SELECT contact_id FROM contact_tags")


async def test_two_runs_at_once_change_nobody_twice(core: Core):
    made = await people(core, 3)
    tag = await contacts.create_tag(core, title="VIP")
    await actions.start_change(core, Everybody(), AddTags((tag,)))
    [first] = await queue.claim(core.db, [actions.JOB], 1)
    await core.db.execute("UPDATE jobs SET leased_until = now() - interval '1 second'")
    [second] = await queue.claim(core.db, [actions.JOB], 1)
    await queue.run_claimed(core, second)
    await queue.run_claimed(core, first)
    assert await facts_of(core, "tags_added") == made
    [job] = await list_bulk_jobs(core)
    assert (job.state, job.done) == ("done", 3)


async def test_a_stop_ends_it_and_what_is_changed_stays(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "SET", 2)
    made = await people(core, 6)
    tag = await contacts.create_tag(core, title="VIP")
    apply = jobs.apply_change
    job_id = await actions.start_change(core, Everybody(), AddTags((tag,)))

    async def stopped_in_the_second_set(core: Core, tx: Any, change: Change, given: Sequence[int]) -> int:
        if given[0] == made[2]:
            await actions.stop_change(core, job_id)
            [live] = await live_bulk_jobs(core)
            assert (live.done, live.is_stopping) == (2, True)
        return await apply(core, tx, change, given)

    monkeypatch.setattr(jobs, "apply_change", stopped_in_the_second_set)
    await work(core)
    job = await bulk_job_by_id(core, job_id)
    assert (job.state, job.done, job.time_left) == ("stopped", 2, None)
    assert await ids(core, "SELECT contact_id FROM contact_tags ORDER BY 1") == made[:2]
    with pytest.raises(Conflict):
        await actions.stop_change(core, job_id)
    with pytest.raises(NotFound):
        await actions.stop_change(core, 999)
    assert await live_bulk_jobs(core) == []


async def test_days_are_counted_from_the_moment_it_was_asked_for(core: Core, clock: FixedClock):
    await people(core, 2)
    tag = await contacts.create_tag(core, title="VIP")
    await core.db.execute("UPDATE contacts SET created_at = $1", NOW - timedelta(days=3))
    await actions.start_change(core, ColumnIs("created_at", "days_within", 5), AddTags((tag,)))
    clock.set(NOW + timedelta(days=30))
    await work(core)
    assert await core.db.fetchval("SELECT count(*) FROM contact_tags") == 2


async def test_the_statements_of_a_set_do_not_grow_with_it(core: Core, statements: StatementCounter):
    await people(core, 40)
    tag = await contacts.create_tag(core, title="VIP")
    counts: list[int] = []
    for rule in (ColumnIs("email", "equals", "p1@y.co"), Everybody()):
        await actions.start_change(core, rule, AddTags((tag,)))
        with statements as counted:
            await work(core)
        counts.append(counted.count)
    assert counts[0] == counts[1]


async def test_speed_and_time_left_follow_from_what_was_stored(core: Core):
    tag = await contacts.create_tag(core, title="VIP")
    job_id = await actions.start_change(core, Everybody(), AddTags((tag,)))
    assert (await bulk_job_by_id(core, job_id)).per_second is None
    values: dict[str, Any] = {"last_id": 9, "up_to": 99, "total": 100, "done": 25, "changed": 20, "seconds": 5.0}
    await core.db.execute("UPDATE jobs SET state = 'running', progress = $1", values)
    job = await bulk_job_by_id(core, job_id)
    assert (job.per_second, job.time_left) == (5.0, timedelta(seconds=15))
