"""`tidings send CAMPAIGN`: starts a campaign, sends it from here, and shows how it goes.

The loops of `tidings.workers` do the work, so a worker that runs elsewhere helps instead of doubling anything.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tidings.campaigns import actions, queries
from tidings.campaigns.types import Campaign
from tidings.cli.session import with_core
from tidings.platform.core import Core
from tidings.platform.errors import TidingsError
from tidings.reports.campaigns import CampaignNumbers, campaign_numbers

# A campaign in one of these has nothing more to send.
ENDED = ("finished", "cancelled")


def add_to(app: typer.Typer) -> None:
    """Puts the command on `app`."""
    app.command("send")(send_campaign)


def send_campaign(
    campaign_id: Annotated[int, typer.Argument(metavar="CAMPAIGN", help="Id of a draft.")],
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Only plan it: 2026-12-24T09:00, local time.")] = None,
) -> None:
    """Send a campaign now and wait for its end, or plan it for later."""
    planned = _moment(at) if at else None

    async def work(core: Core) -> None:
        if planned is not None:
            moment = planned if planned.tzinfo else planned.replace(tzinfo=await core.installation.zone())
            await actions.schedule_campaign(core, campaign_id, at=moment)
            typer.echo(f"planned for {moment.isoformat()}")
            return
        campaign = await queries.campaign_by_id(core, campaign_id)
        if campaign.state == "draft":
            await actions.schedule_campaign(core, campaign_id)
        elif campaign.state not in ("drawing", "sending"):
            raise TidingsError(f"Campaign {campaign_id} is {campaign.state}; only a draft can be sent.")
        await _send(core, campaign)

    with_core(work, max_connections=10)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise TidingsError(f"“{text}” is not a time such as 2026-12-24T09:00.") from None


async def _send(core: Core, campaign: Campaign) -> None:
    from tidings.workers import run_loops

    stop = asyncio.Event()
    loops = asyncio.create_task(run_loops(core, stop, only=("campaigner", "sender", "projector")))
    try:
        await watch_campaign(core, campaign)
    finally:
        stop.set()
        await loops
    tell_sending((await campaign_numbers(core, [campaign.id]))[campaign.id])


async def watch_campaign(core: Core, campaign: Campaign, *, patience: float | None = None) -> None:
    """Shows a bar until the campaign has ended; raises TidingsError when it is paused, or after `patience` seconds."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress, suppress(asyncio.CancelledError):
        task = progress.add_task(escape(campaign.title), total=None)
        try:
            async with asyncio.timeout(patience):
                while (now := await queries.campaign_by_id(core, campaign.id)).state not in ENDED:
                    if now.state == "paused":
                        raise TidingsError(f"Campaign {campaign.id} was paused.")
                    numbers = (await campaign_numbers(core, [campaign.id]))[campaign.id]
                    total = now.recipients_count if now.is_drawn else None
                    progress.update(task, completed=numbers.recipients - numbers.waiting, total=total)
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise TidingsError(f"Campaign {campaign.id} did not end within {patience:g} seconds.") from None
        progress.update(task, completed=now.recipients_count, total=now.recipients_count)


def tell_sending(numbers: CampaignNumbers) -> None:
    """What became of the mails, a line each, on standard output; what did not happen is left out."""
    typer.echo(f"recipients {numbers.recipients}")
    for name in ("sent", "bounced", "failed", "unknown", "cancelled"):
        if count := getattr(numbers, name):
            typer.echo(f"{name:<10} {count}")
