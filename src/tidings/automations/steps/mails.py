"""Steps that mail. A step has a standing mailing of its own; messages are unique per mailing, contact and pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tidings.automations.rules import due_after
from tidings.automations.steps.doing import Doing
from tidings.automations.types import Outcome, Run
from tidings.campaigns.standing import copy_content, queue_messages
from tidings.contacts.rules import is_email
from tidings.platform import jobs

NO_MAIL = "The step has no mail."
NOT_MAILABLE = "The contact may not be mailed."
MAIL_JOB = "mail_from_automation"


async def send_mail(doing: Doing) -> Mapping[int, Outcome]:
    """Queues the step's mail for the contacts, or for addresses of its own; once at a given time, when it has one."""
    due_at = doing.now
    if doing.params.get("at"):
        due_at = due_after({"how": "until", "at": doing.params["at"]}, doing.now, doing.around.zone)
        if due_at <= doing.now and doing.params.get("skips_overdue"):
            return doing.all(Outcome("skipped", "The time for this mail is over."))
    if doing.params.get("to") == "addresses":
        return await _to_addresses(doing, due_at)
    return await _queue(doing, due_at)


async def send_campaign_mail(doing: Doing) -> Mapping[int, Outcome]:
    """Queues the mail of a campaign as it is written now."""
    source, mailing = doing.params.get("campaign_id"), doing.step.mailing_id
    if not isinstance(source, int) or mailing is None:
        return doing.all(Outcome("failed", NO_MAIL))
    if not await copy_content(doing.core, doing.tx, source, mailing):
        return doing.all(Outcome("failed", "The campaign is gone."))
    return await _queue(doing, doing.now)


async def _queue(doing: Doing, due_at: datetime) -> Mapping[int, Outcome]:
    if doing.step.mailing_id is None:
        return doing.all(Outcome("failed", NO_MAIL))
    wanted = [(run.contact_id, run.pass_) for run in doing.runs]
    mailable = await queue_messages(doing.tx, doing.step.mailing_id, wanted, due_at=due_at, now=doing.now)
    refused = Outcome("skipped", NOT_MAILABLE)
    return {run.id: Outcome() if run.contact_id in mailable else refused for run in doing.runs}


async def _to_addresses(doing: Doing, due_at: datetime) -> Mapping[int, Outcome]:
    """Colleagues and the like, who need be no contacts: their mails are sent by jobs."""
    if doing.step.mailing_id is None:
        return doing.all(Outcome("failed", NO_MAIL))
    persons = await doing.persons()
    outcomes: dict[int, Outcome] = {}
    wanted: dict[str, dict[str, object]] = {}
    for run in doing.runs:
        text = doing.text(doing.params.get("addresses"), persons.get(run.contact_id))
        addresses = list(dict.fromkeys(one for part in text.split(",") if is_email(one := part.strip())))
        outcomes[run.id] = Outcome() if addresses else Outcome("failed", "There is no address to send to.")
        wanted |= {_key(run, doing.step.id, one): _args(run, doing.step.mailing_id, one) for one in addresses}
    if wanted:
        await jobs.enqueue_many(doing.tx, MAIL_JOB, wanted, due_at=due_at)
    return outcomes


def _key(run: Run, step_id: int, address: str) -> str:
    return f"{MAIL_JOB}:{run.id}:{run.pass_}:{step_id}:{address.lower()}"


def _args(run: Run, mailing_id: int, address: str) -> dict[str, object]:
    return {"mailing_id": mailing_id, "contact_id": run.contact_id, "to": address}
