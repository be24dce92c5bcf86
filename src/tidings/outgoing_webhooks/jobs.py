"""What happens beside the deliveries: the notice that an endpoint was switched off, and forgetting old deliveries."""

from __future__ import annotations

from typing import Any

from tidings.messages.preview import send_notice
from tidings.outgoing_webhooks import store
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.db import affected
from tidings.platform.system_log import log_event

NOTICE = "tell_webhook_disabled"
PIECE = 5000


@jobs.handles(NOTICE)
async def tell_webhook_disabled(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
    """A line in the system log and a mail to the owner; a mail that no account takes is tried again."""
    shown = args["name"] or args["url"]
    if not progress.values.get("is_logged"):
        await log_event(core, f"The webhook “{shown}” was switched off", f"{args['url']}: {args['reason']}")
        await progress.report(is_logged=True)
    owner = str(await core.installation.get("admin_email")).strip()
    if owner:
        home = str(await core.installation.get("public_url")).rstrip("/")
        link = f"{home}/settings/webhooks/{args['endpoint_id']}"
        await send_notice(core, owner, f"The webhook “{shown}” was switched off", args["reason"], link)


async def prune_deliveries(core: Core) -> int:
    """Deletes events with their deliveries and attempts that are older than the installation keeps them
    (`keep_deliveries_days`), in pieces; how many events. As long wait those that an endpoint which is off did not take."""
    before, gone = await core.installation.kept_since("keep_deliveries_days", core.clock.now()), 0
    if before is None:
        return 0
    while True:
        async with core.db.transaction() as tx:
            piece = affected(await tx.execute(store.sql.delete_old, before, PIECE))
        gone += piece
        if piece < PIECE:
            return gone
