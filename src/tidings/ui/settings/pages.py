"""The routes of every section of the settings, and the entrance."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from tidings.ui.settings import (
    accounts,
    business,
    keys,
    modules,
    observing,
    observing_log,
    optin,
    preferences,
    profile,
    sending,
    suppressed,
    team,
)
from tidings.ui.shell.visit import Visiting


@get("/settings", access="user")
async def entrance(visit: Visiting) -> Response[Any]:
    """The first section that the visitor may use."""
    return visit.redirect("/settings/business" if visit.me.may("fcrm_manage_settings") else "/settings/profile")


ROUTES = [
    entrance,
    *profile.ROUTES,
    *business.ROUTES,
    *accounts.ROUTES,
    *sending.ROUTES,
    *optin.ROUTES,
    *preferences.ROUTES,
    *suppressed.ROUTES,
    *team.ROUTES,
    *keys.ROUTES,
    *observing.ROUTES,
    *observing_log.ROUTES,
    *modules.ROUTES,
]
