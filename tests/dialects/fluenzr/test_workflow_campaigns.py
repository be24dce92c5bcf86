"""Campaigns of several steps: the clock moves, and each contact's mails are counted."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.automations.flows import settle
from tests.conftest import StatementCounter
from tests.dialects.fluenzr.test_keys import data, refused
from tests.dialects.fluenzr.test_workflow import edge, node
from tests.dialects.mouth import Mouth
from tests.dialects.told import Told
from tidings.automations import queries, workflows
from tidings.automations.jobs import ENROL_JOB
from tidings.campaigns import actions as campaigns
from tidings.campaigns.carried import finish_workflows
from tidings.campaigns.drawing import advance_campaigns
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.messages import accounts, claims
from tidings.platform import jobs
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.facts import Fact, write_facts
from tidings.platform.pagination import PageRequest
from tidings.workers.sender import Sender

SAMPLE = {"samplePercent": 20, "waitHours": 4}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def chain(*parts: tuple[str, str, Mapping[str, Any]]) -> dict[str, Any]:
    """A workflow without branches: (id, type, data) between start and end."""
    nodes = [node("s", "start"), *(node(id_, kind, **more) for id_, kind, more in parts), node("e", "end")]
    ids = [one["id"] for one in nodes]
    return {"nodes": nodes, "edges": [edge(one, two) for one, two in itertools.pairwise(ids)]}


def mail(id_: str, **more: Any) -> tuple[str, str, Mapping[str, Any]]:
    return id_, "email", {"subject": f"{id_} for {{{{firstName}}}}", "body": "<p>Hi</p>", **more}


def delay(id_: str, **more: Any) -> tuple[str, str, Mapping[str, Any]]:
    return id_, "delay", more


THREE = chain(mail("one"), delay("d1", days=2), mail("two"), delay("d2", hours=5), mail("three"))


def asking(**condition: Any) -> dict[str, Any]:
    """One mail, a day, then `yes` or `no` by the condition, then `both` for everybody."""
    nodes = [
        node("s", "start"),
        node("one", "email", subject="one", body='<p><a href="https://example.com/a">a</a></p>'),
        node("d", "delay", days=1),
        node("c", "condition", **condition),
        node("yes", "email", subject="yes", body="<p>y</p>"),
        node("no", "email", subject="no", body="<p>n</p>"),
        node("d2", "delay", days=1),
        node("both", "email", subject="both", body="<p>b</p>"),
        node("e", "end"),
    ]
    edges = [edge("s", "one"), edge("one", "d"), edge("d", "c"), edge("c", "yes", True), edge("c", "no", False)]
    return {
        "nodes": nodes,
        "edges": [*edges, edge("yes", "d2"), edge("no", "d2"), edge("d2", "both"), edge("both", "e")],
    }


class World:
    """What the workers do, and what came out."""

    def __init__(self, core: Core, fluenzr: Mouth, clock: FixedClock) -> None:
        self.core, self.fluenzr, self.clock = core, fluenzr, clock

    async def people(self, n: int, *, first: int = 0) -> list[str]:
        rows = [{"email": f"p{i}@example.com", "firstName": f"P{i}"} for i in range(first, first + n)]
        return [data(await self.fluenzr.post("/contacts", row), 201)["id"] for row in rows]

    async def made(self, workflow: Mapping[str, Any], people: Sequence[str] = (), **more: Any) -> str:
        """The path of a draft with these people."""
        made = data(await self.fluenzr.post("/campaigns", {"name": "Long", "workflow": workflow, **more}), 201)
        path = f"/campaigns/{made['id']}"
        if people:
            data(await self.fluenzr.post(f"{path}/contacts", {"contactIds": list(people)}))
        return path

    async def started(self, workflow: Mapping[str, Any], people: Sequence[str], **more: Any) -> str:
        path = await self.made(workflow, people, **more)
        assert data(await self.fluenzr.post(f"{path}/start"))["status"] == "active"
        await self.work()
        return path

    async def work(self) -> None:
        """Everything that is due now."""
        await advance_campaigns(self.core)
        for job in await jobs.claim(self.core.db, [ENROL_JOB], 10):
            await jobs.run_claimed(self.core, job)
        await settle(self.core)
        while await Sender(self.core).pass_once():
            await settle(self.core)
        await claims.finish_campaigns(self.core)
        await finish_workflows(self.core)

    async def after(self, time: timedelta) -> None:
        self.clock.set(self.clock.now() + time)
        await self.work()

    async def mails(self) -> dict[str, list[str]]:
        """The subjects that each address was sent, in order."""
        found: dict[str, list[str]] = {}
        for row in await self.core.db.fetch("SELECT recipient, subject FROM captured_mails ORDER BY id"):
            found.setdefault(row["recipient"].partition("@")[0], []).append(row["subject"])
        return found

    async def marked(self, email: str, sets: str) -> None:
        """What the projector writes when somebody opens or clicks."""
        await self.core.db.execute(f"UPDATE messages SET {sets} WHERE email LIKE $1 || '@%'", email)


@pytest.fixture
def world(core: Core, fluenzr: Mouth, clock: FixedClock) -> World:
    return World(core, fluenzr, clock)


async def test_several_mails_go_to_each_contact_once_and_after_their_delays(world: World, fluenzr: Mouth):
    path = await world.started(THREE, await world.people(3))
    assert await world.mails() == {f"p{i}": [f"one for P{i}"] for i in range(3)}
    await world.after(2 * DAY - HOUR)
    assert {len(mails) for mails in (await world.mails()).values()} == {1}
    listed = data(await fluenzr.get(f"{path}/contacts"))
    assert [(row["email"], row["status"], row["sentAt"] is None) for row in listed] == [
        (f"p{i}@example.com", "in_progress", False) for i in (2, 1, 0)
    ]
    await world.after(HOUR)
    await world.after(4 * HOUR)
    assert {len(mails) for mails in (await world.mails()).values()} == {2}
    assert data(await fluenzr.get(path))["status"] == "active"
    await world.after(HOUR)
    assert await world.mails() == {f"p{i}": [f"{n} for P{i}" for n in ("one", "two", "three")] for i in range(3)}
    shown = data(await fluenzr.get(path))
    assert (shown["status"], shown["workflow"], shown["stats"]["contacts"], shown["stats"]["sent"]) == (
        "completed",
        THREE,
        3,
        9,
    )
    await world.after(30 * DAY)
    assert {len(mails) for mails in (await world.mails()).values()} == {3}
    for word, n in (("completed", 3), ("in_progress", 0), ("pending", 0), ("replied", 0)):
        assert len(data(await fluenzr.get(f"{path}/contacts", status=word))) == n
    beyond = (await fluenzr.get(f"{path}/contacts", page=4, perPage=2)).json()
    assert (beyond["data"], beyond["meta"]["total"], beyond["meta"]["totalPages"]) == ([], 3, 2)
    each = data(await fluenzr.get(f"{path}/stats/emails"))
    assert [(one["nodeId"], one["sent"]) for one in each] == [("one", 3), ("two", 3), ("three", 3)]
    stats = data(await fluenzr.get(f"{path}/stats"))
    assert (stats["contacts"], stats["sent"], stats["pending"]) == (3, 9, 0)
    assert sum(point["sent"] for point in data(await fluenzr.get(f"{path}/stats/timeline"))) == 9
    assert (await fluenzr.get(f"{path}/activity", type="email.sent")).json()["meta"]["total"] == 9
    assert data(await fluenzr.post(f"{path}/archive"))["status"] == "archived"


async def test_business_days_leave_out_the_weekend(world: World):
    # NOW is a Friday noon in UTC, 13:00 in Paris.
    workflow = chain(mail("one"), delay("d", days=2, businessDays=True), mail("two"))
    await world.started(workflow, await world.people(1), settings={"timezone": "Europe/Paris"})
    await world.after(4 * DAY - HOUR)
    assert {len(mails) for mails in (await world.mails()).values()} == {1}
    await world.after(HOUR)
    assert {len(mails) for mails in (await world.mails()).values()} == {2}


async def test_a_paused_campaign_moves_nobody_and_goes_on_where_it_stood(world: World, fluenzr: Mouth):
    path = await world.started(THREE, await world.people(2))
    assert data(await fluenzr.post(f"{path}/pause"))["status"] == "paused"
    await world.after(3 * DAY)
    assert {len(mails) for mails in (await world.mails()).values()} == {1}
    # Changed while it rests: the second mail says something else, the third is gone.
    shorter = chain(mail("one"), delay("d1", days=2), mail("two", subject="other"), delay("d2", hours=5))
    assert data(await fluenzr.put(path, {"workflow": shorter}))["workflow"] == shorter
    winner = {"a": {"subject": "x"}, "b": {"subject": "y"}, "split": 50, "criterion": "reply", "winner": SAMPLE}
    refused(await fluenzr.put(path, {"workflow": chain(mail("one", abTest=winner))}), 409, "CONFLICT")
    assert data(await fluenzr.get(path))["workflow"] == shorter
    assert data(await fluenzr.post(f"{path}/resume"))["status"] == "active"
    await world.work()
    await world.after(DAY)
    assert await world.mails() == {f"p{i}": [f"one for P{i}", "other"] for i in range(2)}
    assert data(await fluenzr.get(path))["status"] == "completed"


async def test_whoever_is_added_later_begins_at_the_start_and_nobody_twice(world: World, fluenzr: Mouth):
    path = await world.started(THREE, await world.people(2))
    await world.after(2 * DAY)
    more = await world.people(1, first=2)
    told = data(await fluenzr.post(f"{path}/contacts", {"contactIds": [*more]}))
    assert told["added"] == 1
    assert data(await fluenzr.post(f"{path}/contacts", {"contactIds": [*more]}))["added"] == 0
    await world.work()
    assert {one: len(mails) for one, mails in (await world.mails()).items()} == {"p0": 2, "p1": 2, "p2": 1}
    # Taken out again: nothing more for that one.
    assert data(await fluenzr.delete(f"{path}/contacts", {"contactIds": more}))["removed"] == 1
    await world.after(5 * DAY)
    assert {one: len(mails) for one, mails in (await world.mails()).items()} == {"p0": 3, "p1": 3, "p2": 1}


@pytest.mark.parametrize(
    ("condition", "done"),
    [
        ({"criterion": "email_opened"}, "opens = 1, opened_at = now()"),
        ({"criterion": "link_clicked", "emailNodeId": "one"}, "clicks = 1, clicked_at = now(), opened_at = now()"),
    ],
)
async def test_a_condition_sends_those_who_did_it_another_way_and_both_go_on_together(
    world: World, fluenzr: Mouth, condition: dict[str, Any], done: str
):
    path = await world.started(asking(**condition), await world.people(3))
    await world.marked("p1", done)
    await world.after(DAY)
    await world.after(DAY)
    assert await world.mails() == {
        "p0": ["one", "no", "both"],
        "p1": ["one", "yes", "both"],
        "p2": ["one", "no", "both"],
    }
    each = data(await fluenzr.get(f"{path}/stats/emails"))
    assert [(one["nodeId"], one["sent"]) for one in each] == [("one", 3), ("yes", 1), ("no", 2), ("both", 3)]


async def test_a_condition_on_one_link_asks_for_that_link(world: World, core: Core):
    await world.started(asking(criterion="link_clicked", linkUrl="https://example.com/a"), await world.people(2))
    await world.marked("p0", "clicks = 1, clicked_at = now(), opened_at = now()")
    await world.marked("p1", "clicks = 1, clicked_at = now(), opened_at = now()")
    await core.db.execute(
        """INSERT INTO message_links (message_id, link_id, campaign_id, clicks, first_at, last_at)
        SELECT m.id, l.id, l.campaign_id, 1, now(), now() FROM messages m JOIN links l ON l.campaign_id = m.campaign_id
        WHERE m.email LIKE 'p0@%' AND l.url = 'https://example.com/a'"""
    )
    await world.after(DAY)
    assert {one: mails[1] for one, mails in (await world.mails()).items()} == {"p0": "yes", "p1": "no"}


async def test_a_condition_on_a_field_of_the_contact(world: World):
    workflow = asking(criterion="contact_field", field="firstName", operator="equals", value="p1")
    await world.started(workflow, await world.people(2))
    await world.after(DAY)
    assert {one: mails[1] for one, mails in (await world.mails()).items()} == {"p0": "no", "p1": "yes"}


async def test_versions_are_shared_out_and_each_contact_gets_one(world: World, fluenzr: Mouth):
    test = {"a": {"subject": "A", "body": "<p>a</p>"}, "b": {"subject": "B"}, "split": 40, "criterion": "click"}
    path = await world.started(
        chain(mail("one", abTest=test), delay("d", hours=1), mail("two")), await world.people(40)
    )
    first = [mails[0] for mails in (await world.mails()).values()]
    assert {len(mails) for mails in (await world.mails()).values()} == {1}
    assert 5 <= first.count("A") <= 27
    assert first.count("A") + first.count("B") == 40
    (one, _) = data(await fluenzr.get(f"{path}/stats/emails"))
    assert (one["nodeId"], one["sent"]) == ("one", 40)
    await world.after(HOUR)
    assert {len(mails) for mails in (await world.mails()).values()} == {2}


@pytest.mark.parametrize(
    ("criterion", "done"), [("open", "opens = 1, opened_at = now()"), ("click", "clicks = 1, clicked_at = now()")]
)
async def test_a_sample_gets_both_versions_and_the_rest_the_better_one(
    world: World, core: Core, fluenzr: Mouth, criterion: str, done: str
):
    test = {"a": {"subject": "A"}, "b": {"subject": "B"}, "split": 50, "criterion": criterion, "winner": SAMPLE}
    path = await world.started(
        chain(mail("one", abTest=test), delay("d", hours=1), mail("two")), await world.people(60)
    )
    sample = {one: mails[0] for one, mails in (await world.mails()).items()}
    assert 3 <= len(sample) <= 27
    assert set(sample.values()) == {"A", "B"}
    await core.db.execute(
        f"""UPDATE messages m SET {done} FROM campaigns c WHERE c.id = m.campaign_id AND c.subject = 'B'"""
    )
    await world.after(4 * HOUR)
    await world.after(HOUR)
    found = await world.mails()
    assert len(found) == 60
    assert {len(mails) for mails in found.values()} == {2}
    assert {mails[0] for one, mails in found.items() if one not in sample} == {"B"}
    each = data(await fluenzr.get(f"{path}/stats/emails"))
    assert [(one["nodeId"], one["sent"]) for one in each] == [("one", 60), ("two", 60)]
    assert data(await fluenzr.get(path))["status"] == "completed"


async def test_a_reply_an_unsubscribe_and_a_bounce_end_the_way(world: World, core: Core, fluenzr: Mouth):
    ids = await world.people(4)
    path = await world.started(THREE, ids)
    await replied(core, "p0@example.com")
    data(await fluenzr.put(f"/contacts/{ids[1]}", {"status": "unsubscribed"}))
    await core.db.execute("UPDATE contacts SET status = 'bounced' WHERE email = 'p2@example.com'")
    moved = {"was": "subscribed", "now": "bounced"}
    async with core.db.transaction() as tx:
        number = number_of("con", ids[2])
        await write_facts(tx, [Fact("contact_status_changed", number, data=moved)])
    await world.work()
    await world.after(3 * DAY)
    await world.after(3 * DAY)
    assert {one: len(mails) for one, mails in (await world.mails()).items()} == {"p0": 1, "p1": 1, "p2": 1, "p3": 3}
    for word, who in (("replied", [0]), ("unsubscribed", [1]), ("bounced", [2]), ("completed", [3])):
        listed = data(await fluenzr.get(f"{path}/contacts", status=word))
        assert [row["contactId"] for row in listed] == [ids[n] for n in who], word
    assert data(await fluenzr.get(path))["status"] == "completed"


async def replied(core: Core, email: str) -> None:
    row = await core.db.fetchrow("SELECT id, campaign_id, contact_id FROM messages WHERE email = $1", email)
    assert row is not None
    async with core.db.transaction() as tx:
        await write_facts(tx, [Fact("message_replied", row["contact_id"], row["campaign_id"], row["id"])])


async def test_a_reply_ends_nothing_where_the_campaign_says_so(world: World, core: Core):
    await world.started(THREE, await world.people(1), settings={"stopOnReply": False})
    await replied(core, "p0@example.com")
    await world.work()
    await world.after(2 * DAY)
    assert {len(mails) for mails in (await world.mails()).values()} == {2}


async def test_a_dynamic_group_brings_whoever_comes_into_it(world: World, fluenzr: Mouth):
    groups = [
        data(await fluenzr.post("/groups", {"name": kind, "type": kind}), 201)["id"] for kind in ("dynamic", "static")
    ]
    ids = await world.people(6)
    await fluenzr.post(f"/groups/{groups[0]}/contacts", {"contactIds": ids[:1]})
    path = await world.made(THREE)
    assert data(await fluenzr.post(f"{path}/contacts", {"groupIds": groups}))["added"] == 1
    data(await fluenzr.post(f"{path}/start"))
    await world.work()
    assert list(await world.mails()) == ["p0"]
    await fluenzr.post(f"/groups/{groups[0]}/contacts", {"contactIds": ids[1:3]})
    await fluenzr.post(f"/groups/{groups[1]}/contacts", {"contactIds": ids[3:4]})
    await world.work()
    assert sorted(await world.mails()) == ["p0", "p1", "p2"]
    # It stays open for others, but takes nobody while it is paused and nobody twice.
    await world.after(10 * DAY)
    await world.after(DAY)
    assert data(await fluenzr.get(path))["status"] == "active"
    data(await fluenzr.post(f"{path}/pause"))
    await fluenzr.post(f"/groups/{groups[0]}/contacts", {"contactIds": ids[4:5]})
    await world.work()
    data(await fluenzr.post(f"{path}/resume"))
    await fluenzr.post(f"/groups/{groups[0]}/contacts", {"contactIds": [ids[0], ids[5]]})
    await world.work()
    found = await world.mails()
    assert (sorted(found), len(found["p0"])) == (["p0", "p1", "p2", "p5"], 3)


async def test_a_dynamic_group_also_feeds_a_campaign_of_one_mail(world: World, core: Core, fluenzr: Mouth):
    group = data(await fluenzr.post("/groups", {"name": "New", "type": "dynamic"}), 201)["id"]
    ids = await world.people(3)
    await fluenzr.post(f"/groups/{group}/contacts", {"contactIds": ids[:1]})
    path = await world.made(chain(mail("one")))
    data(await fluenzr.post(f"{path}/contacts", {"groupId": group}))
    # What another door made of the mail is what goes out.
    number = number_of("cmp", path.rpartition("/")[2]) or 0
    await campaigns.update_campaign(core, number, subject="Changed {{firstName}}")
    assert data(await fluenzr.post(f"{path}/start"))["status"] == "active"
    await world.work()
    await fluenzr.post(f"/groups/{group}/contacts", {"contactIds": ids})
    await world.work()
    assert await world.mails() == {f"p{i}": [f"Changed P{i}"] for i in range(3)}
    shown = data(await fluenzr.get(path))
    assert (shown["status"], shown["workflow"]["nodes"][1]["data"]["subject"]) == ("active", "Changed {{firstName}}")
    assert shown["stats"]["sent"] == 3


@pytest.mark.parametrize("workflow", [THREE, chain(mail("one"))], ids=["several mails", "one mail"])
async def test_a_dynamic_group_that_is_added_to_a_running_campaign_feeds_it_from_then_on(
    world: World, fluenzr: Mouth, workflow: Mapping[str, Any]
):
    kinds = ("dynamic", "static")
    new, old = [data(await fluenzr.post("/groups", {"name": one, "type": one}), 201)["id"] for one in kinds]
    ids = await world.people(8)
    for group, member in ((new, ids[1]), (old, ids[2])):
        await fluenzr.post(f"/groups/{group}/contacts", {"contactIds": [member]})
    path = await world.made(workflow, ids[:1])
    assert data(await fluenzr.post(f"{path}/start"))["status"] == "active"
    assert data(await fluenzr.post(f"{path}/contacts", {"groupIds": [new, old]}))["added"] == 2
    await world.work()
    assert sorted(await world.mails()) == ["p0", "p1", "p2"]
    assert data(await fluenzr.get(path))["status"] == "active"
    await fluenzr.post(f"/groups/{new}/contacts", {"contactIds": [*ids[0:2], ids[3], ids[4]]})
    await fluenzr.post(f"/groups/{old}/contacts", {"contactIds": ids[5:6]})
    await world.work()
    assert sorted(await world.mails()) == ["p0", "p1", "p2", "p3", "p4"]
    data(await fluenzr.post(f"{path}/pause"))
    await fluenzr.post(f"/groups/{new}/contacts", {"contactIds": ids[6:7]})
    await world.work()
    data(await fluenzr.post(f"{path}/resume"))
    data(await fluenzr.post(f"/contacts/{ids[7]}/groups", {"groupIds": [new]}))
    await world.work()
    found = await world.mails()
    assert sorted(found) == ["p0", "p1", "p2", "p3", "p4", "p7"]
    assert {len(mails) for mails in found.values()} == {1}, "nobody twice"
    shown = data(await fluenzr.get(path))
    assert (shown["status"], shown["stats"]["contacts"], shown["stats"]["sent"]) == ("active", 6, 6)


async def test_mails_leave_within_the_window_and_the_next_delay_counts_from_there(world: World, clock: FixedClock):
    settings = {
        "sendDays": ["monday", "tuesday"],
        "sendHoursStart": "09:00",
        "sendHoursEnd": 17,
        "timezone": "Europe/Paris",
    }
    workflow = chain(mail("one"), delay("d", hours=12), mail("two"))
    await world.started(workflow, await world.people(2), settings=settings)
    assert await world.mails() == {}
    for at, n in (
        ("2026-11-23T07:59", 0),
        ("2026-11-23T08:00", 1),
        ("2026-11-23T20:00", 1),
        ("2026-11-24T07:59", 1),
        ("2026-11-24T08:00", 2),
    ):
        clock.set(datetime.fromisoformat(at).replace(tzinfo=UTC))
        await world.work()
        assert {len(mails) for mails in (await world.mails()).values()} == ({n} if n else set()), at


async def test_the_hourly_limit_holds_for_all_mails_together_and_not_beyond_the_window(world: World, clock: FixedClock):
    settings = {"maxEmailsPerHour": 3, "sendHoursStart": 0, "sendHoursEnd": 13, "timezone": "UTC"}
    workflow = chain(mail("one"), delay("d", hours=1), mail("two"))
    await world.started(workflow, await world.people(5), settings=settings)
    assert sum(map(len, (await world.mails()).values())) == 3
    await world.after(HOUR)
    # 13:00: what is left waits for the morning, then three an hour again.
    assert sum(map(len, (await world.mails()).values())) == 3
    await world.after(11 * HOUR)
    assert sum(map(len, (await world.mails()).values())) == 6
    for _ in range(4):
        await world.after(HOUR)
    assert {len(mails) for mails in (await world.mails()).values()} == {2}


async def test_what_cannot_be_done_is_said_at_the_start_and_nothing_begins(world: World, core: Core, fluenzr: Mouth):
    people = await world.people(1)
    winner = {"a": {"subject": "x"}, "b": {"subject": "y"}, "split": 50, "criterion": "reply", "winner": SAMPLE}
    early = {
        "nodes": [node("s", "start"), node("c", "condition", criterion="email_opened"), *THREE["nodes"][1:2]],
        "edges": [edge("s", "c"), edge("c", "one", True), edge("c", "e", False), edge("one", "e")],
    }
    early["nodes"].append(node("e", "end"))
    for n, (workflow, word) in enumerate(
        (
            (chain(mail("one", abTest=winner)), "an A/B winner by reply"),
            (asking(criterion="previous_email"), "conditions on previous_email"),
            (asking(criterion="contact_field", field="shoe"), "the field 'shoe'"),
            (early, "which no email comes before"),
            (chain(delay("d", days=1)), "a workflow without an email"),
        )
    ):
        path = await world.made(workflow, people, name=f"n{n}")
        assert word in refused(await fluenzr.post(f"{path}/start"), 409, "CONFLICT"), word
        assert data(await fluenzr.get(path))["status"] == "draft"
    assert await core.db.fetchval("SELECT count(*) FROM automations") == 0
    path = await world.made(THREE, name="nobody")
    refused(await fluenzr.post(f"{path}/start"), 400, "VALIDATION_ERROR")
    unknown = asking(criterion="email_opened", emailNodeId="d")
    refused(
        await fluenzr.put(path, {"workflow": unknown}),
        400,
        "VALIDATION_ERROR",
        "workflow.nodes[3].data.emailNodeId",
    )


async def test_a_campaign_that_is_stopped_or_deleted_leaves_nobody_under_way(world: World, core: Core, fluenzr: Mouth):
    path = await world.started(THREE, await world.people(2))
    number = number_of("cmp", path.rpartition("/")[2]) or 0
    await campaigns.cancel_campaign(core, number)
    await world.work()
    await world.after(3 * DAY)
    assert {len(mails) for mails in (await world.mails()).values()} == {1}
    assert [row["status"] for row in data(await fluenzr.get(f"{path}/contacts"))] == ["error", "error"]
    assert data(await fluenzr.get(path))["status"] == "completed"
    assert await campaigns.delete_campaigns(core, [number]) == 1
    for table in ("automations", "automation_runs", "campaigns", "messages", "message_tallies", "campaign_contacts"):
        assert await core.db.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_other_programs_are_told_of_the_campaign_and_of_the_place_of_its_mails(
    world: World, core: Core, fluenzr: Mouth
):
    told = await Told(core, "fluenzr").listen()
    path = await world.started(chain(mail("one"), delay("d", hours=1), mail("two")), await world.people(1))
    await world.after(HOUR)
    campaign = path.rpartition("/")[2]
    news = [one for one in await told.news() if not one["type"].startswith("contact.")]
    assert [(one["type"], one["data"]["campaignId"], one["data"].get("emailNodeId")) for one in news] == [
        ("campaign.started", campaign, None),
        ("email.sent", campaign, "one"),
        ("email.delivered", campaign, "one"),
        ("email.sent", campaign, "two"),
        ("email.delivered", campaign, "two"),
        ("campaign.completed", campaign, None),
    ]


async def test_its_automation_and_its_mails_stand_in_no_list_of_other_doors(
    world: World, core: Core, fluenzr: Mouth, crm: Mouth
):
    await world.started(THREE, await world.people(1))
    assert (await queries.list_automations(core, PageRequest())).total == 0
    assert (await queries.search_automations(core)) == []
    assert (await crm.get("/funnels")).json()["funnels"]["total"] == 0
    assert (await crm.get("/campaigns")).json()["campaigns"]["total"] == 0


async def test_entering_costs_the_same_statements_for_one_and_for_many(
    world: World, core: Core, statements: StatementCounter
):
    counted: list[int] = []
    for n, first in ((1, 0), (40, 1)):
        path = await world.made(THREE, await world.people(n, first=first), name=f"c{n}")
        data(await world.fluenzr.post(f"{path}/start"))
        with statements as counter:
            assert await workflows.enrol(core, number_of("cmp", path.rpartition("/")[2]) or 0) == n
        counted.append(counter.count)
    assert counted[0] == counted[1]


async def test_mails_leave_through_the_account_of_the_campaign_and_in_its_name(world: World, core: Core):
    await core.installation.put({"from_email": "office@example.com"})
    for name in ("other", "mine"):
        made = await accounts.create_account(
            core, kind="capture", name=name, from_email=f"{name}@example.com", from_name=name.title()
        )
    workflow = chain(mail("one"), delay("d", hours=1), mail("two"))
    await world.started(workflow, await world.people(1), emailAccountId=opaque("acc", made))
    await world.after(HOUR)
    rows = await core.db.fetch(
        "SELECT c.sender, m.account_id FROM captured_mails c JOIN messages m ON m.id = c.message_id ORDER BY c.id"
    )
    assert [(row["sender"], row["account_id"]) for row in rows] == [("mine@example.com", made)] * 2
