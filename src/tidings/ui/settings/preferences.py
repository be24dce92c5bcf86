"""The preference page: which lists and fields people may change by themselves, and on which page."""

from __future__ import annotations

from typing import Any, get_args

from litestar import Response, get, post

from tidings.consent.preference_page import FIELDS, Lists, PreferencePage, preference_page, save_preference_page
from tidings.contacts import catalog
from tidings.contacts.queries import custom_fields
from tidings.pages.placing import PreferencePlace, candidates, preference_place, save_preference_place
from tidings.platform.errors import Invalid, Problem
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"
HREF = "/settings/preferences"


async def _shown(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    lists = (await catalog.list_lists(visit.core)).rows
    custom = (await custom_fields(visit.core)).values()
    return await visit.page(
        "settings/preferences.html",
        form=form,
        lists=sorted(((one.id, one.title) for one in lists), key=lambda one: one[1].lower()),
        fields=[(name, _(word)) for name, word in FIELDS.items()],
        custom=[(one.slug, one.label) for one in custom],
        pages=[
            (one.id, one.title if one.is_published else _("%(title)s (not published)") % {"title": one.title})
            for one in await candidates(visit.core)
        ],
        status=status,
    )


@get(HREF, permission=MAY)
async def preferences_page(visit: Visiting) -> Response[Any]:
    """What it offers now."""
    said = await preference_page(visit.core)
    values = {"lists": said.lists, "list_ids": [str(one) for one in said.list_ids]}
    shown = {"has_own_fields": said.has_own_fields, "fields": list(said.fields), "custom": list(said.custom)}
    place = await preference_place(visit.core)
    stands = {"is_on_page": place.is_on_page, "page_id": place.page_id or ""}
    return await _shown(visit, Form(values | shown | stands))


@post(HREF, permission=MAY)
async def save_preferences(visit: Visiting) -> Response[Any]:
    """Stores it."""
    form = await visit.form()
    lists = next((one for one in get_args(Lists) if one == form.text("lists")), None)
    if lists is None:
        error = Invalid({"lists": Problem("in", _("Choose which lists are offered."))})
        return await _shown(visit, form.refused(error), 422)
    place = PreferencePlace(is_on_page=form.flag("is_on_page"), page_id=next(iter(form.ids("page_id")), None))
    if place.is_on_page and place.page_id not in {one.id for one in await candidates(visit.core)}:
        error = Invalid({"page_id": Problem("in", _("Choose a page that has the preference form."))})
        return await _shown(visit, form.refused(error), 422)
    said = PreferencePage(
        lists=lists,
        list_ids=form.ids("list_ids"),
        has_own_fields=form.flag("has_own_fields"),
        fields=form.texts("fields"),
        custom=form.texts("custom"),
    )
    await save_preference_page(visit.core, said)
    await save_preference_place(visit.core, place)
    await visit.note("settings_changed", names=["preference_page"])
    return visit.redirect(HREF, _("Saved."))


ROUTES = [preferences_page, save_preferences]
