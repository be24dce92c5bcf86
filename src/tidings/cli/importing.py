"""`tidings import FILE`: contacts from a CSV file, with a progress bar.

What an import does lives in `tidings.imports`; here the file's columns are named and the outcome is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tidings.cli.session import with_core
from tidings.contacts.actions import ensure_lists, ensure_tags
from tidings.imports import actions, queries
from tidings.imports.running import run_import
from tidings.imports.types import Import, Options
from tidings.platform.core import Core
from tidings.platform.errors import TidingsError

SHOWN_REJECTS = 5


def add_to(app: typer.Typer) -> None:
    """Puts the command on `app`."""
    app.command("import")(import_file)


def _policies() -> list[str]:
    return ["update", "fill", "skip"]


def import_file(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="CSV with a header line.")] = None,
    lists: Annotated[list[str] | None, typer.Option("--list", metavar="NAME", help="Put all on this list.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="NAME", help="Give all this tag.")] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="HEADER=FIELD", help="Where a column goes; an empty FIELD leaves it out."),
    ] = None,
    on_existing: Annotated[
        str, typer.Option(help="Known addresses: update, fill (only what is empty) or skip.", autocompletion=_policies)
    ] = "update",
    status: Annotated[str | None, typer.Option(help="For rows without one of their own.")] = None,
    consent: Annotated[str, typer.Option(metavar="TEXT", help="Where these people agreed to your mails.")] = "",
    delimiter: Annotated[str | None, typer.Option(help="Instead of the one that was found.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Instead of the one that was found.")] = None,
    rejects: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the refused rows there.")] = None,
    resume: Annotated[int | None, typer.Option(metavar="ID", help="Go on with an import that was broken off.")] = None,
) -> None:
    """Import contacts from a CSV file; what is in when it is broken off stays in, and --resume goes on."""
    if (file is None) == (resume is None):
        raise TidingsError("Give a FILE to import, or --resume ID to go on with an import.")
    if file is not None and not file.is_file():
        raise TidingsError(f"There is no file {file}.")
    asked = Asked(
        mapping=dict(_pair(one) for one in columns or []),
        # Wrong words are refused by the action, which names the right ones.
        options=Options(on_existing=cast(Any, on_existing), status=cast(Any, status), consent_source=consent),
        lists=lists or [],
        tags=tags or [],
        delimiter=delimiter,
        encoding=encoding,
    )

    async def work(core: Core) -> Import:
        done = await _run(core, resume or await _prepared(core, cast(Path, file), asked))
        await _tell(core, done, rejects)
        return done

    done = with_core(work)
    if done.state != "done":
        raise TidingsError(done.error or f"The import is {done.state}. Go on with: tidings import --resume {done.id}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options ask for: `mapping` by header of the file, lists and tags by name."""

    mapping: Mapping[str, str]
    options: Options
    lists: Sequence[str]
    tags: Sequence[str]
    delimiter: str | None
    encoding: str | None


async def _prepared(core: Core, file: Path, asked: Asked) -> int:
    """An import of the file that is ready to run; there is none when something is wrong."""
    with file.open("rb") as source:
        made = await actions.create_import(core, source, file_name=file.name)
    read_as = {"delimiter": asked.delimiter, "encoding": asked.encoding}
    try:
        preview = await queries.preview_import(core, made.id, **read_as)
        unknown = sorted(set(asked.mapping) - set(preview.mapping))
        if unknown:
            raise TidingsError(f"{file.name} has no column “{unknown[0]}”. It has {', '.join(preview.mapping)}.")
        mapping = {**preview.mapping, **asked.mapping}
        await actions.configure_import(core, made.id, mapping=mapping, options=asked.options, **read_as)
        # Only a file that will be read makes lists and tags.
        list_ids, tag_ids = await ensure_lists(core, asked.lists), await ensure_tags(core, asked.tags)
        placed = msgspec.structs.replace(asked.options, list_ids=list_ids, tag_ids=tag_ids)
        if placed != asked.options:
            await actions.configure_import(core, made.id, mapping=mapping, options=placed)
    except TidingsError:
        await actions.delete_import(core, made.id)
        raise
    return made.id


def _pair(text: str) -> tuple[str, str]:
    header, equals, target = text.rpartition("=")
    if not equals:
        raise TidingsError(f"“{text}” is not of the form HEADER=FIELD.")
    return header, target.strip()


async def _run(core: Core, import_id: int) -> Import:
    """Runs the import here, beside any worker; the bar is on standard error and only on a terminal."""
    found = await queries.import_by_id(core, import_id)
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    ) as progress:
        task = progress.add_task(escape(found.file_name), total=None)

        def show(now: Import) -> None:
            done = now.rows_done
            progress.update(task, completed=done, total=max(done, round(done / max(now.share_done, 0.001))))

        try:
            return await run_import(core, import_id, on_progress=show)
        except BaseException:
            console.print(f"Broken off. Go on with: tidings import --resume {import_id}", markup=False)
            raise


async def _tell(core: Core, done: Import, rejects: Path | None) -> None:
    """The outcome on standard output, a line each; the refused rows into `rejects`."""
    typer.echo(f"rows      {done.rows_done}")
    for name in ("created", "updated", "skipped", "rejected"):
        typer.echo(f"{name:<9} {getattr(done, name)}")
    if rejects is not None:
        with rejects.open("wb") as out:
            async for piece in queries.rejects_csv(core, done.id):
                out.write(piece)
    for reject in await queries.list_rejects(core, done.id, limit=SHOWN_REJECTS):
        typer.echo(f"{done.file_name}, line {reject.line}: {reject.reason}", err=True)
    if done.rejected > SHOWN_REJECTS:
        where = str(rejects) if rejects is not None else "--rejects FILE writes all of them"
        typer.echo(f"… and {done.rejected - SHOWN_REJECTS} more ({where}).", err=True)
