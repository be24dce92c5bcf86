"""The subject lines of stored messages as their recipients saw them."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.content import MailLinks, render_text_template
from tidings.messages.mailing import addresses, site
from tidings.messages.preview import persons_by_ids
from tidings.messages.queries import MessageRow
from tidings.platform.core import Core
from tidings.tracking.portal_tickets import portal_url


async def subjects_of(core: Core, rows: Sequence[MessageRow]) -> dict[int, str]:
    """Subject by message id; messages whose contact is gone are left out. Two statements, whatever the number."""
    persons = await persons_by_ids(core, [row.message.contact_id for row in rows])
    made, where = await addresses(core), await site(core)
    subjects: dict[int, str] = {}
    for row in rows:
        message, person = row.message, persons.get(row.message.contact_id)
        if person is not None:
            links = MailLinks(
                unsubscribe_url=made.unsubscribe_url(person.id, message.id),
                manage_url=made.manage_url(person.id, message.id),
                web_view_url=made.web_view_url(message.id),
                portal_url=portal_url(made),
            )
            subjects[message.id] = render_text_template(
                row.subject, row.language, person, where, links, escape="header"
            )
    return subjects
