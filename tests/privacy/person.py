"""A person of whom every part of the product knows something, and another who must not be touched."""

from __future__ import annotations

from tests.public.door import Mailed, mailed, visitor
from tidings.consent.actions import suppress_addresses
from tidings.contacts import actions as contacts
from tidings.contacts.companies.actions import create_company
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.events import track_event
from tidings.contacts.types import CustomField, Draft
from tidings.messages.leaving import leave
from tidings.platform.core import Core
from tidings.tracking.projector import fold_hits

ADDRESS = "Ada.Lovelace@example.org"
# Parts of what is known, none of which may be left anywhere afterwards.
TELLING = ("lovelace", '"ada"', "poetry", "10.1.2.3", "my secret", "chess club", "engine no. 9")


async def known_person(core: Core) -> Mailed:
    """Ada, who was mailed, opened, clicked, wrote by a form, was written about, and left."""
    sent = await mailed(core)
    one = sent.contact_id
    await contacts.replace_custom_fields(core, [CustomField("likes", "Likes", "text")])
    tag = await contacts.create_tag(core, title="Readers")
    news = await contacts.create_list(core, title="News")
    draft = Draft({"last_name": "Lovelace", "city": "London"}, {"likes": "Poetry"}, id=one, tags=[tag], lists=[news])
    await contacts.write_contact(core, draft)
    await create_company(core, CompanyDraft({"name": "Engines"}), contact_id=one)
    await contacts.add_note(core, one, kind="note", title="Call", description="My secret")
    await track_event(core, one, event_key="joined", title="Joined", value="Chess club")
    async with visitor(core) as door:
        await door.get(sent.pixel)
        await door.get(sent.link, follow_redirects=False)
    await core.db.execute("UPDATE hits SET ip = '10.1.2.3', agent = 'Engine No. 9'")
    await fold_hits(core)
    await core.db.execute(
        """WITH form AS (INSERT INTO forms (slug, title, fields, created_at, updated_at)
            VALUES ('f', 'Sign up', '[]', now(), now()) RETURNING id)
        INSERT INTO form_submissions (form_id, contact_id, answers, ip, agent, created_at)
        SELECT id, $1, '{"name": "Ada"}', '10.1.2.3', 'Engine No. 9', now() FROM form""",
        one,
    )
    await core.db.execute(
        """WITH i AS (INSERT INTO imports (file_name, path) VALUES ('a.csv', 'x') RETURNING id)
        INSERT INTO import_rejects (import_id, line, reason, row) SELECT id, 2, 'x', $1 FROM i""",
        [ADDRESS.upper(), "Ada"],
    )
    await core.db.execute("INSERT INTO system_logs (at, title) VALUES (now(), $1)", f"Bounce of {ADDRESS}")
    await leave(core, one, reason="My secret", message_id=sent.message_id, ip="10.1.2.3")
    await suppress_addresses(core, [ADDRESS], reason="complained")
    return sent
