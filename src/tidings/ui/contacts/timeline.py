"""Facts of a contact's life as lines that a person reads. Pure, once the names of what they speak of are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tidings.campaigns.queries import titles_of
from tidings.contacts import catalog
from tidings.contacts import queries as contacts
from tidings.contacts.companies.queries import companies_by_ids
from tidings.contacts.queries import TimelineEntry
from tidings.platform.core import Core
from tidings.ui.shell.badges import badge_of
from tidings.ui.shell.texts import _

Names = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a drawing, what happened, the thing it happened to (with its page), details."""

    id: int
    at: datetime
    icon: str
    text: str
    thing: str = ""
    href: str = ""
    detail: str = ""
    colour: str = "grey"


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind of fact is shown."""

    icon: str
    text: str
    colour: str = "grey"


LOOKS = {
    "contact_created": Look(icon="user-plus", text="Contact created", colour="green"),
    "contact_updated": Look(icon="edit", text="Details changed"),
    "contact_email_changed": Look(icon="at", text="E-mail address changed"),
    "contact_status_changed": Look(icon="replace", text="Status changed"),
    "contact_unsubscribed": Look(icon="user-minus", text="Unsubscribed", colour="red"),
    "consent_recorded": Look(icon="shield-check", text="Consent recorded", colour="green"),
    "tags_added": Look(icon="tag", text="Tagged"),
    "tags_removed": Look(icon="tag-off", text="Tag removed"),
    "lists_added": Look(icon="list-details", text="Added to"),
    "lists_removed": Look(icon="list", text="Removed from"),
    "contact_joined_company": Look(icon="building-store", text="Joined"),
    "contact_left_company": Look(icon="building-store", text="Left"),
    "contact_stage_changed": Look(icon="layout-kanban", text="Stage changed", colour="accent"),
    "note_added": Look(icon="note", text="Note added"),
    "form_submitted": Look(icon="clipboard-text", text="Form sent", colour="accent"),
    "page_submitted": Look(icon="browser", text="Sent by the page", colour="accent"),
    "portal_entered": Look(icon="user-circle", text="Came into the portal", colour="accent"),
    "event_tracked": Look(icon="bolt", text="Event", colour="accent"),
    "automation_entered": Look(icon="bolt", text="Automation begun"),
    "automation_completed": Look(icon="bolt", text="Automation done", colour="green"),
    "message_sent": Look(icon="send", text="Mail sent", colour="blue"),
    "message_opened": Look(icon="mail-opened", text="Mail opened", colour="green"),
    "link_clicked": Look(icon="click", text="Link clicked", colour="accent"),
    "message_failed": Look(icon="alert-triangle", text="Mail failed", colour="red"),
    "message_bounced": Look(icon="mail-x", text="Mail bounced", colour="red"),
    "message_complained": Look(icon="alert-triangle", text="Mail reported as spam", colour="red"),
    "contact_soft_bounced": Look(icon="mail-x", text="Mail not delivered for now", colour="amber"),
    "message_unknown": Look(icon="help-circle", text="Outcome of a mail unknown", colour="amber"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """Names of what a page of facts speaks of."""

    lists: Names = field(default_factory=dict[int, str])
    tags: Names = field(default_factory=dict[int, str])
    companies: Names = field(default_factory=dict[int, str])
    campaigns: Names = field(default_factory=dict[int, str])
    fields: Mapping[str, str] = field(default_factory=dict[str, str])


async def lines_of(core: Core, contact_id: int, *, before: int | None = None, limit: int = 30) -> list[Line]:
    """A page of the timeline, newest first; six statements whatever its length."""
    entries = await contacts.timeline(core, contact_id, before=before, limit=limit)
    companies = await companies_by_ids(core, _ids(entries, "company_ids"))
    known = Known(
        lists={one.id: one.title for one in (await catalog.list_lists(core, ids=_ids(entries, "list_ids"))).rows},
        tags={one.id: one.title for one in (await catalog.list_tags(core, ids=_ids(entries, "tag_ids"))).rows},
        companies={one.id: one.name for one in companies.values()},
        campaigns=await titles_of(core, [e.subject_id for e in entries if e.subject_id and _is_mail(e.kind)]),
        fields={slug: one.label for slug, one in (await contacts.custom_fields(core)).items()},
    )
    return [line_of(entry, known) for entry in entries]


def _ids(entries: Sequence[TimelineEntry], word: str) -> list[int]:
    return sorted({one for entry in entries for one in entry.data.get(word, ())})


def _is_mail(kind: str) -> bool:
    return kind.startswith("message_") or kind == "link_clicked"


def line_of(entry: TimelineEntry, known: Known) -> Line:
    """The fact in words; a kind nobody listed is shown by its name."""
    look = LOOKS.get(entry.kind) or Look(icon="point", text=entry.kind.replace("_", " ").capitalize())
    thing, detail, colour = _thing(entry, known), _detail(entry, known), look.colour
    if entry.kind == "contact_status_changed":
        colour = badge_of(str(entry.data.get("now") or ""))[1]
    text = _(look.text)
    if entry.kind == "event_tracked":
        text = str(entry.data.get("title") or entry.data.get("event_key") or text)
    href = f"/campaigns/{entry.subject_id}" if _is_mail(entry.kind) and thing else ""
    return Line(entry.id, entry.at, look.icon, text, thing, href, detail, colour)


def _thing(entry: TimelineEntry, known: Known) -> str:
    data = entry.data
    if _is_mail(entry.kind):
        return known.campaigns.get(entry.subject_id or 0, "")
    match entry.kind:
        case "contact_status_changed":
            was, now = (badge_of(str(data.get(key) or ""))[0] for key in ("was", "now"))
            return f"{was} → {now}"
        case "contact_stage_changed":
            return f"{data.get('was') or '–'} → {data.get('now') or '–'}"
        case "note_added" | "form_submitted" | "page_submitted" | "automation_entered" | "automation_completed":
            return str(data.get("title") or "")
        case _:
            titles = [known.tags.get(one, _("a deleted tag")) for one in data.get("tag_ids", ())]
            titles += [known.lists.get(one, _("a deleted list")) for one in data.get("list_ids", ())]
            titles += [known.companies.get(one, _("a deleted company")) for one in data.get("company_ids", ())]
            return ", ".join(titles)


def _detail(entry: TimelineEntry, known: Known) -> str:
    data = entry.data
    match entry.kind:
        case "contact_created" | "consent_recorded":
            source = str(data.get("source") or "")
            return _("Source: %(source)s") % {"source": source} if source else ""
        case "contact_updated":
            return ", ".join(_field(str(name), known.fields) for name in data.get("changed", ()))
        case "contact_email_changed":
            return f"{data.get('was') or '–'} → {data.get('now') or '–'}"
        case "contact_status_changed" | "contact_unsubscribed" | "contact_soft_bounced":
            return str(data.get("reason") or "")
        case "contact_stage_changed":
            return str(data.get("note") or "")
        case "event_tracked":
            return str(data.get("value") or "")
        case _:
            return str(data.get("url") or data.get("text") or "")


def _field(name: str, labels: Mapping[str, str]) -> str:
    slug = name.removeprefix("custom.")
    return labels.get(slug, slug) if name.startswith("custom.") else name.replace("_", " ")
