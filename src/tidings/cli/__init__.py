"""The command line. One module a group of commands; each opens what it needs by `session` and calls features.

`--data` and `--port` are options of every command, before or after its name, and stand for TIDINGS_DATA and
TIDINGS_PORT. An error a person can mend is one red line and status 1; anything else is a bug and shows its traceback.
"""

from __future__ import annotations

import sys

from rich.console import Console
from typer.main import get_command

from tidings.cli.options import add_everywhere
from tidings.cli.root import app
from tidings.platform.errors import Invalid, TidingsError


def main() -> None:
    """The entry point of the command `tidings`."""
    command = get_command(app)
    add_everywhere(command)
    try:
        command(prog_name="tidings")
    except TidingsError as error:
        _complain(error)
        sys.exit(1)


def _complain(error: TidingsError) -> None:
    texts = [error.message]
    if isinstance(error, Invalid):
        texts = [f"{name}: {problem.text}" for name, problems in error.fields.items() for problem in problems]
    err = Console(stderr=True, soft_wrap=True, highlight=False)
    for text in texts:
        err.print(text, style="red", markup=False)
