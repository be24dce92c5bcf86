"""Events of this dialect's webhooks: which facts they are, their payload, signature and verdicts (spec fluenzr,
Webhooks)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from tidings.campaigns.queries import campaigns_by_ids
from tidings.campaigns.types import WORKFLOW, Campaign
from tidings.dialects._engine.calls import encode
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects.fluenzr.ids import opaque
from tidings.dialects.fluenzr.wire import contact_body
from tidings.outgoing_webhooks.forms import Form, Signing
from tidings.outgoing_webhooks.material import MAIL_KINDS, Material, gather
from tidings.outgoing_webhooks.types import Happening
from tidings.platform.core import Core
from tidings.platform.facts import Recorded

EVENTS = {
    "contact.created": "A contact is there for the first time.",
    "contact.updated": "Data, status, groups or tags of a contact changed.",
    "contact.deleted": "A contact was deleted.",
    "campaign.started": "A campaign began to send.",
    "campaign.paused": "A campaign was paused.",
    "campaign.completed": "Every mail of a campaign has its final state.",
    "email.sent": "A mail left this installation.",
    "email.delivered": "The next mail server took a mail.",
    "email.opened": "A person opened a mail.",
    "email.clicked": "A person clicked a link.",
    "email.replied": "A person answered a mail.",
    "email.bounced": "A mail came back.",
    "email.unsubscribed": "A person left.",
}
_CONTACTS = {"contact_created": "contact.created", "contact_deleted": "contact.deleted"} | dict.fromkeys(
    ("contact_updated", "contact_status_changed", "tags_added", "tags_removed", "lists_added", "lists_removed"),
    "contact.updated",
)
_CAMPAIGNS = {
    "campaign_started": "campaign.started",
    "campaign_paused": "campaign.paused",
    "campaign_finished": "campaign.completed",
}
# What the next server took is sent and, until it comes back, delivered.
_MAILS: dict[str, tuple[str, ...]] = {
    "message_sent": ("email.sent", "email.delivered"),
    "message_opened": ("email.opened",),
    "link_clicked": ("email.clicked",),
    "message_replied": ("email.replied",),
    "message_bounced": ("email.bounced",),
    "contact_soft_bounced": ("email.bounced",),
    "contact_unsubscribed": ("email.unsubscribed",),
}


async def tell(core: Core, facts: Sequence[Recorded]) -> list[Happening]:
    """Facts in this dialect's words, in their order."""
    known = await gather(core, [one for one in facts if one.kind in _CONTACTS or one.kind in MAIL_KINDS])
    campaigns = await campaigns_by_ids(
        core, [one.subject_id for one in facts if one.kind in _CAMPAIGNS and one.subject_id]
    )
    told: list[Happening] = []
    for fact in facts:
        if fact.kind in _CONTACTS:
            told.append(_of_contact(fact, known))
        elif fact.kind in _CAMPAIGNS:
            told += _of_campaign(fact, campaigns)
        else:
            told += [
                Happening(kind, f"{kind}:{fact.id}", fact.at, _mail_data(fact, known), fact.contact_id)
                for kind in _MAILS[fact.kind]
            ]
    return told


def _of_contact(fact: Recorded, known: Material) -> Happening:
    """All changes of one contact in one transaction are one event; the first names it."""
    person = known.person_of(fact)
    data = contact_body(person) if person else {"id": _id("con", fact.contact_id), "email": fact.data.get("email")}
    once = f"contact:{fact.contact_id}:{fact.at.timestamp()}"
    if fact.kind == "contact_deleted":
        once = f"contact:{fact.contact_id}:deleted"
    return Happening(_CONTACTS[fact.kind], once, fact.at, data, fact.contact_id)


def _of_campaign(fact: Recorded, campaigns: dict[int, Campaign]) -> list[Happening]:
    found = campaigns.get(fact.subject_id or 0)
    # A mail to one person is a campaign to us and to nobody else.
    if found is not None and found.kind not in ("campaign", WORKFLOW):
        return []
    title = found.title if found is not None else fact.data.get("title")
    data = {"campaignId": _id("cmp", fact.subject_id), "campaignName": title}
    kind = _CAMPAIGNS[fact.kind]
    return [Happening(kind, f"{kind}:{fact.id}", fact.at, data)]


def _mail_data(fact: Recorded, known: Material) -> dict[str, Any]:
    mail, person = known.mail_of(fact), known.person_of(fact)
    email = mail.email if mail else person.contact.email if person else None
    return {
        "campaignId": _id("cmp", mail.campaign_id if mail else fact.subject_id),
        "campaignName": mail.campaign_title if mail else None,
        "contactId": _id("con", fact.contact_id),
        "contactEmail": email,
        "emailNodeId": mail.place if mail else None,
        "emailSubject": mail.subject if mail else None,
    } | _more(fact)


def _more(fact: Recorded) -> dict[str, Any]:
    data = fact.data
    if fact.kind == "message_opened":
        return {
            "openCount": data.get("count", 1),
            "firstOpen": bool(data.get("first")),
            "userAgent": data.get("agent"),
            "ip": data.get("ip"),
        }
    if fact.kind == "link_clicked":
        return {"linkUrl": data.get("url"), "clickCount": data.get("count", 1)}
    if fact.kind == "message_replied":
        return {"replySubject": data.get("subject"), "replyPreview": data.get("preview")}
    if fact.kind == "message_bounced":
        return {"bounceType": "hard", "bounceReason": data.get("text")}
    return {"bounceType": "soft", "bounceReason": data.get("reason")} if fact.kind == "contact_soft_bounced" else {}


def _id(prefix: str, number: int | None) -> str | None:
    return opaque(prefix, number) if number is not None else None


def body(number: int, one: Happening) -> bytes:
    """`{id, type, timestamp, data}`."""
    return encode({"id": opaque("evt", number), "type": one.kind, "timestamp": rfc3339(one.at), "data": one.data})


def headers(signing: Signing) -> dict[str, str]:
    """The time and the signature of time and body; while a secret is replaced a second one by the new secret."""
    at = str(int(signing.at.timestamp()))
    sent = {"X-FluenzR-Timestamp": at, "X-FluenzR-Signature": signature(signing.secret, at, signing.body)}
    sent["X-FluenzR-Delivery"] = signing.key
    if signing.next_secret is not None:
        sent["X-FluenzR-Signature-Next"] = signature(signing.next_secret, at, signing.body)
    return sent


def signature(secret: str, at: str, content: bytes) -> str:
    """`sha256=` and the hex HMAC-SHA256 of `{timestamp}.{raw body}`."""
    return f"sha256={hmac.new(secret.encode(), f'{at}.'.encode() + content, hashlib.sha256).hexdigest()}"


FORM = Form(
    name="fluenzr",
    title="FluenzR",
    events=EVENTS,
    fact_kinds=frozenset(_CONTACTS) | frozenset(_CAMPAIGNS) | frozenset(_MAILS),
    timeout=30.0,
    tell=tell,
    body=body,
    headers=headers,
    is_final=lambda status: 400 <= status < 500,
)
