"""What companies promise: names, fields, who belongs to them, which one is primary, counts and facts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import StatementCounter
from tidings.contacts import actions as contacts
from tidings.contacts import queries as people
from tidings.contacts.companies import actions, members, notes, queries, rules
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.companies.words import INDUSTRIES, TYPES
from tidings.contacts.types import CustomField, Draft
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.platform.pagination import PageRequest


async def company(core: Core, name: str, **values: object) -> int:
    return await actions.create_company(core, CompanyDraft({"name": name, **values}))


async def person(core: Core, name: str) -> int:
    return (await contacts.write_contact(core, Draft({"email": f"{name}@example.org"}))).id


async def primary(core: Core, contact_id: int) -> int | None:
    return (await people.contact_by_id(core, contact_id)).contact.company_id


async def count(core: Core, company_id: int) -> int:
    return (await queries.company_by_id(core, company_id)).contacts_count


async def facts(core: Core, *kinds: str) -> list[tuple[str, int | None, int | None, dict]]:
    rows = await core.db.fetch(
        "SELECT kind, contact_id, subject_id, data FROM facts WHERE kind = ANY($1::text[]) ORDER BY id", list(kinds)
    )
    return [(row["kind"], row["contact_id"], row["subject_id"], row["data"]) for row in rows]


async def test_a_company_is_read_back_as_it_was_cleaned(core: Core):
    await contacts.replace_custom_fields(core, [CustomField("vat", "VAT", "text")], subject="company")
    draft = CompanyDraft(
        {
            "name": " <b>Globex</b> ",
            "website": "globex.test",
            "logo": "http://crm.test/l.png",
            "employees_number": "120",
            "date_of_start": "2001-02-03",
            "description": "<p>Big<script>alert(1)</script></p>",
            "email": "Info@Globex.test",
        },
        {"vat": "DE1", "unknown": "x"},
    )
    made = await actions.create_company(core, draft)
    one = (await queries.company_by_id(core, made)).company
    assert (one.name, one.website, one.logo) == ("Globex", "https://globex.test", "http://crm.test/l.png")
    assert (one.employees_number, str(one.date_of_start), one.description) == (120, "2001-02-03", "<p>Big</p>")
    assert (one.custom, one.type, one.created_at) == ({"vat": "DE1"}, None, core.clock.now())
    assert await facts(core, "company_created") == [("company_created", None, made, {"name": "Globex"})]
    for by, value in (("name", "GLOBEX"), ("email", "info@globex.test")):
        found = await queries.find_company(core, value, by=by)
        assert found is not None
        assert found.company.id == made


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "name"),
        ({"name": "<i></i>"}, "name"),
        ({"name": "x" * 193}, "name"),
        ({"name": "A", "website": "javascript:alert(1)"}, "website"),
        ({"name": "A", "linkedin_url": "not an address"}, "linkedin_url"),
        ({"name": "A", "facebook_url": "https://"}, "facebook_url"),
        ({"name": "A", "email": "no"}, "email"),
        ({"name": "A", "employees_number": "-1"}, "employees_number"),
        ({"name": "A", "employees_number": "99999999999"}, "employees_number"),
        ({"name": "A", "date_of_start": "yesterday"}, "date_of_start"),
        ({"name": "A", "owner_id": 999}, "owner_id"),
        ({"name": "A", "points": 1}, "points"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_written(core: Core, values: dict[str, object], field: str):
    with pytest.raises(Invalid) as caught:
        await actions.create_company(core, CompanyDraft(values))
    assert list(caught.value.fields) == [field]
    assert await core.db.fetchval("SELECT count(*) FROM companies") == 0


def test_addresses_of_pages_get_a_scheme_and_only_web_ones_pass():
    assert rules.web_address("acme.test/x?y=1") == "https://acme.test/x?y=1"
    assert rules.web_address("//acme.test") == "https://acme.test"
    assert rules.web_address("acme.test:8080") == "https://acme.test:8080"
    assert rules.web_address("HTTP://acme.test") == "HTTP://acme.test"
    for bad in ("ftp://acme.test", "data:text/html,x", "https://a b.test", "https://acme.test:port", "?", ""):
        assert rules.web_address(bad) is None


def test_the_words_to_choose_from_are_known_and_single():
    assert TYPES == ("Prospect", "Partner", "Reseller", "Vendor", "Customer")
    assert len(INDUSTRIES) == len(set(INDUSTRIES)) == 147
    assert "Banking" in INDUSTRIES


async def test_names_are_unique_in_any_letter_case_when_made_changed_and_raced(core: Core):
    first, second = await company(core, "Globex"), await company(core, "Initech")
    with pytest.raises(Invalid) as caught:
        await company(core, "GLOBEX")
    assert caught.value.fields["name"][0].rule == "unique"
    with pytest.raises(Invalid):
        await actions.update_company(core, second, CompanyDraft({"name": "globex"}))
    await actions.update_company(core, first, CompanyDraft({"name": "GLOBEX"}))
    outcomes = await asyncio.gather(*(company(core, "Umbrella") for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["Invalid", "Invalid", "Invalid", "int"]


async def test_an_update_touches_what_is_given_and_tells_what_was(core: Core):
    made = await company(core, "Globex", type="Vendor", city="Rome", industry="Banking")
    written = await actions.update_company(
        core, made, CompanyDraft({"type": "Partner", "city": "", "industry": "Banking"})
    )
    assert (written.outcome, list(written.changed)) == ("updated", ["type", "city"])
    one = (await queries.company_by_id(core, made)).company
    assert (one.type, one.city, one.industry, one.name) == ("Partner", None, "Banking", "Globex")
    told = {"changed": ["type", "city"], "was": {"type": "Vendor"}}
    assert await facts(core, "company_updated") == [("company_updated", None, made, told)]
    assert (await actions.update_company(core, made, CompanyDraft({"type": "Partner"}))).outcome == "unchanged"
    with pytest.raises(NotFound):
        await actions.update_company(core, 999, CompanyDraft({"type": "Partner"}))


async def test_many_companies_are_written_at_once_and_meet_by_name(core: Core, statements: StatementCounter):
    known = await company(core, "Globex", city="Rome")
    drafts = [CompanyDraft({"name": f"C{n}", "city": "Oslo"}) for n in range(50)]
    with statements as counted:
        await actions.write_companies(core, drafts[:1])
    few = counted.count
    with statements as counted:
        written = await actions.write_companies(core, drafts[1:])
    assert counted.count == few
    assert {one.outcome for one in written} == {"created"}
    again = [
        CompanyDraft({"name": "globex", "city": "Bonn"}),
        CompanyDraft({"name": "New"}),
        CompanyDraft({"name": "NEW"}),
    ]
    skipped = await actions.write_companies(core, again, on_existing="skip")
    assert [one.outcome for one in skipped] == ["skipped", "created", "skipped"]
    updated = await actions.write_companies(core, again[:1])
    assert (updated[0].id, updated[0].outcome) == (known, "updated")
    one = (await queries.company_by_id(core, known)).company
    assert (one.name, one.city) == ("Globex", "Bonn")


async def test_the_first_company_becomes_primary_and_leaving_it_promotes_the_longest_other(
    core: Core, clock: FixedClock
):
    ada, ben = await person(core, "ada"), await person(core, "ben")
    one, two, three = [await company(core, name) for name in ("One", "Two", "Three")]
    await members.attach_companies(core, [ada, ben], [two, one])
    clock.set(clock.now() + timedelta(minutes=1))
    moved = await members.attach_companies(core, [ada, 999], [three, two, 999])
    assert (list(moved.joined), await primary(core, ada)) == ([ada], two)
    assert [await count(core, c) for c in (one, two, three)] == [2, 2, 1]
    moved = await members.detach_companies(core, [ada, ben], [two])
    assert moved.promoted == {ada: one, ben: one}
    assert (await members.detach_companies(core, [ada], [three])).promoted == {}
    assert (await members.detach_companies(core, [ada], [one, three])).promoted == {ada: None}
    assert (await primary(core, ada), await primary(core, ben)) == (None, one)
    assert [await count(core, c) for c in (one, two, three)] == [1, 0, 0]
    joined = await facts(core, "contact_joined_company")
    assert [(c, d["company_ids"]) for _, c, _, d in joined] == [(ada, [one, two]), (ben, [one, two]), (ada, [three])]
    left = await facts(core, "contact_left_company")
    assert [(c, d["company_ids"]) for _, c, _, d in left] == [(ada, [two]), (ben, [two]), (ada, [three]), (ada, [one])]


async def test_joining_and_leaving_cost_the_same_for_one_and_for_many(core: Core, statements: StatementCounter):
    crowd = [one.id for one in await contacts.write_contacts(core, [Draft({"email": f"p{n}@b.co"}) for n in range(60)])]
    made = [await company(core, name) for name in ("One", "Two")]
    costs: list[int] = []
    for ids in (crowd[:1], crowd):
        for move in (members.attach_companies, members.detach_companies):
            with statements as counted:
                await move(core, ids, made)
            costs.append(counted.count)
    assert costs[:2] == costs[2:]
    assert [await count(core, one) for one in made] == [0, 0]


async def test_two_who_join_and_leave_at_once_end_with_right_counts_and_primaries(core: Core):
    crowd = [one.id for one in await contacts.write_contacts(core, [Draft({"email": f"p{n}@b.co"}) for n in range(8)])]
    made = [await company(core, name) for name in ("One", "Two", "Three")]
    moves = [members.attach_companies(core, crowd[::-1], made[:2]), members.attach_companies(core, crowd, made[1:])]
    await asyncio.gather(*moves, *(members.detach_companies(core, crowd, made[:1]) for _ in range(3)))
    for one in made:
        stored = await core.db.fetchval("SELECT count(*) FROM contact_companies WHERE company_id = $1", one)
        assert await count(core, one) == stored
    strays = await core.db.fetchval(
        """SELECT count(*) FROM contacts c WHERE c.company_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM contact_companies m WHERE m.contact_id = c.id AND m.company_id = c.company_id)"""
    )
    assert strays == 0


async def test_a_company_may_go_while_people_join_it(core: Core):
    crowd = [one.id for one in await contacts.write_contacts(core, [Draft({"email": f"p{n}@b.co"}) for n in range(20)])]
    for name in ("One", "Two", "Three"):
        made, kept = await company(core, name), await company(core, f"Kept {name}")
        await members.attach_companies(core, crowd[::2], [made])
        moves = [members.attach_companies(core, crowd[n:], [kept, made]) for n in (5, 0)]
        moves += [members.detach_companies(core, crowd[:9], [made])]
        await asyncio.gather(moves[0], actions.delete_companies(core, [made]), *moves[1:])
    strays = await core.db.fetchval(
        """SELECT count(*) FROM contacts c WHERE c.company_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM contact_companies m WHERE m.contact_id = c.id AND m.company_id = c.company_id)"""
    )
    assert strays == 0


async def test_a_primary_company_can_be_chosen_and_is_joined(core: Core):
    ada, one, two = await person(core, "ada"), await company(core, "One"), await company(core, "Two")
    await members.attach_companies(core, [ada], [one])
    await members.make_primary(core, [ada], two)
    assert (await primary(core, ada), await count(core, two)) == (two, 1)
    joined = await queries.companies_of(core, [ada])
    assert [found.company.id for found in joined[ada]] == [one, two]
    with pytest.raises(NotFound):
        await members.make_primary(core, [ada], 999)


async def test_deleting_a_company_leaves_its_contacts_with_another_one(core: Core):
    ada, ben = await person(core, "ada"), await person(core, "ben")
    one, two = await company(core, "One"), await company(core, "Two")
    await members.attach_companies(core, [ada], [one, two])
    await members.attach_companies(core, [ben], [one])
    await notes.add_company_note(core, one, title="Gone with it")
    assert await actions.delete_companies(core, [one, 999]) == 1
    assert (await primary(core, ada), await primary(core, ben)) == (two, None)
    assert await core.db.fetchval("SELECT count(*) FROM notes") == 0
    assert await facts(core, "company_deleted") == [("company_deleted", None, one, {"name": "One"})]


async def test_deleting_a_contact_leaves_counts_and_owners_right(core: Core):
    ada, ben = await person(core, "ada"), await person(core, "ben")
    one = await company(core, "One", owner_id=ada)
    assert (await primary(core, ada), await count(core, one)) == (one, 1)
    await members.attach_companies(core, [ben], [one])
    await contacts.delete_contacts(core, [ada])
    found = await queries.company_by_id(core, one)
    assert (found.contacts_count, found.company.owner_id) == (1, None)
    assert await core.db.fetchval("SELECT count(*) FROM contact_companies") == 1


async def test_drafts_of_contacts_name_companies_by_id_and_by_name(core: Core):
    one = await company(core, "One")
    draft = Draft({"email": "ada@example.org"}, companies=["Fresh", one, "ONE"])
    ada = (await contacts.write_contact(core, draft)).id
    joined = (await queries.companies_of(core, [ada]))[ada]
    assert {found.company.name for found in joined} == {"One", "Fresh"}
    await contacts.write_contact(core, Draft(id=ada, remove_companies=["fresh", "never heard of"]))
    joined = (await queries.companies_of(core, [ada]))[ada]
    assert [found.company.name for found in joined] == ["One"]
    assert await primary(core, ada) == one


async def test_lists_are_sorted_searched_and_narrowed(core: Core):
    await actions.write_companies(
        core,
        [
            CompanyDraft({"name": "beta", "type": "Vendor", "employees_number": 5, "city": "Rome"}),
            CompanyDraft({"name": "Alpha", "type": "partner", "employees_number": 50, "email": "x@alpha.test"}),
            CompanyDraft({"name": "100%", "industry": "Banking"}),
        ],
    )

    async def names(sort: str = "name", *, down: bool = False, **more: object) -> list[str]:
        page = await queries.list_companies(core, PageRequest(1, 10, sort, down), **more)  # type: ignore[arg-type]
        assert page.total == len(page.rows)
        return [view.company.name for view in page.rows]

    assert await names() == ["100%", "Alpha", "beta"]
    assert await names("employees_number", down=True) == ["Alpha", "beta", "100%"]
    assert await names("type") == ["100%", "Alpha", "beta"]
    assert await names(search="%") == ["100%"]
    assert await names(search="ALPHA.test") == ["Alpha"]
    assert await names(types=["Partner", "VENDOR"]) == ["Alpha", "beta"]
    assert await names(industries=["banking"], search="0") == ["100%"]
    assert await queries.list_company_ids(core, after=1, limit=1) == [2]
    found, has_more = await queries.search_companies(core, "al", always=[3])
    assert ([one.name for one in found], has_more) == (["Alpha", "100%"], False)
    ada = await person(core, "ada")
    await members.attach_companies(core, [ada], [2])
    assert [one.name for one in (await queries.search_companies(core, without_contact=ada))[0]] == ["100%", "beta"]
    types, industries = await queries.words_in_use(core)
    assert types == [*TYPES, "partner"]
    assert industries == list(INDUSTRIES)
    outside = await queries.contacts_outside(core, 2)
    assert outside == []
    ben = await person(core, "ben")
    assert [one.id for one in await queries.contacts_outside(core, 2)] == [ben]


@pytest.mark.own_database
@pytest.mark.parametrize("sort", sorted(queries.SORTS))
async def test_every_sort_of_a_long_list_stands_on_an_index(core: Core, sort: str):
    await core.db.execute(
        """INSERT INTO companies (name, type, industry, email, employees_number)
        SELECT 'C' || n, 't' || n % 5, 'i' || n % 90, n || '@b.co', n % 400 FROM generate_series(1, 3000) n"""
    )
    await core.db.execute("ANALYZE companies")
    for down in (True, False):
        order = PageRequest(1, 15, sort, down).order_by(queries.SORTS)
        plan = await core.db.fetch(f"EXPLAIN SELECT k.* FROM companies k {order} LIMIT 15")
        assert not any("Seq Scan" in row[0] for row in plan), plan


async def test_notes_of_a_company_are_its_own(core: Core):
    one, two = await company(core, "One"), await company(core, "Two")
    first = await notes.add_company_note(core, one, kind="call", title="Called", description="100% sure")
    await notes.add_company_note(core, one, title="Other")
    page = await notes.list_company_notes(core, one, PageRequest())
    assert [note.title for note in page.rows] == ["Other", "Called"]
    assert [note.id for note in (await notes.list_company_notes(core, one, PageRequest(), "0% s")).rows] == [first]
    assert await notes.find_company_note(core, two, first) is None
    await contacts.update_note(core, first, title="Called again")
    found = await notes.find_company_note(core, one, first)
    assert found is not None
    assert (found.title, found.kind) == ("Called again", "call")
    assert await notes.delete_company_notes(core, two, [first]) == 0
    assert await notes.delete_company_notes(core, one, [first]) == 1
    assert (await facts(core, "company_note_added"))[0][2:] == (one, {"type": "call", "title": "Called"})
    with pytest.raises(NotFound):
        await notes.add_company_note(core, 999, title="x")
