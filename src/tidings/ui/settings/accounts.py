"""What becomes of contacts when accounts come and change: sign-up, keeping alike, tags by role."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from tidings.access.types import ROLES
from tidings.accounts.types import AccountContacts, RoleTags, account_settings, save_account_settings
from tidings.contacts import catalog
from tidings.platform.errors import Invalid
from tidings.platform.pagination import PageRequest
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY, HREF = "fcrm_manage_settings", "/settings/accounts"
FLAGS = ("makes_contacts", "asks_to_confirm", "follows_accounts", "deletes_with_account", "tags_by_role")
OFFERED = PageRequest(per_page=500, sort="title", is_descending=False)


def _shown(wanted: AccountContacts) -> Form:
    values: dict[str, Any] = {name: getattr(wanted, name) for name in FLAGS}
    values |= {"lists": [str(one) for one in wanted.list_ids], "tags": [str(one) for one in wanted.tag_ids]}
    for role, tags in wanted.role_tags.items():
        values |= {f"add_{role}": [str(one) for one in tags.add], f"remove_{role}": [str(one) for one in tags.remove]}
    return Form(values)


async def _page(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    lists = (await catalog.list_lists(visit.core, OFFERED)).rows
    tags = (await catalog.list_tags(visit.core, OFFERED)).rows
    return await visit.page(
        "settings/accounts.html",
        form=form,
        lists=[(str(one.id), one.title) for one in lists],
        tags=[(str(one.id), one.title) for one in tags],
        roles=ROLES,
        status=status,
    )


@get(HREF, permission=MAY)
async def accounts_page(visit: Visiting) -> Response[Any]:
    """As it is."""
    return await _page(visit, _shown(await account_settings(visit.core)))


@post(HREF, permission=MAY)
async def save_accounts(visit: Visiting) -> Response[Any]:
    """Stores it."""
    form = await visit.form()
    changes: dict[str, Any] = {name: form.flag(name) for name in FLAGS}
    changes |= {"list_ids": form.ids("lists"), "tag_ids": form.ids("tags")}
    roles = {role: RoleTags(form.ids(f"add_{role}"), form.ids(f"remove_{role}")) for role in ROLES}
    changes["role_tags"] = {role: tags for role, tags in roles.items() if tags.add or tags.remove}
    try:
        await save_account_settings(visit.core, **changes)
    except Invalid as error:
        return await _page(visit, form.refused(error), 422)
    await visit.note("settings_changed", names=["account_contacts"])
    return visit.redirect(HREF, _("Saved."))


ROUTES = [accounts_page, save_accounts]
