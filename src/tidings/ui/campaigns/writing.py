"""The first two steps: name, subject and sender; then the content with its preview, checks and test mail."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.campaigns import actions, queries
from tidings.campaigns.types import Campaign
from tidings.messages import mailing
from tidings.platform.errors import Invalid
from tidings.ui.campaigns import composing, findings, forms
from tidings.ui.campaigns.drafts import READ, WRITE, draft_of
from tidings.ui.shell.forms import Form
from tidings.ui.shell.visit import Visiting


@get("/campaigns/new", permission=WRITE)
async def new_campaign(visit: Visiting) -> Response[Any]:
    """The first step of a campaign that is not there yet."""
    return await _setup(visit, Form(), None)


async def _setup(visit: Visiting, form: Form, campaign: Campaign | None, status: int = 200) -> Response[Any]:
    sender = await mailing.sender_of(visit.core, {})
    codes = await composing.codes_for(
        visit.core, composing.mail_of(campaign).written.language if campaign else "smartcodes"
    )
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


@get("/campaigns/{campaign_id:int}/content", permission=WRITE)
async def content_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The editor beside the preview."""
    campaign = await draft_of(visit, campaign_id)
    parts = await composing.parts_of(visit, composing.mail_of(campaign))
    return await visit.page("campaigns/content.html", campaign=campaign, name=Form({"title": campaign.title}), **parts)


@post("/campaigns/{campaign_id:int}/content", permission=WRITE)
async def save_content(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stores the content and goes on to the recipients."""
    campaign = await draft_of(visit, campaign_id)
    await actions.update_campaign(visit.core, campaign_id, **forms.content(await visit.form(), campaign.design))
    return visit.redirect(f"/campaigns/{campaign_id}/recipients")


@post("/campaigns/{campaign_id:int}/content/draft", permission=WRITE)
async def keep_content(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stores the content while it is written and answers preview and checks."""
    campaign = await draft_of(visit, campaign_id)
    form = await visit.form()
    values = forms.content(form, campaign.design)
    if any(getattr(campaign, name) != value for name, value in values.items()):
        await actions.update_campaign(visit.core, campaign_id, **values)
    kept = await queries.campaign_by_id(visit.core, campaign_id)
    return await composing.seen(visit, composing.mail_of(kept), form)


@post("/campaigns/{campaign_id:int}/content/editor", permission=WRITE)
async def change_editor(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stores the content and opens it in the other editor."""
    campaign, form = await draft_of(visit, campaign_id), await visit.form()
    values = forms.content(form, campaign.design)
    values["design"] = forms.other_editor(form)
    await actions.update_campaign(visit.core, campaign_id, **values)
    return visit.redirect(f"/campaigns/{campaign_id}/content")


@get("/campaigns/{campaign_id:int}/people", permission=WRITE)
async def find_people(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The options of the choice whom to preview as, narrowed by a search."""
    return await composing.found_people(visit)


@get("/campaigns/{campaign_id:int}/preview", permission=READ)
async def preview_frame(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The mail alone, as a contact would get it; without one the codes stay as written."""
    return await composing.previewed(visit, findings.written(await queries.campaign_by_id(visit.core, campaign_id)))


@post("/campaigns/{campaign_id:int}/test", permission=WRITE)
async def send_test_mail(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """One mail to one address, now."""
    return await composing.tested(visit, composing.mail_of(await queries.campaign_by_id(visit.core, campaign_id)))


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
