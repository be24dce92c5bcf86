"""The first two steps: name, subject and sender; then the content with its preview, checks and test mail."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.campaigns import actions, queries
from tidings.campaigns.types import Campaign
from tidings.contacts import queries as contacts
from tidings.contacts.rules import is_email
from tidings.contacts.types import ContactView
from tidings.content import picker
from tidings.messages import mailing
from tidings.messages.preview import preview, send_test
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem, TidingsError
from tidings.platform.pagination import PageRequest
from tidings.segments.queries import where_of
from tidings.segments.types import All, ColumnIs, Search, StatusIn
from tidings.ui.campaigns import findings, forms
from tidings.ui.campaigns.drafts import READ, WRITE, captures, draft_of
from tidings.ui.shell.forms import Form
from tidings.ui.shell.framing import framed
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

OFFERED = 8


@get("/campaigns/new", permission=WRITE)
async def new_campaign(visit: Visiting) -> Response[Any]:
    """The first step of a campaign that is not there yet."""
    return await _setup(visit, Form(), None)


async def _setup(visit: Visiting, form: Form, campaign: Campaign | None, status: int = 200) -> Response[Any]:
    sender = await mailing.sender_of(visit.core, {})
    codes = await codes_for(visit.core, campaign)
    return await visit.page(
        "campaigns/setup.html", form=form, campaign=campaign, sender=sender, codes=codes, status=status
    )


@post("/campaigns/new", permission=WRITE)
async def create_campaign(visit: Visiting) -> Response[Any]:
    """Makes the draft and goes on with its content."""
    form = await visit.form()
    try:
        values, subjects = forms.setup(form)
        made = await actions.create_campaign(visit.core, created_by=visit.user.id, **values)
    except Invalid as error:
        return await _setup(visit, form.refused(error), None, 422)
    if subjects:
        await actions.update_campaign(visit.core, made, subjects=subjects)
    return visit.redirect(f"/campaigns/{made}/content")


@get("/campaigns/{campaign_id:int}/edit", permission=WRITE)
async def edit_campaign(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The first step of a draft."""
    campaign = await draft_of(visit, campaign_id)
    return await _setup(visit, forms.setup_shown(await queries.campaign_view(visit.core, campaign_id)), campaign)


