"""What the contact actions promise, on a real database."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from tests.conftest import StatementCounter
from tidings.contacts import actions, catalog, queries
from tidings.contacts.types import CustomField, Draft, WritePolicy
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.platform.pagination import PageRequest


async def kinds(core: Core) -> list[str]:
    return [row["kind"] for row in await core.db.fetch("SELECT kind FROM facts ORDER BY id")]


async def test_a_created_contact_is_read_back_with_its_tags_and_lists(core: Core):
    tag, list_ = await actions.create_tag(core, title="VIP"), await actions.create_list(core, title="News")
    await actions.replace_custom_fields(core, [CustomField("", "Shoe Size", "number")])
    draft = Draft(
        values={"email": "Jane@Example.com", "first_name": " <b>Jane</b> ", "date_of_birth": "1985-04-12"},
        custom={"shoe_size": "42", "unknown": 1},
        tags=[tag],
        lists=[list_],
    )
    written = await actions.write_contact(core, draft)
    view = await queries.contact_by_id(core, written.id)
    assert (view.contact.email, view.contact.first_name, view.contact.custom) == (
        "Jane@Example.com",
        "Jane",
        {"shoe_size": "42"},
    )
    assert [t.title for t in view.tags] == ["VIP"]
    assert [m.title for m in view.lists] == ["News"]
    assert view.contact.created_at == core.clock.now()
    assert await kinds(core) == ["contact_created", "tags_added", "lists_added"]


async def test_a_second_contact_with_the_address_in_other_letters_is_refused_or_updated_as_the_policy_says(core: Core):
    first = await actions.write_contact(core, Draft({"email": "a@b.co", "city": "Rome"}))
    with pytest.raises(Invalid) as caught:
        await actions.write_contact(core, Draft({"email": "A@B.co"}), WritePolicy(on_existing="refuse"))
    assert caught.value.fields["email"][0].rule == "unique"
    fill = await actions.write_contact(
        core, Draft({"email": "A@B.co", "city": "Oslo", "state": "X"}), WritePolicy(on_existing="fill")
    )
    assert fill.id == first.id
    contact = (await queries.contact_by_id(core, first.id)).contact
    assert (contact.city, contact.state, contact.email) == ("Rome", "X", "a@b.co")


@pytest.mark.parametrize("stored", ["unsubscribed", "bounced", "complained", "spammed"])
async def test_a_status_never_rises_without_an_explicit_word(core: Core, stored: str):
    one = await actions.write_contact(core, Draft({"email": "a@b.co"}))
    await actions.set_status(core, [one.id], stored)  # type: ignore[arg-type]
    await actions.write_contact(core, Draft({"email": "a@b.co"}, status="subscribed"))
    assert (await queries.contact_by_id(core, one.id)).contact.status == stored
    await actions.write_contact(core, Draft(id=one.id, status="subscribed"), WritePolicy(may_rise=True))
    assert (await queries.contact_by_id(core, one.id)).contact.status == "subscribed"


async def test_who_is_taken_off_or_brought_back_by_hand_stands_in_the_ledger(core: Core):
    one, two, three = [
        w.id for w in await actions.write_contacts(core, [Draft({"email": f"p{n}@x.co"}) for n in range(3)])
    ]
    await actions.set_status(core, [one, two], "unsubscribed", reason="asked by phone")
    await actions.set_status(core, [one], "unsubscribed")
    await actions.set_status(core, [two], "subscribed", may_rise=True)
    await actions.write_contact(core, Draft({"city": "Rome"}, id=three, status="unsubscribed"))
    await actions.write_contact(core, Draft({"city": "Oslo"}, id=three, status="unsubscribed"))
    await actions.write_contact(core, Draft(id=three, status="pending"), WritePolicy(may_rise=True))
    rows = await core.db.fetch("SELECT contact_id, kind, source, reason FROM consents ORDER BY id")
    assert sorted(tuple(row.values()) for row in rows) == [
        (one, "opt_out", "by_hand", "asked by phone"),
        (two, "opt_in", "by_hand", ""),
        (two, "opt_out", "by_hand", "asked by phone"),
        (three, "opt_out", "by_hand", ""),
    ]


async def test_counts_of_lists_follow_every_change_in_the_same_transaction(core: Core):
    list_ = await actions.create_list(core, title="News")
    ids = [
        w.id
        for w in await actions.write_contacts(
            core,
            [
                Draft({"email": f"p{i}@x.co", "phone": "+447911123456" if i % 2 else None}, lists=[list_])
                for i in range(10)
            ],
        )
    ]
    found = await catalog.list_by_id(core, list_)
    assert (found.contacts_count, found.emails_count, found.phones_count) == (10, 10, 5)
    await actions.write_contact(core, Draft({"phone": None}, id=ids[1]))
    await actions.write_contact(core, Draft({"email": None}, id=ids[3]))
    await actions.delete_contacts(core, ids[5:8])
    await actions.remove_lists(core, ids[:1], [list_])
    found = await catalog.list_by_id(core, list_)
    real = await core.db.fetchrow(
        "SELECT count(*), count(email), count(phone) FROM contact_lists m JOIN contacts c ON c.id = m.contact_id"
    )
    assert (found.contacts_count, found.emails_count, found.phones_count) == tuple(real or ())
    assert found.contacts_count == 6


async def test_who_joins_a_group_is_in_its_list_and_who_leaves_the_list_is_in_no_group_of_it(core: Core):
    list_ = await actions.create_list(core, title="News")
    groups = [await actions.create_list(core, title=title, parent_id=list_) for title in ("Berlin", "Paris")]
    other = await actions.create_list(core, title="Press")
    one = (await actions.write_contact(core, Draft({"email": "a@x.co"}, lists=[groups[0]]))).id

    async def lists_of() -> list[int]:
        rows = await core.db.fetch("SELECT list_id FROM contact_lists WHERE contact_id = $1 ORDER BY list_id", one)
        return [row["list_id"] for row in rows]

    assert await lists_of() == [list_, groups[0]]
    await actions.add_lists(core, [one], [groups[1], other])
    await actions.remove_lists(core, [one], [groups[0]])
    assert await lists_of() == [list_, groups[1], other]
    await actions.remove_lists(core, [one], [list_])
    assert await lists_of() == [other]
    assert [(await catalog.list_by_id(core, n)).contacts_count for n in (list_, *groups, other)] == [0, 0, 0, 1]


async def test_writers_at_once_lose_no_count_and_make_one_contact_per_address(core: Core):
    list_ = await actions.create_list(core, title="News")

    async def write(n: int) -> None:
        await actions.write_contact(core, Draft({"email": f"p{n % 7}@x.co"}, lists=[list_]))

    await asyncio.gather(*(write(n) for n in range(40)))
    assert (await catalog.list_by_id(core, list_)).contacts_count == 7
    assert await queries.count_contacts(core) == 7


async def test_one_batch_may_hold_the_same_person_twice(core: Core):
    written = await actions.write_contacts(
        core, [Draft({"email": "a@b.co"}), Draft({"email": "A@b.co", "city": "Rome"})]
    )
    assert [w.outcome for w in written] == ["created", "updated"]
    assert written[0].id == written[1].id


async def test_statements_do_not_grow_with_the_number_of_contacts(core: Core, statements: StatementCounter):
    tag = await actions.create_tag(core, title="T")
    counts: list[int] = []
    for n, prefix in ((1, "warm"), (1, "a"), (3, "b"), (50, "c")):
        with statements as counted:
            await actions.write_contacts(core, [Draft({"email": f"{prefix}{i}@x.co"}, tags=[tag]) for i in range(n)])
        counts.append(counted.count)
    assert counts[1] == counts[2] == counts[3] > 0


async def test_bad_fields_are_named_and_nothing_is_half_written(core: Core):
    with pytest.raises(Invalid) as caught:
        await actions.write_contacts(core, [Draft({"email": "good@x.co"}), Draft({"email": "nonsense", "shoe": "1"})])
    assert set(caught.value.fields) == {"email", "shoe"}
    assert await queries.count_contacts(core) == 0
    with pytest.raises(NotFound):
        await actions.write_contact(core, Draft({"city": "Rome"}, id=99))
    with pytest.raises(Invalid):
        await actions.write_contact(core, Draft({"city": "Rome"}))


async def test_an_address_of_somebody_else_cannot_be_taken(core: Core):
    await actions.write_contact(core, Draft({"email": "a@b.co"}))
    other = await actions.write_contact(core, Draft({"email": "c@d.co"}))
    with pytest.raises(Invalid) as caught:
        await actions.write_contact(core, Draft({"email": "A@B.CO"}, id=other.id))
    assert caught.value.fields["email"][0].rule == "unique"


async def test_pages_are_sorted_only_by_allowed_words(core: Core):
    await actions.write_contacts(core, [Draft({"email": f"{n}@x.co", "first_name": n}) for n in "bca"])
    by_name = await queries.list_contacts(core, PageRequest(sort="first_name", is_descending=False))
    assert [v.contact.first_name for v in by_name.rows] == ["a", "b", "c"]
    fallback = await queries.list_contacts(core, PageRequest(sort="id; DROP TABLE contacts", is_descending=False))
    assert [v.contact.first_name for v in fallback.rows] == ["a", "c", "b"]


async def test_words_become_tags_by_id_slug_title_or_anew(core: Core):
    vip = await actions.create_tag(core, title="VIP Customers", slug="vip")
    ids = await actions.ensure_tags(core, [str(vip), "vip", "vip customers", "Brand New", "brand-new", 999])
    assert ids[0] == vip
    assert len(ids) == 2
    assert (await catalog.find_tag(core, ids[1])).title == "Brand New"  # type: ignore[union-attr]


async def test_when_another_system_saw_people_last_comes_with_their_drafts_in_one_statement(
    core: Core, statements: StatementCounter
):
    at = core.clock.now() - timedelta(days=40)

    async def written(*names: str, active_at: datetime | None) -> int:
        with statements as counted:
            await actions.write_contacts(
                core, [Draft({"email": f"{name}@b.co"}, active_at=active_at) for name in names]
            )
        return counted.count

    async def seen() -> list[datetime | None]:
        return [row["active_at"] for row in await core.db.fetch("SELECT active_at FROM contacts ORDER BY id")]

    # The first write of a session also learns the types of the server.
    await written("a", active_at=at)
    one = await written("b", active_at=at)
    assert await written("c", "d", active_at=at) == one
    assert await written("e", active_at=None) == one - 1
    assert await seen() == [at, at, at, at, None]
    await written("a", "e", active_at=None)
    assert await seen() == [at, at, at, at, None]
    with pytest.raises(Invalid):
        await actions.write_contact(
            core, Draft({"email": "a@b.co"}, active_at=core.clock.now()), WritePolicy(on_existing="refuse")
        )
    await actions.write_contact(
        core, Draft({"email": "a@b.co"}, active_at=core.clock.now()), WritePolicy(on_existing="skip")
    )
    assert (await seen())[0] == at
