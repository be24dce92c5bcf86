"""Companies from a file: met by name, owners found or made, odd cells passed over, page by page."""

from __future__ import annotations

import io

import pytest

from tidings.contacts import actions as contacts
from tidings.contacts import queries as people
from tidings.contacts.companies import queries
from tidings.contacts.types import CustomField, Draft
from tidings.imports.actions import create_import
from tidings.imports.companies import CompanyPage, import_company_page
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound


async def upload(core: Core, text: str) -> str:
    return (await create_import(core, io.BytesIO(text.encode()), file_name="co.csv")).path


async def test_companies_meet_by_name_and_owners_by_address(core: Core):
    await contacts.replace_custom_fields(core, [CustomField("vat", "VAT", "text")], subject="company")
    ada = (await contacts.write_contact(core, Draft({"email": "Ada@example.org"}))).id
    mapping = {
        "Company": "name",
        "web": "website",
        "owner": "owner_email",
        "who": "owner_name",
        "n": "employees_number",
    }
    mapping |= {"VAT": "_custom_vat", "unknown": "city"}
    file = await upload(
        core,
        "Company;web;owner;who;n;VAT\n"
        "Acme;acme.test;ada@EXAMPLE.org;;12;DE1\n"
        "GLOBEX;;ben@example.org;Ben van Dam;many;\n"
        ";nameless.test;;;;\n"
        "acme;other.test;;;;\n",
    )
    done = await import_company_page(core, file, mapping)
    assert done == CompanyPage(total=4, rows=4, created=2, updated=0, skipped=2, has_more=False)
    acme, globex = [await queries.company_by_id(core, one) for one in (1, 2)]
    assert (acme.company.website, acme.company.owner_id, acme.contacts_count) == ("http://acme.test", ada, 1)
    assert (acme.company.employees_number, acme.company.custom) == (12, {"vat": "DE1"})
    assert (globex.company.name, globex.company.owner_id, globex.company.employees_number) == ("GLOBEX", None, 0)
    again = await import_company_page(core, file, mapping, updates=True, creates_owners=True)
    assert (again.created, again.updated, again.skipped) == (0, 3, 1)
    acme, globex = [await queries.company_by_id(core, one) for one in (1, 2)]
    assert (acme.company.name, acme.company.website, acme.company.employees_number) == (
        "Acme",
        "http://other.test",
        12,
    )
    assert globex.company.owner_id is not None
    owner = (await people.contact_by_id(core, globex.company.owner_id)).contact
    assert (owner.email, owner.full_name, owner.status) == ("ben@example.org", "Ben van Dam", "pending")


async def test_a_long_file_is_taken_in_by_pages(core: Core):
    file = await upload(core, "name,city\n" + "".join(f"C{n},Rome\n" for n in range(250)))
    mapping = {"name": "name", "city": "city"}
    pages = [await import_company_page(core, file, mapping, page=page) for page in (1, 2, 3, 4)]
    assert [(one.rows, one.created, one.has_more) for one in pages] == [
        (100, 100, True),
        (100, 100, True),
        (50, 50, False),
        (0, 0, False),
    ]
    assert await core.db.fetchval("SELECT count(*) FROM companies WHERE city = 'Rome'") == 250


async def test_a_page_needs_a_name_and_a_file(core: Core):
    with pytest.raises(Invalid):
        await import_company_page(core, "x", {"a": "city"})
    for name in ("../../etc/passwd", "0" * 32 + ".csv", ""):
        with pytest.raises(NotFound):
            await import_company_page(core, name, {"a": "name"})
