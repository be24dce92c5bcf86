"""Events of this dialect's webhooks: which facts they are, their payload, signature and verdicts (Furiosa guide,
section Webhooks). A contact is a membership here, so one change of a person may be several events."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidings.campaigns.queries import campaigns_by_ids
from tidings.campaigns.types import Campaign
from tidings.contacts import catalog
from tidings.contacts.members import Member, members_of
from tidings.dialects._engine.calls import encode
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects.furiosa.campaigns import campaign_body
from tidings.dialects.furiosa.wire import contact_body
from tidings.forms.queries import submissions_by_ids
from tidings.forms.types import Submission
from tidings.outgoing_webhooks.forms import Form, Signing
from tidings.outgoing_webhooks.material import Material, gather
from tidings.outgoing_webhooks.types import Happening
from tidings.platform.core import Core
from tidings.platform.facts import Recorded

EVENTS = {
    "contact.created": "A new contact is added to any audience (via form, import, or API).",
    "contact.updated": "An existing contact's data is modified.",
    "contact.deleted": "A contact is removed from an audience.",
    "campaign.sent": "A campaign completes sending.",
    "campaign.bounced": "An email campaign receives bounce notifications.",
    "page.submission": "A new form submission is received on a page.",
}
_CHANGES = ("contact_updated", "contact_status_changed")
_LISTS = ("lists_added", "lists_removed")
_BOUNCES = {"message_bounced": "hard", "contact_soft_bounced": "soft"}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the facts of a batch speak of. parents: list -> its audience, None for an audience."""

    material: Material
    parents: Mapping[int, int | None]
    campaigns: Mapping[int, Campaign]
    submissions: Mapping[int, Submission]

    def members(self, fact: Recorded) -> list[Member]:
        person = self.material.person_of(fact)
        return members_of(person) if person else []


async def tell(core: Core, facts: Sequence[Recorded]) -> list[Happening]:
    """Facts in this dialect's words, in their order."""
    known = await _gather(core, facts)
    # Whoever joins an audience is new in it, whatever else the same change did.
    joined = {(member.id, fact.at) for fact in facts if fact.kind == "lists_added" for member in _joined(fact, known)}
    told: list[Happening] = []
    for fact in facts:
        if fact.kind in _CHANGES or fact.kind in _LISTS:
            told += _changed(fact, known, joined)
        elif fact.kind == "contact_deleted":
            told += [_gone(fact, member) for member in known.members(fact)]
        elif fact.kind == "campaign_finished":
            told += _finished(fact, known)
        elif fact.kind in _BOUNCES:
            told += _bounced(fact, known)
        else:
            told += _submitted(fact, known)
    return told


async def _gather(core: Core, facts: Sequence[Recorded]) -> _Known:
    lists = sorted({one for fact in facts if fact.kind in _LISTS for one in fact.data.get("list_ids", ())})
    rows = (await catalog.list_lists(core, ids=lists)).rows if lists else []
    mailed = [
        one.subject_id for one in facts if one.kind in ("campaign_finished", "message_bounced") and one.subject_id
    ]
    sent = [one.object_id for one in facts if one.kind == "form_submitted" and one.object_id]
    return _Known(
        await gather(core, facts),
        {one.id: one.parent_id for one in rows},
        await campaigns_by_ids(core, mailed) if mailed else {},
        await submissions_by_ids(core, sent) if sent else {},
    )


def _joined(fact: Recorded, known: _Known) -> list[Member]:
    lists = set(fact.data.get("list_ids", ()))
    return [member for member in known.members(fact) if member.audience_id in lists]


