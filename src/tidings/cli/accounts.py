"""`tidings user` and `tidings key`: who may come in."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tidings.access import actions, queries
from tidings.access.types import KEY_KINDS, ROLES, USUAL_PER_MINUTE
from tidings.cli.session import with_core
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem, TidingsError

users = typer.Typer(help="Make, list and change users.", no_args_is_help=True)
keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="Letters, digits and . _ - @")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def add_to(app: typer.Typer) -> None:
    """Puts both groups on `app`."""
    app.add_typer(users, name="user")
    app.add_typer(keys, name="key")


def _password(is_from_stdin: bool) -> str:
    if is_from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise TidingsError("There is no terminal to ask for a password. Use --password-stdin.")
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True)


def _roles() -> list[str]:
    return list(ROLES)


def _kinds() -> list[str]:
    return list(KEY_KINDS)


@users.command("add")
def add_user(
    login: Login,
    email: Annotated[str, typer.Option(metavar="A", help="The user's own address.")],
    name: Annotated[str, typer.Option(metavar="NAME", help='First and last name, such as "Ada Lovelace".')] = "",
    role: Annotated[str, typer.Option(help="administrator, editor or subscriber.", autocompletion=_roles)] = "editor",
    permission: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Grant this; may be repeated.")] = None,
    password_stdin: FromStdin = False,
) -> None:
    """Make a user."""
    password = _password(password_stdin)
    first, _, last = name.strip().partition(" ")

    async def work(core: Core) -> Any:
        return await actions.create_user(
            core,
            login=login,
            email=email,
            first_name=first,
            last_name=last.strip(),
            role=role,
            permissions=permission or [],
            password=password,
        )

    with_core(work)
    Console(stderr=True, highlight=False).print(f"User {login} was made.", markup=False)


@users.command("password")
def change_password(login: Login, password_stdin: FromStdin = False) -> None:
    """Give a user a new password; every session and key of the user ends."""
    password = _password(password_stdin)

    async def work(core: Core) -> None:
        user = await queries.user_by_login(core, login)
        await actions.set_password(core, user.id, password)

    with_core(work)


@users.command("list")
def list_users() -> None:
    """List the users."""

    async def work(core: Core) -> Any:
        return await core.db.fetch("SELECT login, email, role, disabled_at FROM users ORDER BY lower(login)")

    table = Table("login", "email", "role", "state")
    for row in with_core(work):
        table.add_row(row["login"], row["email"], row["role"], "disabled" if row["disabled_at"] else "active")
    Console().print(table)


_LIMIT = "Requests in a minute, for furiosa and fluenzr keys; left out: 60 and 1000."


@keys.command("add")
def add_key(
    user: Annotated[str, typer.Option(metavar="LOGIN", help="Whose key it is.")],
    kind: Annotated[str, typer.Option(help="application-password, furiosa or fluenzr.", autocompletion=_kinds)],
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="Only for furiosa keys; may be repeated.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Only for fluenzr keys: it changes nothing.")] = False,
    per_minute: Annotated[int | None, typer.Option(metavar="N", help=_LIMIT)] = None,
) -> None:
    """Make a key and print its secret, which is shown this once."""

    async def work(core: Core) -> str:
        if read_only and kind != "fluenzr":
            raise Invalid({"read_only": Problem("in", "Only fluenzr keys may be read-only.")})
        if per_minute is not None and kind not in USUAL_PER_MINUTE:
            raise Invalid({"per_minute": Problem("in", "Requests with a key of this kind are not counted.")})
        _, secret = await actions.create_key(
            core,
            user_login=user,
            kind=_kind(kind),
            name=name,
            scopes=scope or [],
            is_read_only=read_only,
            per_minute=per_minute,
        )
        return secret

    typer.echo(with_core(work))


def _kind(word: str) -> Any:
    """Wrong words are refused by the action, which names the right ones."""
    return word


@keys.command("list")
def list_keys(user: Annotated[str, typer.Option(metavar="LOGIN", help="Whose keys.")]) -> None:
    """List the keys of a user."""

    async def work(core: Core) -> Any:
        return await queries.list_keys(core, user_id=(await queries.user_by_login(core, user)).id)

    table = Table("id", "kind", "name", "begins or ends with", "a minute", "revoked")
    for key in with_core(work):
        limit = key.per_minute or USUAL_PER_MINUTE.get(key.kind, "")
        table.add_row(str(key.id), key.kind, key.name, key.hint, str(limit), str(key.revoked_at or ""))
    Console().print(table)


@keys.command("limit")
def limit_key(
    key_id: Annotated[int, typer.Argument(metavar="ID")],
    per_minute: Annotated[int | None, typer.Option(metavar="N", help=_LIMIT)] = None,
) -> None:
    """Change how many requests a minute a key has; it counts from the next request on."""

    async def work(core: Core) -> None:
        await actions.limit_key(core, key_id, per_minute)

    with_core(work)


@keys.command("revoke")
def revoke_key(key_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """End a key; it is dead on the very next request."""

    async def work(core: Core) -> None:
        await actions.revoke_key(core, key_id)

    with_core(work)
