"""What facts speak of, gathered as sets: the people, and the mails with their campaigns. The forms word it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidings.contacts.queries import contacts_or_last_known
from tidings.contacts.types import ContactView
from tidings.outgoing_webhooks import store
from tidings.platform.core import Core
from tidings.platform.facts import Recorded


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one contact. `subject` is as it was written, before codes are resolved; `place` is where it stands in the
    graph of a campaign of several steps."""

    id: int
    campaign_id: int
    contact_id: int
    campaign_title: str
    email: str
    subject: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """People by id (as last known when they are gone), mails by id."""

    people: Mapping[int, ContactView]
    mails: Mapping[int, Mail]

    def mail_of(self, fact: Recorded) -> Mail | None:
        """The mail that a fact is about."""
        return self.mails.get(fact.object_id) if fact.object_id is not None and fact.kind in MAIL_KINDS else None

    def person_of(self, fact: Recorded) -> ContactView | None:
        """The contact that a fact is about."""
        return self.people.get(fact.contact_id) if fact.contact_id is not None else None


# Facts whose object is a mail.
MAIL_KINDS = frozenset(
    {
        "message_sent",
        "message_opened",
        "link_clicked",
        "message_replied",
        "message_bounced",
        "contact_soft_bounced",
        "contact_unsubscribed",
    }
)


async def gather(core: Core, facts: Sequence[Recorded]) -> Material:
    """Everything the facts need, in at most three statements."""
    contact_ids = sorted({one.contact_id for one in facts if one.contact_id is not None})
    mail_ids = sorted({one.object_id for one in facts if one.object_id is not None and one.kind in MAIL_KINDS})
    people = await contacts_or_last_known(core, contact_ids) if contact_ids else {}
    rows = await core.db.fetch(store.sql.mails_by_ids, mail_ids) if mail_ids else []
    return Material(people, {row["id"]: Mail(*row) for row in rows})
