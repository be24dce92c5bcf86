"""Work that automations leave to the queue: requests to other systems, mails to addresses that are no contacts."""

from __future__ import annotations

from typing import Any

from tidings.automations.steps.mails import MAIL_JOB
from tidings.automations.steps.outside import WEBHOOK_JOB
from tidings.automations.webhooks import outgoing, record_of, send
from tidings.automations.workflows import ENROL_JOB, enrol
from tidings.messages import mailing
from tidings.messages.mailing import source_from
from tidings.messages.preview import find_person, send_copy
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, TidingsError
from tidings.platform.http import OutboundRefused

_ASKED = """
SELECT s.params, r.contact_id FROM automation_runs r JOIN automation_steps s ON s.id = $2
WHERE r.id = $1 AND r.pass = $3
"""
_TOLD = """
UPDATE automation_metrics SET state = $3, note = $4, updated_at = $5 WHERE run_id = $1 AND step_id = $2
"""


class NotTaken(TidingsError):
    """The other system answered that it did not take the request."""


@jobs.handles(WEBHOOK_JOB)
async def call_automation_webhook(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
    """One request for one run. What became of it stands in the step's metric; a failure is tried again later.

    A process that dies after the request may make it again: the other system sees the same run and step.
    """
    row = await core.db.fetchrow(_ASKED, args["run_id"], args["step_id"], args["pass"])
    person = await find_person(core, row["contact_id"]) if row else None
    if row is None or person is None:
        return
    try:
        request = outgoing(row["params"], record_of(person), person, await mailing.site(core))
        answer = await send(core, request)
        if answer.status >= 400:
            raise NotTaken(f"The address answered with status {answer.status}.")
    except (Invalid, OutboundRefused) as error:
        await _tell(core, args, "failed", error.message)
    except TidingsError as error:
        await _tell(core, args, "failed", error.message)
        raise
    else:
        await _tell(core, args, "completed", None)


async def _tell(core: Core, args: dict[str, Any], state: str, note: str | None) -> None:
    await core.db.execute(_TOLD, args["run_id"], args["step_id"], state, note, core.clock.now())


@jobs.handles(MAIL_JOB)
async def mail_from_automation(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
    """One mail about a contact to an address of the step's own; no row is made and nothing is tracked."""
    row = await core.db.fetchrow("SELECT * FROM campaigns WHERE id = $1", args["mailing_id"])
    if row is None:
        return
    person = await find_person(core, args["contact_id"])
    await send_copy(core, source_from(row), args["to"], person=person, sender=row["sender"])


@jobs.handles(ENROL_JOB)
async def enrol_campaign_contacts(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
    """Those whom a campaign of several steps is for enter it; one that died begins anew and finds who is left."""
    await enrol(core, args["campaign_id"])
