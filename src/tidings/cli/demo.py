"""`tidings demo`: the main job unattended, on the files in `examples/`.

Everything is real: an installation of its own in a throw-away folder with its processes, SMTP to a mail server on this
machine, recipients who open, click and leave over the public door. At the end the report is held against what the
recipients did, and a difference fails the command.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidings.campaigns import actions as campaigns
from tidings.campaigns.queries import campaign_by_id
from tidings.cli.demo_people import Acts, MailServer, act
from tidings.cli.sending import watch_campaign
from tidings.cli.session import with_core
from tidings.contacts.actions import ensure_lists, ensure_tags
from tidings.imports import actions as imports
from tidings.imports.queries import import_by_id, list_rejects
from tidings.imports.types import Import, Options, Reject
from tidings.messages.accounts import set_smtp_url
from tidings.platform.core import Core
from tidings.platform.errors import TidingsError
from tidings.reports.campaigns import CampaignNumbers, LinkNumbers, campaign_numbers, link_numbers
from tidings.segments.types import InLists, to_json

PATIENCE = 120.0
EXAMPLES = Path(__file__).parents[3] / "examples"
console = Console(highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Puts the command on `app`."""
    app.command("demo")(run_demo)


def run_demo(
    examples: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder with contacts.csv and newsletter.html.")
    ] = EXAMPLES,
) -> None:
    """Import, write, send, open, click, unsubscribe, and print the report."""
    for name in ("contacts.csv", "newsletter.html"):
        if not (examples / name).is_file():
            raise TidingsError(f"There is no file {examples / name}. Name the folder with --examples.")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tidings-demo-", ignore_cleanup_errors=True) as folder, _running(folder):
        with_core(lambda core: _main_job(core, examples), max_connections=6)
    console.print(f"\nDone in {time.monotonic() - started:.0f} s. Start your own with: make up")


