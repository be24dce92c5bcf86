"""What happens to a contact when something happens to the account of the same person."""

from __future__ import annotations

from typing import Any

from tidings.access.actions import FOLLOW_JOB
from tidings.access.queries import user_by_id
from tidings.access.types import User
from tidings.accounts.types import AccountContacts, account_settings
from tidings.consent.actions import record_consent
from tidings.contacts import actions
from tidings.contacts.actions.people import checked_drafts, write_checked
from tidings.contacts.types import Draft, WritePolicy
from tidings.messages.optin import ask_to_confirm
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.platform.jobs import Progress, handles
from tidings.platform.system_log import log_event

_CONTACT = "SELECT id FROM contacts WHERE user_id = $1 OR lower(email) = lower($2) ORDER BY user_id IS NULL, id LIMIT 1"


@handles(FOLLOW_JOB)
async def follow_account(core: Core, args: dict[str, Any], _progress: Progress) -> None:
    """Does what the settings want; running it twice changes nothing more."""
    wanted = await account_settings(core)
    try:
        user = await user_by_id(core, args["user_id"])
    except NotFound:
        return
    match args["event"]:
        case "created":
            if wanted.makes_contacts:
                await _make(core, user, wanted)
            await _tag(core, user, wanted)
        case "changed":
            if wanted.follows_accounts:
                await _follow(core, user)
        case "role_given":
            await _tag(core, user, wanted)
        case _:
            await _delete(core, user, wanted)


async def contact_of(core: Core, user: User) -> int | None:
    """The contact of an account: the one that is linked, else the one of its address."""
    return await core.db.fetchval(_CONTACT, user.id, user.email)


async def _make(core: Core, user: User, wanted: AccountContacts) -> None:
    """A contact of a new account; one that is there is linked and gets lists and tags, its status stays."""
    known = await contact_of(core, user)
    names = {"first_name": user.first_name, "last_name": user.last_name}
    values = {"email": user.email, "source": "account", "user_id": user.id} | {k: v for k, v in names.items() if v}
    status = None if known else "pending" if wanted.asks_to_confirm else "subscribed"
    draft = Draft(values, status=status, lists=wanted.list_ids, tags=wanted.tag_ids)
    checked = await checked_drafts(core, [draft])
    async with core.db.transaction() as tx:
        [written] = await write_checked(core, tx, checked, WritePolicy(on_existing="fill", reason="sign-up"))
        if written.outcome == "created" and wanted.asks_to_confirm:
            await ask_to_confirm(tx, [written.id])
        elif written.outcome == "created":
            await record_consent(core, tx, written.id, kind="opt_in", source="sign_up")


async def _follow(core: Core, user: User) -> None:
    linked = await core.db.fetchval("SELECT id FROM contacts WHERE user_id = $1", user.id)
    if linked is None:
        return
    values = {"email": user.email, "first_name": user.first_name or None, "last_name": user.last_name or None}
    try:
        await actions.write_contact(core, Draft(values, id=linked), WritePolicy(reason="account"))
    except Invalid as error:
        await log_event(core, f"Contact {linked} does not follow its account", error.message)


async def _tag(core: Core, user: User, wanted: AccountContacts) -> None:
    tags = wanted.role_tags.get(user.role)
    found = await contact_of(core, user) if wanted.tags_by_role and tags else None
    if found is None or tags is None:
        return
    async with core.db.transaction() as tx:
        add, remove = actions.pairs_of([found], tags.add), actions.pairs_of([found], tags.remove)
        await actions.change_memberships(tx, at=core.clock.now(), add_tags=add, remove_tags=remove)


async def _delete(core: Core, user: User, wanted: AccountContacts) -> None:
    follows = wanted.follows_accounts and wanted.deletes_with_account
    if not follows and not await core.installation.get("deletes_contact_with_user"):
        return
    found = await contact_of(core, user)
    if found is not None:
        await actions.delete_contacts(core, [found])
