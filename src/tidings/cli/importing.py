"""`tidings import FILE`: contacts from a CSV file, with a progress bar."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidings.platform.errors import TidingsError


def add_to(app: typer.Typer) -> None:
    """Puts the command on `app`."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header line.")],
) -> None:
    """Import contacts from a CSV file."""
    if not file.is_file():
        raise TidingsError(f"There is no file {file}.")
    raise TidingsError("This build cannot import yet.")
