"""What reports of bounces and complaints do to contacts and messages."""

from __future__ import annotations

import asyncio

from tidings.campaigns import actions as campaigns
from tidings.consent.queries import ledger_of
from tidings.contacts.actions import write_contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import Contact, Draft, Status
from tidings.messages.bounces import Kind, Recorded, Report, message_of_reference, record_reports
from tidings.messages.mailing import message_id_of
from tidings.platform.core import Core
from tidings.tracking.tokens import Addresses


async def people(core: Core, **status: Status) -> list[int]:
    drafts = [Draft({"email": f"{name}@example.org"}, status=one) for name, one in status.items()]
    return [one.id for one in await write_contacts(core, drafts)]


async def person(core: Core, name: str) -> Contact:
    found = await find_contact_by_email(core, f"{name}@example.org")
    assert found is not None
    return found.contact


def report(name: str, kind: Kind, **more: str) -> Report:
    return Report(f"{name}@example.org", kind, "sendgrid", **more)


async def facts(core: Core, kind: str) -> list[tuple[int, dict[str, object]]]:
    rows = await core.db.fetch("SELECT contact_id, data FROM facts WHERE kind = $1 ORDER BY id", kind)
    return [(row["contact_id"], row["data"]) for row in rows]


async def a_message(core: Core, contact_id: int, name: str, state: str = "sent", title: str = "Hello") -> int:
    campaign = await campaigns.create_campaign(core, subject=title)
    return await core.db.fetchval(
        "INSERT INTO messages (campaign_id, contact_id, email, state) VALUES ($1, $2, $3, $4) RETURNING id",
        campaign,
        contact_id,
        f"{name}@example.org",
        state,
    )


def reference(core: Core, message_id: int) -> str:
    made = Addresses(core.keys, "http://tidings.test", core.clock.now())
    return f"<{message_id_of(made, message_id, 'tidings.test')}>"


async def test_each_kind_gives_its_status_with_ledger_note_and_facts(core: Core):
    ids = await people(core, hard="subscribed", spam="pending", left="transactional")
    done = await record_reports(
        core,
        [
            report("HARD", "hard", reason="550 no\0 such user"),
            report("spam", "complaint"),
            report("left", "unsubscribe"),
        ],
    )
    assert done == Recorded(statuses=3)
    expected = {"hard": "bounced", "spam": "complained", "left": "unsubscribed"}
    assert {name: (await person(core, name)).status for name in expected} == expected
    kinds = [(await ledger_of(core, one))[0] for one in ids]
    assert [(line.kind, line.source, line.reason) for line in kinds] == [
        ("bounce", "mail_service", "550 no  such user"),
        ("objection", "mail_service", ""),
        ("opt_out", "mail_service", ""),
    ]
    notes = await core.db.fetch("SELECT kind, title, description FROM notes ORDER BY contact_id")
    assert tuple(notes[0]) == ("system_log", "Bounced", "Reported by SendGrid: 550 no  such user")
    assert tuple(notes[1]) == ("system_log", "Complained", "Reported by SendGrid.")
    changed = dict(await facts(core, "contact_status_changed"))
    assert (changed[ids[1]]["was"], changed[ids[1]]["now"]) == ("pending", "complained")
    assert [one for one, _ in await facts(core, "contact_unsubscribed")] == [ids[2]]


async def test_a_status_only_gets_worse(core: Core):
    await people(core, a="unsubscribed", b="bounced", c="complained", d="spammed", e="bounced")
    reports = [report(name, "hard") for name in "abcd"] + [report("e", "complaint"), report("b", "soft")]
    assert await record_reports(core, reports) == Recorded(statuses=2)
    assert [(await person(core, name)).status for name in "abcde"] == [
        "bounced",
        "bounced",
        "complained",
        "spammed",
        "complained",
    ]
    assert not (await record_reports(core, reports)).has_changed
    # The worst of several about one address, whatever their order.
    await people(core, f="subscribed")
    await record_reports(core, [report("f", "unsubscribe"), report("f", "complaint"), report("f", "hard")])
    assert (await person(core, "f")).status == "complained"
    assert len(await ledger_of(core, (await person(core, "f")).id)) == 1


async def test_the_third_soft_bounce_in_a_row_ends_it(core: Core):
    [one, _] = await people(core, full="subscribed", other="subscribed")
    assert await record_reports(core, [report("full", "soft")]) == Recorded(soft=1)
    assert (await record_reports(core, [report("full", "soft", reason="452 mailbox full")])).soft == 1
    contact = await person(core, "full")
    assert (contact.status, contact.soft_bounces) == ("subscribed", 2)
    # A sign of life, and it begins anew.
    await core.db.execute("UPDATE contacts SET soft_bounces = 0 WHERE id = $1", one)
    await record_reports(core, [report("full", "soft"), report("other", "soft")])
    assert (await person(core, "full")).status == "subscribed"
    assert await record_reports(core, [report("full", "soft", reason="full"), report("full", "soft")]) == Recorded(
        1, 0, 2
    )
    contact = await person(core, "full")
    assert (contact.status, contact.soft_bounces) == ("bounced", 0)
    assert (await person(core, "other")).status == "subscribed"
    assert not (await record_reports(core, [report("full", "soft")])).has_changed
    assert len(await facts(core, "contact_soft_bounced")) == 5


