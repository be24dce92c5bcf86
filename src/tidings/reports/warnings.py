"""What an owner should do before anything can go well. Numbers are in `dashboard`."""

from __future__ import annotations

from typing import Literal

from tidings.messages.accounts import list_accounts
from tidings.outgoing_webhooks.queries import disabled_endpoints
from tidings.platform.core import Core

# no_address: marketing mails must carry the sender's postal address. no_account: mails do not leave
# the installation, they are captured. webhook_off: one was switched off after failures.
Warning = Literal["no_address", "no_account", "webhook_off"]


async def warnings(core: Core) -> list[Warning]:
    """What is missing, the most urgent first."""
    found: list[Warning] = []
    if not any(one.kind == "smtp" and one.is_enabled for one in await list_accounts(core)):
        found.append("no_account")
    if not str(await core.installation.get("business_address")).strip():
        found.append("no_address")
    if await disabled_endpoints(core):
        found.append("webhook_off")
    return found
