"""What a campaign's mails are made of, loaded and compiled once per version: the coupling of messages to content.

Campaigns are above this floor; their row is read with the few columns needed here.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from tidings.content import (
    Address,
    Compiled,
    Kind,
    Language,
    MailHeaders,
    MailLinks,
    Person,
    Site,
    Source,
    compile_mail,
    compile_subject,
    join,
    track_links,
)
from tidings.content.tree import Tree
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.templates.patterns import queries as patterns
from tidings.tracking.portal_tickets import MAILED_LASTS, entry_url, portal_url
from tidings.tracking.tokens import Addresses

_CAMPAIGN = """
SELECT id, version, language, subject, preheader, body, design, footer, look, sender, is_transactional, tracks_opens,
       tracks_clicks, account_ids, per_minute, kind FROM campaigns WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a mail is from. `reply_to` is empty when answers go to the sender."""

    from_name: str
    from_email: str
    reply_to_name: str = ""
    reply_to_email: str = ""

    @property
    def address(self) -> Address:
        """For the From field."""
        return Address(self.from_email, self.from_name)

    @property
    def reply_to(self) -> Address | None:
        """For the Reply-To field."""
        return Address(self.reply_to_email, self.reply_to_name) if self.reply_to_email else None


@dataclass(frozen=True, slots=True)
class Written:
    """A mail as written, the language of its codes and its kind."""

    source: Source
    language: Language = "smartcodes"
    kind: Kind = "marketing"


@dataclass(frozen=True, slots=True)
class Mailing:
    """A campaign ready to be sent: compiled body, subjects, addresses, and what the wire needs."""

    id: int
    version: int
    compiled: Compiled
    subjects: Mapping[int, Tree]
    sender: Sender
    addresses: Addresses
    domain: str
    is_transactional: bool
    tracks_opens: str
    tracks_clicks: str
    account_ids: Sequence[int]
    per_minute: int | None

    @property
    def needs(self) -> frozenset[str]:
        """What must be read of a person beside its columns."""
        return self.compiled.needs

    def links_for(self, message_id: int, person: Person, *, at: datetime, opens_portal: bool = False) -> MailLinks:
        """The addresses of one message that is sent `at`. `opens_portal`: the portal is on, and known by the link."""
        made = self.addresses
        has_pixel = self.tracks_opens != "no"
        is_tracked = self.tracks_clicks != "no"
        portal = portal_url(made)
        if opens_portal and "portal" in self.needs:
            portal = entry_url(made, person.id, person.email, f"m{message_id}", at + MAILED_LASTS)
        return MailLinks(
            unsubscribe_url=made.unsubscribe_url(person.id, message_id),
            manage_url=made.manage_url(person.id, message_id),
            web_view_url=made.web_view_url(message_id),
            portal_url=portal,
            open_pixel_url=made.open_url(message_id, is_anonymous=self.tracks_opens == "anonymous")
            if has_pixel
            else None,
            click_tail=made.click_tail(message_id, is_anonymous=self.tracks_clicks == "anonymous")
            if is_tracked
            else "",
        )

    def subject_tree(self, subject_id: int | None) -> Tree:
        """The subject of one message: its variant's, or the mail's own."""
        own = self.compiled.subject
        return own if subject_id is None else self.subjects.get(subject_id, own)

    def shown_to(self, subject_id: int | None) -> Compiled:
        """The mail with the subject of one message, for previews and views."""
        return dataclasses.replace(self.compiled, subject=self.subject_tree(subject_id))

    def write(
        self, message_id: int, person: Person, subject_id: int | None, *, at: datetime, opens_portal: bool = False
    ) -> bytes:
        """The whole mail of one message, dated `at`, with links that log into the portal when that is on; raises
        HeaderRefused."""
        links = self.links_for(message_id, person, at=at, opens_portal=opens_portal)
        headers = MailHeaders(
            sender=self.sender.address,
            to=address_of(person),
            message_id=message_id_of(self.addresses, message_id, self.domain),
            sent_at=at,
            reply_to=self.sender.reply_to,
            list_unsubscribe=() if self.is_transactional else (links.unsubscribe_url,),
            one_click=not self.is_transactional,
        )
        return join(self.compiled, person, links, headers=headers, subject=self.subject_tree(subject_id))


def message_id_of(addresses: Addresses, message_id: int, domain: str) -> str:
    """The Message-ID of a row: always the same, so that a repeat is recognisable."""
    proof = addresses.keys.mac("message-id", message_id.to_bytes(8), size=8).hex()
    return f"m{message_id}.{proof}@{domain}"


def address_of(person: Person) -> Address:
    """For the To field."""
    return Address(person.email, f"{person.first_name} {person.last_name}".strip())


async def site(core: Core) -> Site:
    """The installation as mails see it now."""
    values = await core.installation.values()
    rows = await core.db.fetch(
        "SELECT slug, kind, label FROM custom_fields WHERE subject = 'contact' ORDER BY position"
    )
    return Site(
        business_name=values["business_name"],
        business_address=values["business_address"],
        name=values["site_name"],
        description=values["site_description"],
        url=values["public_url"],
        admin_email=values["admin_email"],
        time_zone=values["time_zone"],
        date_format=values["date_format"],
        footer=values["email_footer"],
        custom_fields={row["slug"]: row["kind"] for row in rows},
        custom_field_labels={row["slug"]: row["label"] for row in rows},
    )


async def addresses(core: Core) -> Addresses:
    """Maker of public addresses."""
    return Addresses(core.keys, str(await core.installation.get("public_url")).rstrip("/"), core.clock.now())


async def sender_of(core: Core, given: Mapping[str, Any]) -> Sender:
    """The campaign's own sender where it has one, else the installation's."""
    values = await core.installation.values()
    own = given if str(given.get("is_custom") or "").lower() in ("yes", "true", "1") else {}

    def pick(name: str, *fallbacks: object) -> str:
        return next((str(one) for one in (own.get(name), values[name], *fallbacks) if one), "")

    return Sender(
        from_name=pick("from_name", values["business_name"]),
        from_email=pick("from_email", values["admin_email"], "newsletter@localhost.localdomain"),
        reply_to_name=pick("reply_to_name"),
        reply_to_email=pick("reply_to_email"),
    )


def source_from(row: Any) -> Written:
    """What was written, from a campaign's row or anything with its names. `footer` is 'global', 'none' or its own text."""
    footer: dict[str, str] = {}
    if row["footer"] == "none":
        footer = {"disable_footer": "yes"}
    elif row["footer"] not in ("", "global"):
        footer = {"custom_footer": "yes", "footer_content": row["footer"]}
    source = Source(
        subject=row["subject"],
        preheader=row["preheader"],
        body=row["body"],
        design=row["design"],
        look=row["look"],
        footer=footer,
    )
    return Written(source, row["language"], "transactional" if row["is_transactional"] else "marketing")


