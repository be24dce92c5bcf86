"""`tidings send CAMPAIGN`: starts a campaign and shows how it goes."""

from __future__ import annotations

from typing import Annotated

import typer

from tidings.platform.errors import TidingsError


def add_to(app: typer.Typer) -> None:
    """Puts the command on `app`."""
    app.command("send")(send_campaign)


def send_campaign(campaign_id: Annotated[int, typer.Argument(metavar="CAMPAIGN", help="Id of a draft.")]) -> None:
    """Send a campaign now."""
    raise TidingsError(f"This build cannot send campaign {campaign_id} from the command line yet.")
