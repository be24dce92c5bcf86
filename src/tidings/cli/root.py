"""The command `tidings` with its groups, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from tidings import __version__
from tidings.cli import accounts, configuration, demo, doctor, importing, people, sending, serving

app = typer.Typer(
    name="tidings",
    help="Self-hosted e-mail marketing: contacts, segments, campaigns that really send.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tidings {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Self-hosted e-mail marketing: contacts, segments, campaigns that really send."""


serving.add_to(app)
accounts.add_to(app)
configuration.add_to(app)
importing.add_to(app)
people.add_to(app)
sending.add_to(app)
doctor.add_to(app)
demo.add_to(app)
