"""What a campaign's mails are made of, loaded and compiled once per version: the coupling of messages to content.

Campaigns are above this floor; their row is read with the few columns needed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidings.content import mime
from tidings.content.compiler import Compiled, Encoded, Part, compile_mail, compile_text, render, site_of
from tidings.content.types import MailLinks, Person, Site, Source
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
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


@dataclass(frozen=True, slots=True)
class Mailing:
    """A campaign ready to be sent: encoded body, subjects, addresses, and what the wire needs."""

    id: int
    version: int
    encoded: Encoded
    compiled: Compiled
    subjects: Mapping[int, Sequence[Part]]
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

    def links_for(self, message_id: int, contact_id: int) -> MailLinks:
        """The addresses of one message."""
        made = self.addresses
        has_pixel = self.tracks_opens != "no"
        is_tracked = self.tracks_clicks != "no"
        return MailLinks(
            unsubscribe_url=made.unsubscribe_url(contact_id, message_id),
            manage_url=made.manage_url(contact_id, message_id),
            web_view_url=made.web_view_url(message_id),
            open_url=made.open_url(message_id, is_anonymous=self.tracks_opens == "anonymous") if has_pixel else "",
            click_tail=made.click_tail(message_id, is_anonymous=self.tracks_clicks == "anonymous")
            if is_tracked
            else "",
        )

    def subject_for(self, person: Person, links: MailLinks, subject_id: int | None) -> str:
        """The subject of one message, on one line."""
        parts = self.subjects.get(subject_id) if subject_id is not None else None
        text = render(parts if parts is not None else self.encoded.subject, person, links)
        return " ".join(text.split())

    def write(self, message_id: int, person: Person, subject_id: int | None, *, date: str) -> bytes:
        """The whole mail of one message."""
        links = self.links_for(message_id, person.id)
        subject = self.subject_for(person, links, subject_id)
        head = head_of(
            self.sender, person, subject, date=date, message_id=message_id_of(self.addresses, message_id, self.domain)
        )
        if not self.is_transactional:
            head += (
                f"List-Unsubscribe: <{links.unsubscribe_url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
            ).encode()
        return self.encoded.join(person, links, head)


def message_id_of(addresses: Addresses, message_id: int, domain: str) -> str:
    """The Message-ID of a row: always the same, so that a repeat is recognisable."""
    proof = addresses.keys.mac("message-id", message_id.to_bytes(8), size=8).hex()
    return f"<m{message_id}.{proof}@{domain}>"


def head_of(sender: Sender, person: Person, subject: str, *, date: str, message_id: str) -> bytes:
    """The header lines of one mail; raises ValueError for an address with control characters."""
    lines = [
        f"Date: {date}",
        f"From: {mime.mailbox(sender.from_name, sender.from_email)}",
        f"To: {mime.mailbox(person.full_name, person.email)}",
    ]
    if sender.reply_to_email:
        lines.append(f"Reply-To: {mime.mailbox(sender.reply_to_name, sender.reply_to_email)}")
    lines += [f"Subject: {mime.header_value(subject)}", f"Message-ID: {message_id}"]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8", "replace")


async def site(core: Core) -> Site:
    """The installation as mails see it now."""
    values = await core.installation.values()
    kinds = {
        row["slug"]: row["kind"]
        for row in await core.db.fetch("SELECT slug, kind FROM custom_fields WHERE subject = 'contact'")
    }
    return site_of(values, zone=await core.installation.zone(), now=core.clock.now(), field_kinds=kinds)


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


def source_from(row: Any) -> Source:
    """What was written, from a campaign's row or anything with its names."""
    return Source(
        subject=row["subject"],
        preheader=row["preheader"],
        body=row["body"],
        design=row["design"],
        language=row["language"],
        footer=row["footer"],
        look=row["look"],
        is_transactional=row["is_transactional"],
    )


async def load_mailing(core: Core, campaign_id: int) -> Mailing:
    """Compiles a campaign and registers its links; raises NotFound. Safe to run in several processes at once."""
    row = await core.db.fetchrow(_CAMPAIGN, campaign_id)
    if row is None:
        raise NotFound("campaign", campaign_id)
    where = await site(core)
    compiled = compile_mail(source_from(row), where)
    made = await addresses(core)
    prefixes: list[str] | None = None
    if row["tracks_clicks"] != "no":
        await register_links(core, campaign_id, compiled.links)
        ids = {
            r["url"]: r["id"]
            for r in await core.db.fetch("SELECT id, url FROM links WHERE campaign_id = $1", campaign_id)
        }
        prefixes = [made.click_prefix(ids[url]) for url in compiled.links]
    subjects = await core.db.fetch("SELECT id, subject FROM campaign_subjects WHERE campaign_id = $1", campaign_id)
    sender = await sender_of(core, row["sender"])
    return Mailing(
        id=campaign_id,
        version=row["version"],
        encoded=compiled.encode(prefixes, has_pixel=row["tracks_opens"] != "no"),
        compiled=compiled,
        subjects={s["id"]: compile_text(s["subject"], where, row["language"], "header") for s in subjects},
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