def _changed(fact: Recorded, known: _Known, joined: set[tuple[int, datetime]]) -> list[Happening]:
    """New members, members that left, and those whose data or groups changed."""
    lists: list[int] = fact.data.get("list_ids", [])
    told = [_gone(fact, member) for member in _left(fact, known)] if fact.kind == "lists_removed" else []
    left = {one for one in lists if known.parents.get(one, 0) is None}
    groups = {known.parents.get(one) for one in lists} - left if fact.kind in _LISTS else set[int | None]()
    for member in known.members(fact):
        once = f"member:{member.id}:{fact.at.timestamp()}"
        if (member.id, fact.at) in joined:
            told.append(Happening("contact.created", once, fact.at, contact_body(member), fact.contact_id))
        elif fact.kind in _CHANGES or member.audience_id in groups:
            told.append(Happening("contact.updated", once, fact.at, contact_body(member), fact.contact_id))
    return told


def _left(fact: Recorded, known: _Known) -> list[Member]:
    person = known.material.person_of(fact)
    rows: list[tuple[int, int, str]] = fact.data.get("members", [])
    return [
        Member(
            member_id,
            audience_id,
            datetime.fromisoformat(since),
            [one for _, one, _ in rows if known.parents.get(one) == audience_id],
            person.contact,
        )
        for member_id, audience_id, since in rows
        if person is not None and known.parents.get(audience_id, 0) is None
    ]


def _gone(fact: Recorded, member: Member) -> Happening:
    return Happening("contact.deleted", f"gone:{member.id}", fact.at, contact_body(member), fact.contact_id)


def _finished(fact: Recorded, known: _Known) -> list[Happening]:
    campaign = known.campaigns.get(fact.subject_id or 0)
    # A mail to one person is a campaign to us and to nobody else.
    if campaign is None or campaign.kind != "campaign":
        return []
    return [Happening("campaign.sent", f"campaign.sent:{fact.id}", fact.at, campaign_body(campaign))]


def _bounced(fact: Recorded, known: _Known) -> list[Happening]:
    mail = known.material.mail_of(fact)
    if mail is None:
        return []
    data = {
        "campaign_id": mail.campaign_id,
        "campaign_name": mail.campaign_title,
        "email": mail.email,
        "contact_ids": [member.id for member in known.members(fact)],
        "bounce_type": _BOUNCES[fact.kind],
        "reason": fact.data.get("text") or fact.data.get("reason"),
    }
    return [Happening("campaign.bounced", f"campaign.bounced:{fact.id}", fact.at, data, fact.contact_id)]


def _submitted(fact: Recorded, known: _Known) -> list[Happening]:
    submission = known.submissions.get(fact.object_id or 0)
    if submission is None:
        return []
    person = known.material.person_of(fact)
    data: dict[str, Any] = {
        "id": submission.id,
        "page_id": fact.data.get("page_id"),
        "form_id": submission.form_id,
        "title": fact.data.get("title"),
        "url": submission.page_url,
        "email": person.contact.email if person else None,
        "contact_ids": [member.id for member in known.members(fact)],
        "fields": submission.answers,
        "created_at": rfc3339(submission.created_at),
    }
    return [Happening("page.submission", f"page.submission:{fact.id}", fact.at, data, fact.contact_id)]


def body(_number: int, one: Happening) -> bytes:
    """`{event, timestamp, data}`."""
    return encode({"event": one.kind, "timestamp": rfc3339(one.at), "data": one.data})


def headers(signing: Signing) -> dict[str, str]:
    """The delivery's id and the signature; while a secret is replaced a second one by the new secret."""
    sent = {"X-Furiosa-Delivery": signing.key, "X-Furiosa-Signature": signature(signing.secret, signing.body)}
    if signing.next_secret is not None:
        sent["X-Furiosa-Signature-Next"] = signature(signing.next_secret, signing.body)
    return sent


def signature(secret: str, content: bytes) -> str:
    """The hex HMAC-SHA256 of the raw body."""
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


FORM = Form(
    name="furiosa",
    title="Furiosa",
    events=EVENTS,
    fact_kinds=frozenset({*_CHANGES, *_LISTS, *_BOUNCES, "contact_deleted", "campaign_finished", "form_submitted"}),
    timeout=10.0,
    tell=tell,
    body=body,
    headers=headers,
    is_final=lambda _status: False,
)