@contextmanager
def _running(folder: str) -> Iterator[None]:
    """A whole Tidings on a free port and in `folder`; what this process does next happens in that installation."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"TIDINGS_DATA": folder, "TIDINGS_PORT": port, "TIDINGS_HOST": "127.0.0.1"}
    console.print("Starting an installation in a throw-away folder …")
    with (Path(folder) / "up.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "tidings", "up"], stdout=log, stderr=log)
        try:
            _await_ready(process, port, Path(folder) / "up.log")
            yield
        finally:
            process.terminate()
            process.wait(30)


def _await_ready(process: subprocess.Popen[bytes], port: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise TidingsError(f"The installation did not start:\n{log.read_text(errors='replace')}")


async def _main_job(core: Core, examples: Path) -> None:
    server = MailServer()
    listening = await server.serve()
    port = listening.sockets[0].getsockname()[1]
    await core.installation.put(
        {
            "business_name": "Harbour Books",
            "business_address": "1 Quay Street, Bristol",
            "from_name": "Harbour Books",
            "from_email": "news@books.example",
            # Only the recipients of this demo need it: they live on this machine.
            "allow_private_targets": True,
        }
    )
    await set_smtp_url(core, f"smtp://127.0.0.1:{port}?encryption=none")
    imported = await _import(core, examples / "contacts.csv")
    _tell_import(imported, await list_rejects(core, imported.id, limit=3))
    campaign_id = await _send(core, examples / "newsletter.html", imported.options.list_ids[0])
    console.print(f"\n[b]Recipients[/b]  the mail server took {len(server.mails)} mails; now they are read …")
    done = await act(core, server)
    numbers = await _settled(core, campaign_id, done)
    _tell_report(numbers, await link_numbers(core, campaign_id))
    listening.close()
    _compare(numbers, done, imported, server)


async def _import(core: Core, path: Path) -> Import:
    with path.open("rb") as file:
        made = await imports.create_import(core, file, file_name=path.name)
    options = Options(
        list_ids=await ensure_lists(core, ["Newsletter"]),
        tag_ids=await ensure_tags(core, ["Autumn catalogue"]),
        consent_source="Sign-up form of the shop",
    )
    mapping = {**made.mapping, "Plan": "new:text", "Reader since": "new:date"}
    await imports.configure_import(core, made.id, mapping=mapping, options=options)
    await imports.start_import(core, made.id)
    async with asyncio.timeout(PATIENCE):
        while (now := await import_by_id(core, made.id)).state in ("queued", "running"):  # noqa: ASYNC110 - a worker's work
            await asyncio.sleep(0.1)
    if now.state != "done":
        raise TidingsError(now.error or f"The import is {now.state}.")
    return now


async def _send(core: Core, newsletter: Path, list_id: int) -> int:
    made = await campaigns.create_campaign(
        core,
        title="Autumn catalogue",
        subject="{{contact.first_name|Reader}}, the autumn boxes are here",
        preheader="Three books that we could not keep to ourselves",
        body=await asyncio.to_thread(newsletter.read_text, encoding="utf-8"),
        audience=to_json(InLists("in", (list_id,))),
    )
    await campaigns.schedule_campaign(core, made)
    console.print("\n[b]Campaign[/b]    “Autumn catalogue” to the list Newsletter")
    await watch_campaign(core, await campaign_by_id(core, made), patience=PATIENCE)
    return made


async def _settled(core: Core, campaign_id: int, done: Acts) -> CampaignNumbers:
    """The numbers once the last hit is folded in; after a while as they are."""
    wanted = (done.opened, done.clicked, done.clicks, done.left)
    left = 100
    while True:
        numbers = (await campaign_numbers(core, [campaign_id]))[campaign_id]
        now = (numbers.opened, numbers.clicked, numbers.total_clicks, numbers.unsubscribed)
        if now == wanted or not (left := left - 1):
            return numbers
        await asyncio.sleep(0.2)


def _tell_import(done: Import, rejects: Sequence[Reject]) -> None:
    console.print(
        f"\n[b]Import[/b]      {done.rows_done} rows of {done.file_name}: {done.created} new contacts,"
        f" {done.updated} met again, {done.rejected} refused"
    )
    for reject in rejects:
        console.print(f"            line {reject.line}: {reject.reason}", markup=False)


def _tell_report(numbers: CampaignNumbers, links: list[LinkNumbers]) -> None:
    table = Table("", "people", "rate", title="Report", title_style="bold", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, count, rate in (
        ("Recipients", numbers.recipients, None),
        ("Delivered", numbers.delivered, None),
        ("Bounced", numbers.bounced, numbers.bounce_rate),
        ("Opened", numbers.opened, numbers.open_rate),
        ("Clicked", numbers.clicked, numbers.click_rate),
        ("Unsubscribed", numbers.unsubscribed, numbers.unsubscribe_rate),
    ):
        table.add_row(name, str(count), "" if rate is None else f"{rate} %")
    console.print()
    console.print(table)
    clicked = Table("Link", "clicks", "people")
    for link in links:
        clicked.add_row(link.url, str(link.clicks), str(link.people))
    console.print(clicked)


def _compare(numbers: CampaignNumbers, done: Acts, imported: Import, server: MailServer) -> None:
    """Raises TidingsError naming each number of the report that is not what happened."""
    happened = {
        "recipients": imported.created,
        "delivered": len(server.mails),
        "opened": done.opened,
        "clicked": done.clicked,
        "total_clicks": done.clicks,
        "unsubscribed": done.left,
        "unknown": 0,
        "waiting": 0,
    }
    wrong = [f"{k} is {getattr(numbers, k)}, not {n}" for k, n in happened.items() if getattr(numbers, k) != n]
    if twice := [address for address, count in server.taken.items() if count > 1]:
        wrong.append(f"{len(twice)} were mailed twice")
    if wrong:
        raise TidingsError(f"The report is not true: {'; '.join(wrong)}.")
