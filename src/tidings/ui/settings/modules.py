"""Switches of parts of the product. What a switch does is up to each part; off never deletes anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from tidings.platform import modules
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
    Switch("system_logs", "System log", "When off, nothing new is written."),
    Switch("sms", "Text messages", "Programs can send text messages once a provider is connected."),
    Switch("tools", "Access for language models", "Assistants can use the tools of the API with a key."),
)


@get(HREF, permission=MAY)
async def modules_page(visit: Visiting) -> Response[Any]:
    """Every switch."""
    switches = [(one.name, _(one.title), _(one.about)) for one in SWITCHES]
    return await visit.page("settings/modules.html", form=Form(await modules.switches(visit.core)), switches=switches)


@post(HREF, permission=MAY)
async def save_modules(visit: Visiting) -> Response[Any]:
    """Throws the switches together; what is not shown stays as it is."""
    form, present = await visit.form(), await modules.switches(visit.core)
    wanted = {one.name: form.flag(one.name) for one in SWITCHES}
    changes = {name: is_on for name, is_on in wanted.items() if is_on != present[name]}
    if changes:
        await modules.switch(visit.core, changes)
        on, off = ([name for name, is_on in changes.items() if is_on is way] for way in (True, False))
        await visit.note("modules_switched", on=on, off=off)
    return visit.redirect(HREF, _("Saved."))


ROUTES = [modules_page, save_modules]
