"""Accounts that begin an automation: an account that is made or signs in becomes a contact first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tidings.automations.types import Automation
from tidings.contacts.actions.people import write_checked
from tidings.contacts.rules import checked_values, is_email
from tidings.contacts.types import STATUSES, Draft, Status, WritePolicy
from tidings.messages.optin import ask_to_confirm
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import Recorded


async def contacts_of_users(
    core: Core, tx: Connection, automation: Automation, facts: Sequence[Recorded]
) -> Mapping[int, int | None]:
    """Contacts behind the accounts of these facts, with the account's id: made or filled as the trigger says.

    Who is there already is left out when the trigger skips the known; a status never rises by it. Who is new and pending
    is mailed the link that confirms, since its run waits for that.
    """
    asks = automation.asks
    rows = await tx.fetch(
        """SELECT u.id, u.email, u.first_name, u.last_name, u.role FROM users u WHERE u.id = ANY($1::bigint[])
        AND (cardinality($2::text[]) = 0 OR u.role = ANY($2))
        AND NOT ($3 AND EXISTS (SELECT 1 FROM contacts c WHERE lower(c.email) = lower(u.email)))""",
        sorted({fact.subject_id for fact in facts if fact.subject_id is not None}),
        list(asks.roles),
        asks.on_existing == "skip",
    )
    users = [row for row in rows if is_email(row["email"])]
    if not users:
        return {}
    status: Status = STATUSES[STATUSES.index(asks.status)] if asks.status in STATUSES else "subscribed"
    known = {
        row["email"]
        for row in await tx.fetch(
            "SELECT lower(email) AS email FROM contacts WHERE lower(email) = ANY($1::text[])",
            [row["email"].lower() for row in users],
        )
    }
    drafts = [
        Draft(
            checked_values(
                {"email": u["email"], "first_name": u["first_name"], "last_name": u["last_name"]}
                | ({} if u["email"].lower() in known else {"source": "web"})
            ),
            status=None if u["email"].lower() in known else status,
        )
        for u in users
    ]
    policy = WritePolicy(on_existing="fill", reason=f"automation {automation.id}")
    written = await write_checked(core, tx, drafts, policy)
    if status == "pending":
        await ask_to_confirm(tx, [one.id for one in written if one.outcome == "created"])
    return {one.id: user["id"] for one, user in zip(written, users, strict=True)}
