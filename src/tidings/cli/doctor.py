"""`tidings doctor`: looks at what usually is wrong and says how to mend it."""

from __future__ import annotations

import shutil
import sys

import typer
from rich.console import Console

from tidings.cli.session import with_core
from tidings.platform.core import Core
from tidings.platform.health import Check, Readiness

ENOUGH_DISK = 1024**3


def add_to(app: typer.Typer) -> None:
    """Puts the command on `app`."""
    app.command("doctor")(examine)


def examine() -> None:
    """Check this installation; status 1 when something must be mended."""
    checks = [Check("python", sys.version_info >= (3, 11), sys.version.split()[0]), *with_core(_checks)]
    console = Console(highlight=False, soft_wrap=True)
    for check in checks:
        mark = "[green]✓[/]" if check.is_well else "[red]✗[/]"
        console.print(f"{mark} {check.name}: {check.says}")
    if not all(check.is_well for check in checks):
        raise typer.Exit(1)


async def _checks(core: Core) -> list[Check]:
    found = await Readiness(core).checks()
    free = shutil.disk_usage(core.data_dir).free
    found.append(Check("free disk", free > ENOUGH_DISK, f"{free / 1024**3:.1f} GB"))
    found.append(Check("server", True, str(await core.db.fetchval("SHOW server_version"))))
    values = await core.installation.values()
    for name, missing in (
        ("business_name", "not set; footers need it: tidings settings set business_name NAME"),
        ("business_address", "not set; every marketing mail must carry it: tidings settings set business_address TEXT"),
    ):
        found.append(Check(name, bool(values[name]), values[name] or missing))
    url = values["public_url"]
    is_public = not any(host in url for host in ("127.0.0.1", "localhost"))
    says = url if is_public else f"{url}; links in mails will work on this machine only"
    found.append(Check("public_url", True, says))
    accounts = await core.db.fetchval("SELECT count(*) FROM mail_accounts")
    says = f"{accounts}" if accounts else "none; mails are captured, nothing leaves: tidings settings set smtp_url URL"
    found.append(Check("mail accounts", True, says))
    administrators = await core.db.fetchval(
        "SELECT count(*) FROM users WHERE role = 'administrator' AND disabled_at IS NULL"
    )
    found.append(Check("administrators", administrators > 0, str(administrators)))
    return found
