"""The options that every command has, declared once and put on all of them."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer
from typer.main import get_command

_donor = typer.Typer(add_completion=False)


def _remember_data(value: str | None) -> None:
    if value is not None:
        os.environ["TIDINGS_DATA"] = value


def _remember_port(value: int | None) -> None:
    if value is not None:
        os.environ["TIDINGS_PORT"] = str(value)


@_donor.command()
def _everywhere(
    _data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Folder of this installation (default: ./data).",
            callback=_remember_data,
            expose_value=False,
        ),
    ] = None,
    _port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            min=1,
            max=65535,
            help="Port of the web server (default: 8000).",
            callback=_remember_port,
            expose_value=False,
        ),
    ] = None,
) -> None:
    """Carries the options; never run."""


def add_everywhere(command: Any) -> None:
    """Adds --data and --port to `command` and to all commands below it; their values go into the environment."""
    command.params.extend(get_command(_donor).params)
    for child in getattr(command, "commands", {}).values():
        add_everywhere(child)
