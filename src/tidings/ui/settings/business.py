"""Business, tracking and compliance: settings of the installation, written through `Installation.put`."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from tidings.platform.errors import Invalid
from tidings.settings import AGES
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"
FLAGS = ("anonymize_ip", "one_click_unsubscribe", "personal_data_on_request", "deletes_contact_with_user")
TEXTS = (
    "business_name",
    "business_address",
    "business_logo",
    "site_name",
    "admin_email",
    "time_zone",
    "public_url",
)


@get("/settings/business", permission=MAY)
async def business_page(visit: Visiting) -> Response[Any]:
    """Who is writing, and where this installation is found."""
    return await visit.page("settings/business.html", form=Form(await visit.core.installation.values()))


@post("/settings/business", permission=MAY)
async def save_business(visit: Visiting) -> Response[Any]:
    """Stores it."""
    form = await visit.form()
    changes = {name: form.text(name) for name in TEXTS}
    return await _store(visit, form, changes, "settings/business.html", "/settings/business")


@get("/settings/tracking", permission=MAY)
async def tracking_page(visit: Visiting) -> Response[Any]:
    """Opens, clicks, addresses, footer, unsubscribing, and how long what happened is kept."""
    return await visit.page("settings/tracking.html", form=Form(await visit.core.installation.values()))


@post("/settings/tracking", permission=MAY)
async def save_tracking(visit: Visiting) -> Response[Any]:
    """Stores it."""
    form = await visit.form()
    changes: dict[str, Any] = {
        name: form.text(name) if form.text(name) in ("yes", "no", "anonymous") else "yes"
        for name in ("open_tracking", "click_tracking")
    }
    changes |= {name: form.flag(name) for name in FLAGS}
    # Who never chose keeps what the setting's own default does elsewhere.
    if form.flag("gravatars") or await visit.core.installation.get("gravatars"):
        changes["gravatars"] = "yes" if form.flag("gravatars") else "no"
    changes["email_footer"] = str(form.value("email_footer")).strip()
    template, back = "settings/tracking.html", "/settings/tracking"
    try:
        changes |= {name: days or 0 for name, days in form.numbers(one for one in AGES if one in form.values).items()}
    except Invalid as error:
        return await visit.page(template, form=form.refused(error), status=422)
    return await _store(visit, form, changes, template, back)


async def _store(visit: Visiting, form: Form, changes: dict[str, Any], template: str, back: str) -> Response[Any]:
    try:
        await visit.core.installation.put(changes)
    except Invalid as error:
        return await visit.page(template, form=form.refused(error), status=422)
    await visit.note("settings_changed", names=sorted(changes))
    return visit.redirect(back, _("Saved."))


ROUTES = [business_page, save_business, tracking_page, save_tracking]
