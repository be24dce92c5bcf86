"""The subject lines of stored messages as their recipients saw them."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.content import render_subject
from tidings.messages.mailing import load_mailing
from tidings.messages.preview import persons_by_ids
from tidings.messages.queries import MessageRow
from tidings.platform.core import Core


async def subjects_of(core: Core, rows: Sequence[MessageRow]) -> dict[int, str]:
    """Subject by message id; messages whose contact is gone are left out. One statement, and one mailing a campaign."""
    persons = await persons_by_ids(core, [row.message.contact_id for row in rows])
    mailings = {one: await load_mailing(core, one) for one in {row.message.campaign_id for row in rows}}
    subjects: dict[int, str] = {}
    for row in rows:
        message, person = row.message, persons.get(row.message.contact_id)
        if person is not None:
            mailing = mailings[message.campaign_id]
            links = mailing.links_for(message.id, person.id)
            subjects[message.id] = render_subject(mailing.shown_to(message.subject_id), person, links)
    return subjects
