"""The routes of the area."""

from __future__ import annotations

from tidings.ui.automations import browsing, flow, inside

ROUTES = [*browsing.ROUTES, *flow.ROUTES, *inside.ROUTES]
