"""`tidings settings`: what the installation is told about itself."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tidings.cli.session import with_core
from tidings.messages.accounts import set_smtp_url
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem
from tidings.settings import SETTINGS

SMTP_URL = "smtp_url"
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")

group = typer.Typer(help="Show and change the settings.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Puts the group on `app`."""
    app.add_typer(group, name="settings")


def _names() -> list[str]:
    return [*SETTINGS, SMTP_URL]


Name = Annotated[str, typer.Argument(metavar="NAME", autocompletion=_names)]


@group.command("set")
def set_setting(name: Name, value: Annotated[str, typer.Argument(metavar="VALUE")]) -> None:
    """Change one setting. `smtp_url` (smtp://user:pass@host:port?encryption=none) sets up the mail account."""
    if name == SMTP_URL:
        _set_smtp_url(value)
        return
    parsed = parse_value(name, value)

    async def work(core: Core) -> None:
        await core.installation.put({name: parsed})

    with_core(work)


def _set_smtp_url(url: str) -> None:
    with_core(lambda core: set_smtp_url(core, url))


def parse_value(name: str, text: str) -> Any:
    """A text of the command line as the type the setting has; raises Invalid naming the setting."""
    setting = SETTINGS.get(name)
    if setting is None:
        raise Invalid({name: Problem("unknown", f"There is no setting “{name}”. See “tidings settings list”.")})
    if setting.kind is bool:
        if text.lower() in _YES:
            return True
        if text.lower() in _NO:
            return False
        raise Invalid({name: Problem("type", f"“{text}” is neither yes nor no.")})
    if setting.kind is int:
        try:
            return int(text)
        except ValueError:
            raise Invalid({name: Problem("type", f"“{text}” is not a whole number.")}) from None
    if setting.kind is dict:
        try:
            return json.loads(text)
        except ValueError as error:
            raise Invalid({name: Problem("type", f"The value is not JSON: {error}")}) from None
    return text


@group.command("get")
def get_setting(name: Name) -> None:
    """Print one setting alone on standard output."""

    async def work(core: Core) -> Any:
        return await core.installation.get(name)

    value = with_core(work)
    typer.echo(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


@group.command("list")
def list_settings() -> None:
    """List all settings with what they mean."""

    async def work(core: Core) -> dict[str, Any]:
        return await core.installation.values()

    values = with_core(work)
    table = Table("name", "value", "what it is")
    for setting in SETTINGS.values():
        shown = "•••" if setting.is_secret and values[setting.name] else json.dumps(values[setting.name])
        table.add_row(setting.name, shown, setting.says)
    table.add_row(SMTP_URL, "write-only", "Mail account as smtp://user:pass@host:port?encryption=none|starttls|tls")
    Console().print(table)
