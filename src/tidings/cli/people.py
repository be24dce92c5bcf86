"""`tidings contact`: what a person may ask of us about their data, without the interface."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidings.access.actions import audit
from tidings.cli.session import with_core
from tidings.consent.actions import release_address, suppress_addresses
from tidings.contacts.queries import find_contact_by_email
from tidings.platform.core import Core
from tidings.platform.errors import TidingsError
from tidings.privacy.collecting import personal_data
from tidings.privacy.documents import personal_archive
from tidings.privacy.erasing import erase_contact

contacts = typer.Typer(help="Export and erase what is known about a person.", no_args_is_help=True)
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Mail address of the contact.")]


def add_to(app: typer.Typer) -> None:
    """Puts the group on `app`."""
    app.add_typer(contacts, name="contact")


async def _found(core: Core, address: str) -> int:
    view = await find_contact_by_email(core, address)
    if view is None:
        raise TidingsError(f"There is no contact with the address {address}.")
    return view.contact.id


@contacts.command("export")
def export_contact(
    address: Address,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The zip file to write.")] = Path("personal-data.zip"),
) -> None:
    """Write everything that is known about a contact into a zip file."""

    async def work(core: Core) -> None:
        contact_id = await _found(core, address)
        values = await core.installation.values()
        data = await personal_data(core, contact_id)
        sender = values["business_name"] or values["site_name"]
        try:
            with to.open("xb") as file:
                file.write(personal_archive(data, sender=sender))
        except OSError as error:
            raise TidingsError(f"{to} cannot be written: {error.strerror}.") from error
        await audit(core, None, actor=None, action="contact_exported", object=f"contact {contact_id}")

    with_core(work)
    typer.echo(str(to))


@contacts.command("erase")
def erase(
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
) -> None:
    """Erase a contact: everything about the person goes, and the address stays unmailed."""
    if not yes and typer.prompt(f"Type {address} to erase it for good").strip().lower() != address.lower():
        raise TidingsError("Nothing was erased.")

    async def work(core: Core) -> None:
        contact_id = await _found(core, address)
        await erase_contact(core, contact_id)
        await audit(core, None, actor=None, action="contact_erased", object=f"contact {contact_id}")

    with_core(work)
    typer.echo("erased")


@contacts.command("suppress")
def suppress(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Mail addresses.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; shown beside the address.")] = "by hand",
) -> None:
    """Never mail these addresses again, whether or not they are contacts."""

    async def work(core: Core) -> int:
        added = await suppress_addresses(core, addresses, reason=reason, source="command line")
        await audit(core, None, actor=None, action="addresses_suppressed", data={"count": added})
        return added

    typer.echo(f"{with_core(work)} suppressed")


@contacts.command("release")
def release(address: Address) -> None:
    """Let an address be mailed again that was suppressed or erased; only with the person's consent."""

    async def work(core: Core) -> None:
        if not await release_address(core, address):
            raise TidingsError(f"{address} is not suppressed.")
        await audit(core, None, actor=None, action="address_released")

    with_core(work)
    typer.echo("released")
