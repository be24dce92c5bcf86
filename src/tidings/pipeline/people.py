"""Contacts written together with their consent and their stage: one transaction, so that nothing is half there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tidings.consent.actions import record_consents
from tidings.contacts.actions.people import checked_drafts, write_checked
from tidings.contacts.types import Draft, WritePolicy, Written
from tidings.pipeline.actions import place_contacts
from tidings.pipeline.types import Actor, PersonDraft
from tidings.platform.core import Core
from tidings.platform.db import settled


async def write_people(
    core: Core, people: Sequence[PersonDraft], policy: WritePolicy | None = None, *, actor: Actor | None = None
) -> list[Written]:
    """As `contacts.actions.write_contacts`, with a line in the ledger for each consent and a move for each stage; who
    is skipped gets neither. Raises Invalid (also 'stage' for an unknown one) and NotFound; all or nothing."""
    policy = policy or WritePolicy()
    checked = await checked_drafts(core, [one.draft for one in people])
    return await settled(partial(_write, core, people, checked, policy, actor))


async def _write(
    core: Core, people: Sequence[PersonDraft], checked: Sequence[Draft], policy: WritePolicy, actor: Actor | None
) -> list[Written]:
    async with core.db.transaction() as tx:
        written = await write_checked(core, tx, checked, policy)
        touched = [(one.id, p) for one, p in zip(written, people, strict=True) if one.outcome != "skipped"]
        given = [(id_, p.consent) for id_, p in touched if p.consent is not None]
        await record_consents(
            core,
            tx,
            [id_ for id_, _ in given],
            sources=[one.source for _, one in given],
            reasons=[one.notes for _, one in given],
            moments=[one.at for _, one in given],
        )
        # The last word about a contact counts; one statement for each stage that is named.
        wanted = {id_: p.stage_id for id_, p in touched if p.sets_stage}
        for stage_id in sorted(set(wanted.values()), key=lambda one: one or 0):
            ids = [id_ for id_, stage in wanted.items() if stage == stage_id]
            await place_contacts(core, tx, ids, stage_id, actor=actor, is_silent=policy.is_silent)
        return written
