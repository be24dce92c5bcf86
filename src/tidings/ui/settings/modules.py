"""Switches of parts of the product. What a switch does is up to each part; off never deletes anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from tidings.messages.mailing import addresses
from tidings.platform import modules
from tidings.platform.errors import Invalid
from tidings.portal.actions import choose_address
from tidings.portal.queries import portal_address
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"
HREF = "/settings/modules"


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch as people read it."""

    name: str
    title: str
    about: str


# Only what works differently when it is off; a switch that does nothing is not offered.
SWITCHES = (
    Switch("companies", "Companies", "Contacts can belong to companies."),
    Switch(
        "company_logos",
        "Look up logos of companies",
        "A new company without a logo gets the icon of its website. For this its website is visited.",
    ),
    Switch("events", "Event tracking", "Programs can send events of contacts, and segments can ask for them."),
    Switch("forms", "Forms", "When off, their pages say that they are closed."),
    Switch("smart_links", "Smart links", "When off, their addresses lead nowhere."),
    Switch("portal", "Portal for contacts", "People log in by a mailed link and see their details, lists and mails."),
    Switch("system_logs", "System log", "When off, nothing new is written."),
    Switch("sms", "Text messages", "Programs can send text messages once a provider is connected."),
    Switch("tools", "Access for language models", "Assistants can use the tools of the API with a key."),
)


async def _shown(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    switches = [(one.name, _(one.title), _(one.about)) for one in SWITCHES]
    made = await addresses(visit.core)
    portal = (
        f"{made.public_url}/{await portal_address(visit.core)}" if await modules.is_on(visit.core, "portal") else ""
    )
    return await visit.page("settings/modules.html", form=form, switches=switches, portal=portal, status=status)


@get(HREF, permission=MAY)
async def modules_page(visit: Visiting) -> Response[Any]:
    """Every switch."""
    present = await modules.switches(visit.core)
    return await _shown(visit, Form({**present, "portal_address": await portal_address(visit.core)}))


@post(HREF, permission=MAY)
async def save_modules(visit: Visiting) -> Response[Any]:
    """Throws the switches together; what is not shown stays as it is."""
    form, present = await visit.form(), await modules.switches(visit.core)
    address = form.text("portal_address")
    if address:
        try:
            await choose_address(visit.core, address)
        except Invalid as error:
            refused = Invalid({"portal_address": error.fields["address"]})
            return await _shown(visit, form.refused(refused), 422)
    wanted = {one.name: form.flag(one.name) for one in SWITCHES}
    changes = {name: is_on for name, is_on in wanted.items() if is_on != present[name]}
    if changes:
        await modules.switch(visit.core, changes)
        on, off = ([name for name, is_on in changes.items() if is_on is way] for way in (True, False))
        await visit.note("modules_switched", on=on, off=off)
    return visit.redirect(HREF, _("Saved."))


ROUTES = [modules_page, save_modules]
