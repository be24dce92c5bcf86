"""The accounts of this installation as contacts, a page of a hundred at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidings.access.queries import list_users
from tidings.access.types import User
from tidings.contacts.rules import is_email
from tidings.contacts.types import Draft, WritePolicy
from tidings.imports.pages import write_page
from tidings.imports.types import Also, Options
from tidings.platform.core import Core
from tidings.platform.pagination import Page, PageRequest

PAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class AccountsDone:
    """What became of a page of accounts: contacts by id, and the page."""

    page: Page[User]
    created: Sequence[int]
    updated: Sequence[int]


async def accounts(core: Core, roles: Sequence[str], number: int = 1, *, rows: int = PAGE_ROWS) -> Page[User]:
    """Accounts of some roles (all when none is named), by login."""
    return await list_users(core, PageRequest(number, rows, "login", is_descending=False), roles=roles)


async def import_accounts(
    core: Core, roles: Sequence[str], number: int, options: Options, *, also: Also | None = None
) -> AccountsDone:
    """Brings a page of accounts in. Who is there already keeps its status unless `may_rise`. `also` is done with the new
    contacts, in the transaction that makes them."""
    page = await accounts(core, roles, number)
    people = [user for user in page.rows if is_email(user.email)]
    keys = [user.email.lower() for user in people]
    rows = await core.db.fetch("SELECT lower(email) AS key FROM contacts WHERE lower(email) = ANY($1::text[])", keys)
    there = {row["key"] for row in rows}
    drafts = [_draft(user, options, is_new=user.email.lower() not in there) for user in people]
    policy = WritePolicy(options.on_existing, may_rise=options.may_rise, is_silent=options.is_silent, reason="import")
    written = await write_page(core, drafts, policy, also)
    return AccountsDone(
        page,
        [one.id for one in written if one.outcome == "created"],
        [one.id for one in written if one.outcome in ("updated", "unchanged")],
    )


def _draft(user: User, options: Options, *, is_new: bool) -> Draft:
    values: dict[str, Any] = {"email": user.email}
    names = {"first_name": user.first_name, "last_name": user.last_name}
    if not any(names.values()):
        first, _, last = user.display_name.strip().partition(" ")
        names = {"first_name": first, "last_name": last.strip()}
    values |= {name: value for name, value in names.items() if value}
    if is_new and options.source:
        values["source"] = options.source
    status = options.status if is_new or options.may_rise else None
    return Draft(values, status=status, tags=options.tag_ids, lists=options.list_ids)
