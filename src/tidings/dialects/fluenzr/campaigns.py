"""Campaigns: workflows on the wire. One that is start, email, end is a campaign like any other; one of several steps is
carried by an automation, shown as it was given, and says at its start what cannot be done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time
from typing import Any

from tidings.automations import workflows
from tidings.automations.types import StepDraft
from tidings.campaigns import actions, queries
from tidings.campaigns.types import WORKFLOW, Campaign, CampaignView, State
from tidings.campaigns.windows import SendingWindow, next_opening, window_json
from tidings.contacts.queries import custom_fields
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.campaign_settings import DAYS, DEFAULTS, settings_problems, window_of
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.dialects.fluenzr.wire import done, page_answer, page_request, problems_of
from tidings.dialects.fluenzr.workflow import Mail, is_one_mail, mail_of, workflow_problems, workflow_with
from tidings.dialects.fluenzr.workflow_steps import steps_of
from tidings.messages import accounts
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.reports.campaigns import CampaignNumbers, numbers_from

MAX_NAME = 192
MAX_DESCRIPTION = 2000
KINDS = ("campaign", WORKFLOW)
SORTS = {"name": "title", "createdAt": "created_at", "updatedAt": "updated_at", "startedAt": "started_at", "id": "id"}
_ENDED: tuple[State, ...] = ("finished", "cancelled")
# status: states of the core, and whether it was put away
STATUSES: dict[str, tuple[tuple[State, ...], bool | None]] = {
    "draft": (("draft",), None),
    "active": (("scheduled", "drawing", "sending"), None),
    "paused": (("paused",), None),
    "completed": (_ENDED, False),
    "archived": (_ENDED, True),
}
_EDITABLE: tuple[State, ...] = ("draft", "paused")


def status_of(campaign: Campaign) -> str:
    """The word of this dialect for where a campaign is."""
    is_away = campaign.archived_at is not None
    return next(
        word for word, (states, away) in STATUSES.items() if campaign.state in states and away in (None, is_away)
    )


def _mail(view: CampaignView) -> Mail:
    c = view.campaign
    tests = tuple((subject.weight, subject.subject) for subject in view.subjects)
    return Mail(c.subject, c.body, c.tracks_opens != "no", c.tracks_clicks != "no", tests)


def counts_body(n: CampaignNumbers) -> dict[str, int]:
    """How many mails there are of each kind; replies are not read yet."""
    counts = {name: getattr(n, name) for name in ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed")}
    return {**counts, "replied": 0}


def campaign_body(view: CampaignView) -> dict[str, Any]:
    """A campaign."""
    c, n = view.campaign, numbers_from(view.counts)
    workflow = c.outreach.get("workflow") or {}
    return {
        "id": opaque("cmp", c.id),
        "name": c.title,
        "description": c.description,
        "status": status_of(c),
        "emailAccountId": opaque("acc", c.account_ids[0]) if c.account_ids else None,
        "settings": DEFAULTS | c.outreach.get("settings", {}),
        "workflow": workflow if c.kind == WORKFLOW else workflow_with(workflow, _mail(view)),
        "stats": {"contacts": c.recipients_count, **counts_body(n)},
        "createdAt": rfc3339(c.created_at),
        "startedAt": rfc3339(c.started_at),
        "updatedAt": rfc3339(c.updated_at),
    }


async def campaign_of(call: Call) -> Campaign:
    """The campaign of the path; raises NotFound, also for mails that are no campaigns here."""
    number = number_of("cmp", call.path["id"])
    found = await queries.find_campaign(call.core, number) if number is not None else None
    if found is None or found.kind not in KINDS:
        raise NotFound("campaign", call.path["id"])
    return found


async def _shown(call: Call, campaign_id: int, status: int = 200) -> Any:
    return done(campaign_body(await queries.campaign_view(call.core, campaign_id)), status)


async def list_campaigns(call: Call) -> Any:
    status = call.text("status")
    if status and status not in STATUSES:
        raise Invalid({"status": Problem("in", f"status must be one of {', '.join(STATUSES)}")})
    states, is_archived = STATUSES.get(status, ((), None))
    page = await queries.list_campaigns(
        call.core,
        page_request(call, sorts=SORTS),
        kinds=KINDS,
        states=states,
        search=call.text("name"),
        is_archived=is_archived,
    )
    return page_answer(page, campaign_body)


async def get_campaign(call: Call) -> Any:
    return await _shown(call, (await campaign_of(call)).id)


async def _values(call: Call, before: Campaign | None = None) -> dict[str, Any]:
    """Core values of a body, every fault of it told at once."""
    params = call.params
    problems = problems_of(params, {"name": str, "description": str, "emailAccountId": str})
    values: dict[str, Any] = {}
    if before is None or "name" in params:
        values["title"] = name = str(params.get("name") or "").strip()
        if not name:
            problems.setdefault("name", Problem("required", "Name is required"))
    for name, most in (("name", MAX_NAME), ("description", MAX_DESCRIPTION)):
        if isinstance(params.get(name), str) and len(params[name]) > most:
            problems[name] = Problem("max", f"{name} may have at most {most} characters")
    if "description" in params:
        values["description"] = params["description"] or ""
    if "emailAccountId" in params:
        values |= await _account(call, problems)
    outreach = dict(before.outreach) if before else {}
    is_carried = before is not None and before.kind == WORKFLOW
    if params.get("settings") is not None:
        problems |= settings_problems(params["settings"])
        if isinstance(params["settings"], dict):
            outreach["settings"] = outreach.get("settings", {}) | params["settings"]
            values["per_hour"] = outreach["settings"].get("maxEmailsPerHour")
            if not problems:
                values["sends_within"] = await _window_values(call, outreach)
    if params.get("workflow") is not None:
        problems |= (faults := workflow_problems(params["workflow"]))
        if not faults:
            outreach["workflow"] = params["workflow"]
            values |= _mail_values(params["workflow"], is_carried=is_carried)
    if problems:
        raise Invalid(problems)
    return {**values, "outreach": outreach}


async def _account(call: Call, problems: dict[str, Problem]) -> dict[str, Any]:
    """The account, and its address as the sender; none means any account, and the sender of the installation."""
    given = call.params["emailAccountId"]
    if given is None:
        return {"account_ids": [], "sender": {}}
    known = {one.id: one for one in await accounts.list_accounts(call.core)}
    account = known.get(number_of("acc", given) or 0)
    if account is None:
        problems["emailAccountId"] = Problem("exists", "The email account does not exist")
        return {}
    own = {"is_custom": "yes", "from_email": account.from_email, "from_name": account.from_name}
    return {"account_ids": [account.id], "sender": own if account.from_email else {}}


async def _window(call: Call, outreach: dict[str, Any]) -> SendingWindow:
    return window_of(outreach.get("settings", {}), await call.core.installation.zone())


async def _window_values(call: Call, outreach: dict[str, Any]) -> dict[str, Any] | None:
    """The window as mailings keep it; None when it never closes."""
    window = await _window(call, outreach)
    is_always = len(window.days) == len(DAYS) and window.closes is None and window.opens == time(0)
    return None if is_always else window_json(window)


async def _steps(call: Call, outreach: dict[str, Any]) -> Callable[[], Sequence[StepDraft]]:
    """The workflow as steps, when it is asked for them; raises Conflict then naming what cannot be done."""
    fields = {slug: one.kind for slug, one in (await custom_fields(call.core)).items()}
    window = await _window(call, outreach)
    return lambda: steps_of(outreach["workflow"], window, fields)


def _ends_on_reply(outreach: dict[str, Any]) -> bool:
    return outreach.get("settings", {}).get("stopOnReply") is not False


def _mail_values(workflow: dict[str, Any], *, is_carried: bool) -> dict[str, Any]:
    if is_carried or not is_one_mail(workflow):
        return {"kind": WORKFLOW, "language": "variables", "subject": "", "body": "", "subjects": ()}
    mail = mail_of(workflow)
    tracks = {True: "yes", False: "no"}
    return {
        "kind": "campaign",
        "language": "variables",
        "subject": mail.subject,
        "body": mail.body,
        "tracks_opens": tracks[mail.tracks_opens],
        "tracks_clicks": tracks[mail.tracks_clicks],
        "subjects": mail.subjects,
    }


async def create_campaign(call: Call) -> Any:
    values = await _values(call)
    made = await actions.create_campaign(call.core, created_by=call.caller.user.id, **values)
    return await _shown(call, made, 201)


async def update_campaign(call: Call) -> Any:
    campaign = await campaign_of(call)
    values = await _values(call, campaign)
    outreach = values["outreach"]
    await workflows.change_workflow(
        call.core,
        campaign.id,
        await _steps(call, outreach),
        ends_on_reply=_ends_on_reply(outreach),
        only_in=_EDITABLE,
        **values,
    )
    return await _shown(call, campaign.id)


async def start_campaign(call: Call) -> Any:
    campaign = await campaign_of(call)
    if campaign.outreach.get("workflow") and await workflows.is_carried(call.core, campaign):
        now_is = campaign_body(await queries.campaign_view(call.core, campaign.id))["workflow"]
        outreach = campaign.outreach | {"workflow": now_is}
        steps, ends = await _steps(call, outreach), _ends_on_reply(outreach)
        await workflows.start_workflow(call.core, campaign.id, steps(), ends_on_reply=ends, outreach=outreach)
        return await _shown(call, campaign.id)
    now = call.core.clock.now()
    opens = next_opening(await _window(call, campaign.outreach), now)
    await actions.schedule_campaign(call.core, campaign.id, at=opens if opens > now else None)
    return await _shown(call, campaign.id)


async def pause_campaign(call: Call) -> Any:
    campaign = await campaign_of(call)
    await actions.pause_campaign(call.core, campaign.id)
    return await _shown(call, campaign.id)


async def resume_campaign(call: Call) -> Any:
    campaign = await campaign_of(call)
    await actions.resume_campaign(call.core, campaign.id)
    return await _shown(call, campaign.id)


async def archive_campaign(call: Call) -> Any:
    campaign = await campaign_of(call)
    await actions.archive_campaign(call.core, campaign.id)
    return await _shown(call, campaign.id)


_READ, _WRITE = "fcrm_read_emails", "fcrm_manage_emails"
_ONE = "/campaigns/{id:word}"
ROUTES = [
    Route("GET", "/campaigns", "listCampaigns", _READ, "crud", list_campaigns),
    Route("POST", "/campaigns", "createCampaign", _WRITE, "crud", create_campaign, answer=201),
    Route("GET", _ONE, "getCampaign", _READ, "crud", get_campaign),
    Route("PUT", _ONE, "updateCampaign", _WRITE, "crud", update_campaign),
    Route("POST", f"{_ONE}/start", "startCampaign", _WRITE, "ack", start_campaign),
    Route("POST", f"{_ONE}/pause", "pauseCampaign", _WRITE, "ack", pause_campaign),
    Route("POST", f"{_ONE}/resume", "resumeCampaign", _WRITE, "ack", resume_campaign),
    Route("POST", f"{_ONE}/archive", "archiveCampaign", _WRITE, "ack", archive_campaign),
]
