"""The editor beside the preview, with checks, test mail and the choice whom to preview as: of campaigns and of templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import MediaType, Response

from tidings.campaigns.types import Campaign
from tidings.contacts import queries as contacts
from tidings.contacts.rules import is_email
from tidings.contacts.types import ContactView
from tidings.content import Language, picker
from tidings.messages import mailing
from tidings.messages.mailing import Written
from tidings.messages.preview import preview, sample, send_test
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem, TidingsError
from tidings.platform.modules import is_on
from tidings.platform.pagination import PageRequest
from tidings.segments.queries import where_of
from tidings.segments.types import All, ColumnIs, Search, StatusIn
from tidings.templates.patterns import queries as patterns
from tidings.templates.patterns.rules import reference
from tidings.templates.types import Template
from tidings.ui.campaigns import findings, forms
from tidings.ui.campaigns.drafts import captures
from tidings.ui.shell.forms import Form
from tidings.ui.shell.framing import framed
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

OFFERED = 8


@dataclass(frozen=True, slots=True)
class Mail:
    """What is written, for the editor. base: the address that its pages lie below. version: another one after a change."""

    base: str
    version: int
    written: Written
    sender: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def subject(self) -> str:
        """As written."""
        return self.written.source.subject

    @property
    def is_rich(self) -> bool:
        """Whether the rich text editor is the one for it."""
        return forms.is_rich(self.written.source.design)


def mail_of(one: Campaign | Template) -> Mail:
    """A campaign or a template as the editor has it."""
    if isinstance(one, Campaign):
        return Mail(f"/campaigns/{one.id}", one.version, findings.written(one), one.sender)
    written = mailing.source_from({**msgspec.structs.asdict(one), "is_transactional": False})
    return Mail(f"/templates/{one.id}", int(one.updated_at.timestamp() * 1_000_000), written)


async def codes_for(core: Core, language: Language = "smartcodes") -> list[tuple[str, str]]:
    """What the picker offers: (what is put in, title); a title without a code heads a group."""
    found: list[tuple[str, str]] = []
    has_portal = await is_on(core, "portal")
    for group in picker(await mailing.site(core), language=language, has_portal=has_portal):
        found += [("", _(group.title)), *group.shortcodes.items()]
    return found


async def parts_of(visit: Visiting, mail: Mail) -> dict[str, Any]:
    """What the editor's pages need beside their own."""
    source, people = mail.written.source, await _people(visit, "")
    return {
        "mail": mail,
        "form": Form({"body": source.body, "design": source.design, "has_frame": source.design != "raw_html"}),
        "codes": await codes_for(visit.core, mail.written.language),
        "patterns": await patterns.offered_patterns(visit.core),
        "checks": await findings.check_content(visit.core, mail.written),
        "people": people,
        "contact": people[0].contact.id if people else 0,
        "test": Form({"recipient": visit.user.email}),
        "is_captured": await captures(visit.core),
    }


async def seen(visit: Visiting, mail: Mail, form: Form) -> Response[Any]:
    """Preview and checks of what was just kept."""
    checks = await findings.check_content(visit.core, mail.written)
    contact = next(iter(form.ids("contact")), 0)
    return await visit.page("campaigns/seen.html", mail=mail, checks=checks, contact=contact)


async def _people(visit: Visiting, search: str) -> list[ContactView]:
    """A few people to preview as; nobody for a caller who may not read contacts."""
    if not visit.me.may("fcrm_read_contacts"):
        return []
    rule = StatusIn(("subscribed",))
    try:
        found = All((rule, ColumnIs("email", "filled"), *([Search(search)] if search else [])))
    except ValueError:
        return []
    request = PageRequest(per_page=OFFERED)
    return (await contacts.list_contacts(visit.core, request, await where_of(visit.core, found))).rows


async def found_people(visit: Visiting) -> Response[Any]:
    """The options of the choice whom to preview as, narrowed by a search."""
    people = await _people(visit, visit.query().text("person"))
    first = people[0].contact.id if people else 0
    answer = await visit.page("campaigns/people.html", people=people, contact=first)
    answer.headers["hx-trigger-after-swap"] = "tidings:chosen"
    return answer


async def piece(visit: Visiting, mail: Mail, pattern_id: int) -> Response[Any]:
    """What a pattern puts into the mail: a reference to a synced one, else a copy. Rich text keeps no references."""
    pattern = await patterns.pattern_by_id(visit.core, pattern_id)
    text = reference(pattern.id) if pattern.is_synced and not mail.is_rich else pattern.content
    return Response(text, media_type=MediaType.TEXT, headers={"cache-control": "no-store"})


async def previewed(visit: Visiting, written: Written) -> Response[Any]:
    """The mail alone, as a contact would get it; without one the codes stay as written."""
    contact = next(iter(visit.query().ids("contact")), None) if visit.me.may("fcrm_read_contacts") else None
    _subject, page = await preview(visit.core, written, contact)
    return framed(page)


async def pictured(visit: Visiting, written: Written) -> Response[Any]:
    """The mail alone as somebody unknown would get it, for a picture in a choice."""
    return framed(await sample(visit.core, written))


async def tested(visit: Visiting, mail: Mail) -> Response[Any]:
    """One mail to one address, now."""
    form = await visit.form()
    recipient = form.text("recipient")
    try:
        if not is_email(recipient):
            raise Invalid({"recipient": Problem("email", _("Enter a mail address, such as you@example.com."))})
        await send_test(visit.core, mail.written, recipient, sender=mail.sender)
    except TidingsError as error:
        said = form.refused(
            error if isinstance(error, Invalid) else Invalid({"recipient": Problem("refused", error.message)})
        )
        is_captured = await captures(visit.core)
        return await visit.page("campaigns/test_fields.html", status=422, test=said, is_captured=is_captured)
    return visit.toast(_("The test mail is on its way to %(address)s.") % {"address": recipient}, close=True)
