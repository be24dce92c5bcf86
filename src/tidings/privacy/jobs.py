"""The jobs: making the file with everything about a contact, and erasing one."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from tidings.access.actions import audit
from tidings.access.queries import user_by_id
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.jobs import Progress, handles
from tidings.privacy.actions import ERASE_JOB, EXPORT_JOB
from tidings.privacy.collecting import personal_data
from tidings.privacy.documents import personal_archive
from tidings.privacy.erasing import erase_contact
from tidings.privacy.links import mail_export_link
from tidings.privacy.store import export_path


@handles(EXPORT_JOB)
async def make_export(core: Core, args: dict[str, Any], progress: Progress) -> None:
    """Writes the file of an export; one that is there already is only mailed again, if it should be."""
    export_id, contact_id = args["export_id"], args["contact_id"]
    row = await core.db.fetchrow("SELECT path FROM personal_exports WHERE id = $1", export_id)
    if row is None:
        return
    if row["path"] is None:
        try:
            data = await personal_data(core, contact_id)
        except NotFound:
            return
        values = await core.installation.values()
        archive = personal_archive(data, sender=values["business_name"] or values["site_name"])
        name = f"{secrets.token_hex(16)}.zip"
        await asyncio.to_thread(_write, export_path(core, name), archive)
        await core.db.execute(
            "UPDATE personal_exports SET path = $2, size = $3, finished_at = $4 WHERE id = $1 AND path IS NULL",
            export_id,
            name,
            len(archive),
            core.clock.now(),
        )
    if args["is_mailed"] and not progress.values.get("is_mailed"):
        await mail_export_link(core, contact_id, export_id)
        await progress.report(is_mailed=True)


def _write(path: Path, content: bytes) -> None:
    """Only the owner of the process may read it; nobody ever sees half a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


@handles(ERASE_JOB, max_failures=50, back_off=timedelta(seconds=2))
async def erase(core: Core, args: dict[str, Any], progress: Progress) -> None:
    """Erases a contact and says so in the audit book, by its number alone."""
    if await erase_contact(core, args["contact_id"]):
        actor = await user_by_id(core, progress.user_id) if progress.user_id else None
        await audit(core, None, actor=actor, action="contact_erased", object=f"contact {args['contact_id']}")
