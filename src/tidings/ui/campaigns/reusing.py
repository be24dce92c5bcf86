"""A campaign that begins with a template, one that is kept as a template, and the patterns that go into it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.campaigns import from_templates, queries
from tidings.platform.errors import Invalid, NotFound, Problem, Refused
from tidings.templates.gallery import READY, find_ready
from tidings.templates.queries import offered_templates, template_by_id
from tidings.ui.campaigns import composing
from tidings.ui.campaigns.drafts import WRITE, draft_of
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

KEEPS = "fcrm_manage_email_templates"
# As many as one page shows as pictures.
SHOWN = 24


@get("/campaigns/{campaign_id:int}/templates", permission=WRITE)
async def choose_template(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The published templates and the ready-made ones, as pictures of themselves."""
    campaign, search = await draft_of(visit, campaign_id), visit.query().text("q")
    own = (await offered_templates(visit.core, search))[:SHOWN]
    return await visit.page("campaigns/templates.html", campaign=campaign, own=own, ready=READY, search=search)


@get("/campaigns/{campaign_id:int}/templates/{template_id:int}", permission=WRITE)
async def template_frame(visit: Visiting, campaign_id: FromPath[int], template_id: FromPath[int]) -> Response[Any]:
    """One of the published templates alone, as it is written."""
    template = await template_by_id(visit.core, template_id)
    if template.state != "published":
        raise NotFound("template", template_id)
    return await composing.pictured(visit, composing.mail_of(template).written)


@post("/campaigns/{campaign_id:int}/templates", permission=WRITE)
async def use_template(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Copies the chosen one and opens the editor."""
    campaign, form = await draft_of(visit, campaign_id), await visit.form()
    ready = find_ready(form.text("ready"))
    if ready is not None:
        await from_templates.take_content(visit.core, campaign.id, ready.content)
    else:
        await from_templates.take_template(visit.core, campaign.id, next(iter(form.ids("template")), 0))
    return visit.redirect(f"/campaigns/{campaign.id}/content", _("The template is copied. Make it yours."))


@post("/campaigns/{campaign_id:int}/template", permission=WRITE)
async def keep_as_template(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Keeps its content under a name."""
    visit.me.require(KEEPS)
    form = await visit.form()
    try:
        if not form.text("title"):
            raise Invalid({"title": Problem("required", _("Give the template a name."))})
        made = await from_templates.save_as_template(
            visit.core, campaign_id, title=form.text("title"), created_by=visit.user.id
        )
    except (Invalid, Refused) as error:
        return await visit.page("campaigns/keep_fields.html", name=form.refused(error), status=422)
    await visit.note("template_made", f"template {made}", campaign=campaign_id)
    return visit.toast(_("The template is there, for the next campaign."), close=True)


@get("/campaigns/{campaign_id:int}/patterns/{pattern_id:int}", permission=WRITE)
async def pattern_piece(visit: Visiting, campaign_id: FromPath[int], pattern_id: FromPath[int]) -> Response[Any]:
    """What a pattern puts into this campaign."""
    campaign = await queries.campaign_by_id(visit.core, campaign_id)
    return await composing.piece(visit, composing.mail_of(campaign), pattern_id)


ROUTES = [choose_template, template_frame, use_template, keep_as_template, pattern_piece]
