"""What the operator wants of accounts and contacts (fluentcrm.md §5.7); stored as one setting."""

from __future__ import annotations

from typing import Any

import msgspec

from tidings.access.types import ROLES
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem

SETTING = "account_contacts"


class RoleTags(msgspec.Struct, frozen=True):
    """Tags that a role brings and takes."""

    add: list[int] = []
    remove: list[int] = []


class AccountContacts(msgspec.Struct, frozen=True):
    """Everything is off on a new installation.

    makes_contacts: a new account becomes a contact with these lists and tags, pending when it is asked to confirm.
    follows_accounts: names and address of the contact follow the account; deletes_with_account: it goes with it.
    tags_by_role: whoever is given a role gets and loses its tags.
    """

    makes_contacts: bool = False
    list_ids: list[int] = []
    tag_ids: list[int] = []
    asks_to_confirm: bool = False
    follows_accounts: bool = False
    deletes_with_account: bool = False
    tags_by_role: bool = False
    role_tags: dict[str, RoleTags] = {}


async def account_settings(core: Core) -> AccountContacts:
    """As stored, with the defaults of what never was."""
    return msgspec.convert(await core.installation.get(SETTING), AccountContacts)


async def save_account_settings(core: Core, **changes: Any) -> AccountContacts:
    """Changes some of them and answers all. Raises Invalid naming what is wrong."""
    try:
        given = msgspec.convert(changes, AccountContacts)
    except msgspec.ValidationError as error:
        raise Invalid({"account_contacts": Problem("type", f"{error}.")}) from error
    unknown = sorted(set(given.role_tags) - set(ROLES))
    if unknown:
        raise Invalid({"role_tags": Problem("in", f"There is no role “{unknown[0]}”.")})
    await core.installation.merge(SETTING, msgspec.to_builtins({name: getattr(given, name) for name in changes}))
    return await account_settings(core)
