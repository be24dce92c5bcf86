"""A change applied to one set of contacts: a few statements inside the caller's transaction, whatever the set's size."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.automations.entering import begin_by_hand
from tidings.bulk.types import (
    AddLists,
    AddTags,
    AskToConfirm,
    Change,
    DeleteContacts,
    JoinCompanies,
    LeaveCompanies,
    MoveToStage,
    RemoveLists,
    RemoveTags,
    SetField,
    SetStatus,
    SetType,
    StartAutomation,
)
from tidings.contacts import actions, queries
from tidings.contacts.companies.members import change_companies
from tidings.contacts.rules import checked_values, custom_values
from tidings.contacts.types import STATUSES
from tidings.messages.optin import ask_to_confirm
from tidings.pipeline.actions import UNKNOWN as UNKNOWN_STAGE
from tidings.pipeline.actions import place_contacts
from tidings.pipeline.queries import find_stage
from tidings.pipeline.types import Actor
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Invalid, Problem

_PENDING = "SELECT id FROM contacts WHERE id = ANY($1::bigint[]) AND status = 'pending' AND email IS NOT NULL"


async def checked_change(core: Core, change: Change) -> Change:
    """The change with its values cleaned. Raises Invalid naming what is missing, unknown or does not fit."""
    match change:
        case AddTags() | RemoveTags():
            _require("tags", change.tag_ids)
        case AddLists() | RemoveLists():
            _require("lists", change.list_ids)
        case JoinCompanies() | LeaveCompanies():
            _require("companies", change.company_ids)
        case SetStatus() if change.status not in STATUSES:
            raise Invalid({"status": Problem("in", f"“{change.status}” is not a status.")})
        case MoveToStage():
            if await find_stage(core, change.stage_id) is None:
                raise Invalid({"stage": UNKNOWN_STAGE})
        case SetType():
            cleaned = checked_values({"contact_type": change.contact_type})["contact_type"]
            _require("contact_type", cleaned)
            return SetType(cleaned)
        case SetField():
            fields = await queries.custom_fields(core)
            if change.slug not in fields:
                raise Invalid({"custom_field": Problem("exists", f"There is no custom field “{change.slug}”.")})
            return SetField(change.slug, custom_values(fields, {change.slug: change.value})[change.slug])
        case _:
            pass
    return change


def _require(name: str, given: object) -> None:
    if not given:
        raise Invalid({name: Problem("required", f"Choose at least one of {name}.")})


async def apply_change(core: Core, tx: Connection, change: Change, ids: Sequence[int]) -> int:
    """Applies a checked change to contacts by id, with its facts; answers for how many something is new."""
    at = core.clock.now()
    match change:
        case AddTags():
            return await actions.change_memberships(tx, at=at, add_tags=actions.pairs_of(ids, change.tag_ids))
        case RemoveTags():
            return await actions.change_memberships(tx, at=at, remove_tags=actions.pairs_of(ids, change.tag_ids))
        case AddLists():
            return await actions.change_memberships(tx, at=at, add_lists=actions.pairs_of(ids, change.list_ids))
        case RemoveLists():
            return await actions.change_memberships(tx, at=at, remove_lists=actions.pairs_of(ids, change.list_ids))
        case JoinCompanies():
            return len((await change_companies(tx, at=at, add=actions.pairs_of(ids, change.company_ids))).joined)
        case LeaveCompanies():
            return len((await change_companies(tx, at=at, remove=actions.pairs_of(ids, change.company_ids))).left)
        case SetStatus():
            moved = await actions.change_status(tx, ids, change.status, at=at, reason=change.reason, may_rise=True)
            return len(moved)
        case MoveToStage():
            actor = Actor(change.actor_name, change.actor_id)
            return len(await place_contacts(core, tx, ids, change.stage_id, actor=actor, note=change.note))
        case SetType():
            return await actions.change_type(tx, ids, change.contact_type, at=at)
        case SetField():
            return await actions.change_custom(tx, ids, change.slug, change.value, at=at)
        case StartAutomation():
            return await begin_by_hand(core, tx, change.automation_id, ids)
        case AskToConfirm():
            pending = [row["id"] for row in await tx.fetch(_PENDING, list(ids))]
            return await ask_to_confirm(tx, pending)
        case DeleteContacts():
            return await actions.remove_contacts(tx, ids)
