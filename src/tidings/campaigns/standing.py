"""Standing mailings: a mail that automations send, to whom they like and when; it takes messages and never finishes.

Each message is unique per mailing, pass and contact, so that queueing twice adds nobody. Who may not be mailed is left
out here, and again when a sender claims the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tidings.campaigns import store
from tidings.campaigns.types import EDITABLE
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Invalid, NotFound, Problem

KIND = "automation_mail"


async def create_standing(
    core: Core,
    tx: Connection,
    *,
    title: str,
    parent_id: int,
    created_by: int | None,
    values: Mapping[str, Any],
    part_of: int | None = None,
) -> int:
    """Makes a mailing of an automation (`parent_id`) and returns its id. `values` as in `campaigns.actions`; `part_of` is
    the campaign that the automation carries."""
    tracking = {
        "tracks_opens": await core.installation.get("open_tracking"),
        "tracks_clicks": await core.installation.get("click_tracking"),
    }
    given = {
        name: value
        for name, value in (tracking | dict(values)).items()
        if name in EDITABLE - {"kind", "title", "parent_id"}
    }
    columns = "".join(f", {name}" for name in given)
    places = "".join(f", ${i}" for i in range(7, 7 + len(given)))
    return await tx.fetchval(
        f"""INSERT INTO campaigns (kind, title, parent_id, created_by, created_at, updated_at, part_of, is_standing{columns})
        VALUES ($1, $2, $3, $4, $5, $5, $6, true{places}) RETURNING id""",
        KIND,
        title,
        parent_id,
        created_by,
        core.clock.now(),
        part_of,
        *given.values(),
    )


async def update_standing(core: Core, tx: Connection, mailing_id: int, values: Mapping[str, Any]) -> None:
    """Changes what is written, also while it is being sent: mails that wait go out as it is then.

    Raises NotFound for anything but a standing mailing, Invalid for a field that a campaign has not.
    """
    unknown = sorted(set(values) - EDITABLE)
    if unknown:
        raise Invalid({name: Problem("unknown", f"A campaign has no field “{name}”.") for name in unknown})
    sets = "".join(f", {name} = ${i}" for i, name in enumerate(values, start=3))
    done = await tx.fetchval(
        f"UPDATE campaigns SET version = version + 1, updated_at = $2{sets} WHERE id = $1 AND is_standing RETURNING id",
        mailing_id,
        core.clock.now(),
        *values.values(),
    )
    if done is None:
        raise NotFound("campaign", mailing_id)


async def rename_standing(tx: Connection, mailing_id: int, title: str, *, slug: str) -> None:
    """A title and a slug; what was compiled of the mail stays good."""
    await tx.execute(
        "UPDATE campaigns SET title = $2, slug = $3 WHERE id = $1 AND (title, slug) IS DISTINCT FROM ($2, $3)",
        mailing_id,
        title,
        slug,
    )


async def copy_content(core: Core, tx: Connection, source_id: int, mailing_id: int) -> bool:
    """Makes a standing mailing say what another campaign says now; False when that one is gone. A copy that says the
    same already is left alone."""
    return bool(await tx.fetchval(store.sql.copy_content, source_id, mailing_id, core.clock.now()))


async def delete_standing(tx: Connection, mailing_ids: Sequence[int]) -> None:
    """Deletes standing mailings with their messages and numbers."""
    rows = await tx.fetch(
        "DELETE FROM campaigns WHERE id = ANY($1::bigint[]) AND is_standing RETURNING id", list(mailing_ids)
    )
    await store.forget_numbers(tx, [row["id"] for row in rows])


async def queue_messages(
    tx: Connection, mailing_id: int, wanted: Sequence[tuple[int, int]], *, due_at: datetime, now: datetime
) -> set[int]:
    """Queues one message per (contact, pass) and answers the contacts that may be mailed; two statements."""
    rows = await tx.fetch(
        store.sql.queue_standing, mailing_id, [c for c, _ in wanted], [p for _, p in wanted], due_at, now
    )
    if rows:
        await tx.execute(store.sql.start_standing, mailing_id, sum(row["is_new"] for row in rows), now)
    return {row["contact_id"] for row in rows}


async def cancel_standing(tx: Connection, contact_ids: Sequence[int], *, note: str, now: datetime) -> None:
    """Cancels what waits for these contacts in standing mailings; transactional ones go on."""
    await tx.execute(store.sql.cancel_standing, list(contact_ids), note, now)