@post("/campaigns/{campaign_id:int}/edit", permission=WRITE)
async def save_setup(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stores the first step."""
    campaign, form = await draft_of(visit, campaign_id), await visit.form()
    try:
        values, subjects = forms.setup(form)
        await actions.update_campaign(visit.core, campaign_id, subjects=subjects, **values)
    except Invalid as error:
        return await _setup(visit, form.refused(error), campaign, 422)
    return visit.redirect(f"/campaigns/{campaign_id}/content")


async def codes_for(core: Core, campaign: Campaign | None) -> list[tuple[str, str]]:
    """What the picker offers: (what is put in, title); a title without a code heads a group."""
    language = mailing.source_from({**_EMPTY, "language": campaign.language if campaign else "smartcodes"}).language
    found: list[tuple[str, str]] = []
    for group in picker(await mailing.site(core), language=language):
        found += [("", _(group.title)), *group.shortcodes.items()]
    return found


_EMPTY: dict[str, Any] = {
    "subject": "", "preheader": "", "body": "", "design": "simple", "footer": "global", "look": {}, "is_transactional": False
}  # fmt: skip


@get("/campaigns/{campaign_id:int}/content", permission=WRITE)
async def content_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The editor beside the preview."""
    campaign = await draft_of(visit, campaign_id)
    return await _content(visit, campaign)


async def _content(visit: Visiting, campaign: Campaign) -> Response[Any]:
    shown = Form({"body": campaign.body, "design": campaign.design, "has_frame": campaign.design != "raw_html"})
    people = await _people(visit, "")
    return await visit.page(
        "campaigns/content.html",
        form=shown,
        campaign=campaign,
        is_rich=forms.is_rich(campaign.design),
        codes=await codes_for(visit.core, campaign),
        checks=await findings.check_content(visit.core, campaign),
        people=people,
        contact=people[0].contact.id if people else 0,
        test=Form({"recipient": visit.user.email}),
        is_captured=await captures(visit.core),
    )


@post("/campaigns/{campaign_id:int}/content", permission=WRITE)
async def save_content(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stores the content and goes on to the recipients."""
    campaign = await draft_of(visit, campaign_id)
    await actions.update_campaign(visit.core, campaign_id, **forms.content(await visit.form(), campaign))
    return visit.redirect(f"/campaigns/{campaign_id}/recipients")


@post("/campaigns/{campaign_id:int}/content/draft", permission=WRITE)
async def keep_content(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stores the content while it is written and answers preview and checks."""
    campaign = await draft_of(visit, campaign_id)
    form = await visit.form()
    values = forms.content(form, campaign)
    if any(getattr(campaign, name) != value for name, value in values.items()):
        await actions.update_campaign(visit.core, campaign_id, **values)
    kept = await queries.campaign_by_id(visit.core, campaign_id)
    checks = await findings.check_content(visit.core, kept)
    return await visit.page(
        "campaigns/seen.html", campaign=kept, checks=checks, contact=next(iter(form.ids("contact")), 0)
    )


@post("/campaigns/{campaign_id:int}/content/editor", permission=WRITE)
async def change_editor(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stores the content and opens it in the other editor."""
    campaign, form = await draft_of(visit, campaign_id), await visit.form()
    values = forms.content(form, campaign)
    # The frame of the design goes on around the body, so the mail looks the same in both editors.
    values["design"] = "raw_classic" if form.text("editor") == "html" else "simple"
    await actions.update_campaign(visit.core, campaign_id, **values)
    return visit.redirect(f"/campaigns/{campaign_id}/content")


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


@get("/campaigns/{campaign_id:int}/people", permission=WRITE)
async def find_people(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The options of the choice whom to preview as, narrowed by a search."""
    people = await _people(visit, visit.query().text("person"))
    first = people[0].contact.id if people else 0
    answer = await visit.page("campaigns/people.html", people=people, contact=first)
    answer.headers["hx-trigger-after-swap"] = "tidings:chosen"
    return answer


@get("/campaigns/{campaign_id:int}/preview", permission=READ)
async def preview_frame(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The mail alone, as a contact would get it; without one the codes stay as written."""
    campaign = await queries.campaign_by_id(visit.core, campaign_id)
    contact = next(iter(visit.query().ids("contact")), None) if visit.me.may("fcrm_read_contacts") else None
    _subject, page = await preview(visit.core, findings.written(campaign), contact)
    return framed(page)


@post("/campaigns/{campaign_id:int}/test", permission=WRITE)
async def send_test_mail(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """One mail to one address, now."""
    campaign, form = await queries.campaign_by_id(visit.core, campaign_id), await visit.form()
    recipient = form.text("recipient")
    try:
        if not is_email(recipient):
            raise Invalid({"recipient": Problem("email", _("Enter a mail address, such as you@example.com."))})
        await send_test(visit.core, findings.written(campaign), recipient, sender=campaign.sender)
    except TidingsError as error:
        said = form.refused(
            error if isinstance(error, Invalid) else Invalid({"recipient": Problem("refused", error.message)})
        )
        is_captured = await captures(visit.core)
        return await visit.page("campaigns/test_fields.html", status=422, test=said, is_captured=is_captured)
    return visit.toast(_("The test mail is on its way to %(address)s.") % {"address": recipient}, close=True)


ROUTES = [
    new_campaign,
    create_campaign,
    edit_campaign,
    save_setup,
    content_page,
    save_content,
    keep_content,
    change_editor,
    find_people,
    preview_frame,
    send_test_mail,
]