async def compiled(core: Core, written: Written) -> Compiled:
    """The mail with its own addresses, its patterns and the installation's look beneath its own, compiled beside the event
    loop. Raises ContentTooLarge."""
    look = {**await core.installation.get("mail_look"), **written.source.look}
    source = msgspec.structs.replace(
        written.source, look=look, body=await patterns.with_patterns(core, written.source.body)
    )
    return await asyncio.to_thread(
        compile_mail, source, language=written.language, site=await site(core), kind=written.kind
    )


async def load_mailing(core: Core, campaign_id: int) -> Mailing:
    """Compiles a campaign and registers its links; raises NotFound. Safe to run in several processes at once."""
    row = await core.db.fetchrow(_CAMPAIGN, campaign_id)
    if row is None:
        raise NotFound("campaign", campaign_id)
    mail = await compiled(core, source_from(row))
    made = await addresses(core)
    if row["tracks_clicks"] != "no":
        await register_links(core, campaign_id, mail.links)
        ids = {
            r["url"]: r["id"]
            for r in await core.db.fetch("SELECT id, url FROM links WHERE campaign_id = $1", campaign_id)
        }
        mail = track_links(mail, [made.click_prefix(ids[url]) for url in mail.links])
    subjects = await core.db.fetch("SELECT id, subject FROM campaign_subjects WHERE campaign_id = $1", campaign_id)
    sender = await sender_of(core, row["sender"])
    return Mailing(
        id=campaign_id,
        version=row["version"],
        compiled=mail,
        subjects={s["id"]: compile_subject(s["subject"], language=row["language"], site=mail.site) for s in subjects},
        sender=sender,
        addresses=made,
        domain=sender.from_email.rpartition("@")[2] or "localhost",
        is_transactional=row["is_transactional"],
        tracks_opens=row["tracks_opens"],
        tracks_clicks=row["tracks_clicks"],
        account_ids=row["account_ids"],
        per_minute=row["per_minute"],
    )


async def register_links(core: Core, campaign_id: int, urls: Sequence[str]) -> None:
    """Stores the links of a mail once each; those of an older version stay, because mails with them are out."""
    known = {r["url"] for r in await core.db.fetch("SELECT url FROM links WHERE campaign_id = $1", campaign_id)}
    new = [url for url in urls if url not in known]
    if new:
        start = await core.db.fetchval(
            "SELECT coalesce(max(position) + 1, 0) FROM links WHERE campaign_id = $1", campaign_id
        )
        await core.db.execute(
            """INSERT INTO links (campaign_id, position, url)
            SELECT $1, $2 + n - 1, url FROM unnest($3::text[]) WITH ORDINALITY AS u (url, n) ON CONFLICT DO NOTHING""",
            campaign_id,
            start,
            new,
        )
