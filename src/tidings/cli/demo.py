"""`tidings demo`: the main job unattended, on the files in `examples/`."""

from __future__ import annotations

import typer

from tidings.platform.errors import TidingsError


def add_to(app: typer.Typer) -> None:
    """Puts the command on `app`."""
    app.command("demo")(run_demo)


def run_demo() -> None:
    """Import, write, send, open, click, unsubscribe, and print the report."""
    raise TidingsError("This build has no demo yet.")
