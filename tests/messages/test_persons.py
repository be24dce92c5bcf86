"""What a mail says of the company behind a contact."""

from __future__ import annotations

import pytest

from tidings.contacts import actions as contacts
from tidings.contacts.companies import actions, members
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.types import Draft
from tidings.content.language import needs_of
from tidings.messages.preview import render_for_contact
from tidings.platform.core import Core

TEXT = "{{contact.company.name}}|{{contact.company.industry}}|{{contact.company.website}}|{{contact.company.address}}"


async def test_codes_speak_of_the_primary_company_and_else_of_what_the_contact_says_itself(core: Core):
    ada = (await contacts.write_contact(core, Draft({"email": "a@b.co", "company_name": "Own words"}))).id
    assert await render_for_contact(core, TEXT, ada) == "Own words|||"
    draft = CompanyDraft({"name": "Globex & Co", "industry": "Banking", "website": "globex.test", "city": "Rome"})
    globex = await actions.create_company(core, draft, contact_id=ada)
    other = await actions.create_company(core, CompanyDraft({"name": "Initech"}), contact_id=ada)
    told = "Globex &amp; Co|Banking|https://globex.test|Rome"
    assert await render_for_contact(core, TEXT, ada) == told
    await members.detach_companies(core, [ada], [globex])
    assert await render_for_contact(core, "{{contact.company.name}}", ada) == "Initech"
    await members.detach_companies(core, [ada], [other])
    assert await render_for_contact(core, "{{contact.company.name}}", ada) == "Own words"


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("{{contact.company.name}}", {"company"}),
        ("##contact.company.website##", {"company"}),
        ("{{company|there}}", {"company"}),
        ("{{#if company}}x{{/if}}", {"company"}),
        ("{{industry}} {{contact.tags.title}}", {"company", "tags"}),
        ("a company without braces {{contact.first_name}}", set()),
    ],
)
def test_only_a_mail_that_asks_for_the_company_reads_it(source: str, needs: set[str]):
    assert needs_of(source) == needs
