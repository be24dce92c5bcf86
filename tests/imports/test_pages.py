"""Imports page by page: pages begin where the ones before end, bad rows hurt nobody, what is there keeps its status."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest

from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import Contact, Draft
from tidings.imports import pages
from tidings.imports.actions import create_import, delete_stale_imports
from tidings.imports.queries import import_by_id
from tidings.imports.types import Options
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound

PLAIN = {"email": "email", "name": "full_name"}


async def uploaded(core: Core, text: str) -> int:
    return (await create_import(core, BytesIO(text.encode()), file_name="a.csv")).id


async def contact(core: Core, email: str) -> Contact:
    view = await find_contact_by_email(core, email)
    assert view is not None
    return view.contact


async def test_pages_cover_the_file_once_and_the_last_one_ends_the_import(core: Core):
    rows = "".join(f'p{n}@example.org,"Per\nson {n}"\n' for n in range(230))
    made = await uploaded(core, "email,name\n" + rows)
    # Pages are asked for in any order, and again.
    second = await pages.run_page(core, made, 2, PLAIN, Options())
    assert (len(second.created), second.page.offset, second.page.rows_done) == (100, 100, 200)
    first = await pages.run_page(core, made, 1, PLAIN, Options())
    again = await pages.run_page(core, made, 1, PLAIN, Options())
    assert (len(first.created), len(again.created), len(again.updated)) == (100, 0, 100)
    assert (first.page.rows_total, first.page.pages_total, first.page.is_last) == (230, 3, False)
    last = await pages.run_page(core, made, 3, PLAIN, Options())
    assert (len(last.created), last.page.rows_done, last.page.is_last) == (30, 230, True)
    found = await import_by_id(core, made)
    assert (found.state, found.created) == ("done", 230)
    assert await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'import_finished'") == 1
    with pytest.raises(NotFound):
        await pages.run_page(core, made, 3, PLAIN, Options())


async def test_a_bad_row_hurts_no_other_and_an_address_counts_once(core: Core):
    text = (
        'email,name,day,groups,firm\na@example.org,Ann,2001-02-03,"One, Two",Acme\nbroken,B,,,\n'
        "c@example.org,C,yesterday,,\nA@example.org,Later,,,\n\n"
        f"d@example.org,D,,,{'x' * 1000}\n"
    )
    made = await uploaded(core, text)
    mapping = {**PLAIN, "day": "date_of_birth", "groups": "tags", "firm": "companies"}
    done = await pages.run_page(core, made, 1, mapping, Options(source="csv"))
    assert [row["email"] for row in done.invalid] == ["broken"]
    assert [row["email"] for row in done.skipped] == ["c@example.org", "d@example.org"]
    [one] = done.created
    ann = await contact(core, "a@example.org")
    assert (ann.id, ann.first_name, str(ann.date_of_birth), ann.source) == (one, "Ann", "2001-02-03", "csv")
    assert ann.company_id is not None
    assert await core.db.fetchval("SELECT count(*) FROM contact_tags WHERE contact_id = $1", one) == 2


async def test_who_is_there_keeps_status_and_source_unless_it_is_said(core: Core):
    await contacts.write_contact(core, Draft({"email": "a@example.org", "source": "api"}, status="subscribed"))
    await contacts.write_contact(core, Draft({"email": "b@example.org"}, status="unsubscribed"))
    text = "email,name\na@example.org,Ann\nb@example.org,Bob\n"
    done = await pages.run_page(
        core, await uploaded(core, text), 1, PLAIN, Options(status="unsubscribed", source="csv")
    )
    assert len(done.updated) == 2
    ann, bob = await contact(core, "a@example.org"), await contact(core, "b@example.org")
    assert (ann.status, ann.source, bob.status) == ("subscribed", "api", "unsubscribed")
    skipping = await pages.run_page(core, await uploaded(core, text), 1, PLAIN, Options("skip"))
    assert (len(skipping.skipped), len(skipping.updated)) == (2, 0)
    forced = Options(status="subscribed", may_rise=True)
    await pages.run_page(core, await uploaded(core, text), 1, PLAIN, forced)
    assert (await contact(core, "b@example.org")).status == "subscribed"


async def test_uploads_that_nobody_goes_on_with_are_forgotten_with_their_files(core: Core):
    text = "email\n" + "".join(f"p{n}@example.org\n" for n in range(150))
    fresh, _, begun = [await uploaded(core, text) for _ in range(3)]
    await pages.run_page(core, begun, 1, {"email": "email"}, Options())
    old = core.clock.now() - timedelta(days=8)
    await core.db.execute("UPDATE imports SET created_at = $1, started_at = $1 WHERE id <> $2", old, fresh)
    assert await delete_stale_imports(core) == 1
    later = core.clock.now() - timedelta(days=31)
    await core.db.execute("UPDATE imports SET started_at = $1 WHERE id = $2", later, begun)
    assert await delete_stale_imports(core) == 1
    assert [row["id"] for row in await core.db.fetch("SELECT id FROM imports")] == [fresh]
    assert len(list((core.data_dir / "uploads").glob("*.csv"))) == 1
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 100


async def test_another_delimiter_cuts_the_file_anew_and_no_address_column_is_refused(core: Core):
    made = await uploaded(core, "email;name,x\na@example.org;Ann,y\n")
    with pytest.raises(Invalid):
        await pages.run_page(core, made, 1, {"name": "full_name"}, Options())
    assert (await pages.read_page(core, made, 1, delimiter=",")).rows == [{"email;name": "a@example.org;Ann", "x": "y"}]
    assert (await pages.read_page(core, made, 1, delimiter=";")).rows == [{"email": "a@example.org", "name,x": "Ann,y"}]
    beyond = await pages.read_page(core, made, 7)
    assert (beyond.rows, beyond.is_last, beyond.rows_done) == ([], True, 1)