async def test_an_event_that_comes_twice_counts_once(core: Core):
    await people(core, a="subscribed", b="subscribed")
    twice = [report("a", "soft", event_id="e1"), report("b", "soft", event_id="e1")]
    assert (await record_reports(core, [*twice, *twice])).soft == 2
    assert not (await record_reports(core, twice)).has_changed
    assert (await record_reports(core, [report("a", "soft", event_id="e2")])).soft == 1
    assert (await person(core, "a")).soft_bounces == 2
    await core.db.execute("UPDATE mail_reports SET at = at - interval '91 days'")
    await record_reports(core, [report("b", "soft", event_id="e3")])
    assert await core.db.fetchval("SELECT count(*) FROM mail_reports") == 1


async def test_deliveries_at_the_same_moment_count_once(core: Core):
    await people(core, **{f"p{n}": "subscribed" for n in range(5)})
    names = [f"p{n}" for n in range(9)]
    batch = [report(name, "soft" if name in names[:3] else "hard", event_id=f"e-{name}") for name in names]
    done = await asyncio.gather(*(record_reports(core, batch if n % 2 else batch[::-1]) for n in range(6)))
    assert sorted(done, key=lambda one: one.soft)[-1] == Recorded(statuses=2, created=4, soft=3)
    assert sum(one.has_changed for one in done) == 1
    # Without names of events: strangers are made once, and the hard ones change once.
    nameless = [report(f"q{n}", "complaint") for n in range(5)]
    done = await asyncio.gather(*(record_reports(core, nameless if n % 2 else nameless[::-1]) for n in range(6)))
    assert sum(one.created for one in done) == 5
    assert await core.db.fetchval("SELECT count(*) FROM consents WHERE kind = 'objection'") == 5


async def test_unknown_addresses_become_contacts_when_the_installation_wants_it(core: Core):
    nobody = [
        report("stranger", "complaint", reason="abuse"),
        report("full", "soft"),
        Report("no address", "hard", "ses"),
    ]
    await core.installation.put({"keeps_reported_addresses": False})
    assert not (await record_reports(core, nobody)).has_changed
    await core.installation.put({"keeps_reported_addresses": True})
    assert await record_reports(core, nobody) == Recorded(created=1)
    contact = await person(core, "stranger")
    assert contact.status == "complained"
    assert [(line.kind, line.reason) for line in await ledger_of(core, contact.id)] == [("objection", "abuse")]
    assert await find_contact_by_email(core, "full@example.org") is None
    assert await facts(core, "contact_status_changed") == []
    assert not (await record_reports(core, nobody)).has_changed


async def test_the_message_is_marked_and_what_waits_is_cancelled(core: Core):
    ids = await people(core, hard="subscribed", spam="subscribed", left="subscribed", soft="subscribed")
    names = ("hard", "spam", "left", "soft")
    sent = [await a_message(core, one, name) for one, name in zip(ids, names, strict=True)]
    waiting = [await a_message(core, one, name, "queued", "Next") for one, name in zip(ids, names, strict=True)]
    kinds: tuple[Kind, ...] = ("hard", "complaint", "unsubscribe", "soft")
    reports = [
        report(name, kind, message_ref=reference(core, number), reason="gone")
        for name, kind, number in zip(names, kinds, sent, strict=True)
    ]
    assert await record_reports(core, reports) == Recorded(3, 0, 1, 3)
    rows = await core.db.fetch("SELECT state, note, unsubscribed_at FROM messages WHERE id = ANY($1) ORDER BY id", sent)
    assert [row["state"] for row in rows] == ["bounced", "complained", "sent", "sent"]
    assert [row["unsubscribed_at"] is not None for row in rows] == [False, False, True, False]
    assert rows[0]["note"] == "gone"
    states = await core.db.fetch("SELECT state, note FROM messages WHERE id = ANY($1) ORDER BY id", waiting)
    assert [row["state"] for row in states] == ["cancelled", "cancelled", "cancelled", "queued"]
    assert [one for one, _ in await facts(core, "message_bounced")] == [ids[0]]
    assert [one for one, _ in await facts(core, "message_complained")] == [ids[1]]
    [(_, departed)] = await facts(core, "contact_unsubscribed")
    assert departed["message_id"] == sent[2]
    assert (await record_reports(core, reports)) == Recorded(soft=1)


def test_only_our_own_message_ids_with_their_proof_are_known(core: Core):
    right = reference(core, 7)
    assert message_of_reference(core.keys, right) == 7
    assert message_of_reference(core.keys, right.strip("<>")) == 7
    proof = right[right.index(".") :]
    for wrong in ("", "<x@y>", f"<m8{proof}", "<m7.0000000000000000@tidings.test>", f"<m{'9' * 40}{proof}"):
        assert message_of_reference(core.keys, wrong) is None


async def test_a_thousand_reports_are_one_set(core: Core):
    await write_contacts(core, [Draft({"email": f"p{n}@example.org"}) for n in range(500)])
    done = await record_reports(core, [report(f"p{n}", "hard", event_id=f"e{n}") for n in range(1000)])
    assert done == Recorded(statuses=500, created=500)
