"""The routes of the area."""

from __future__ import annotations

from tidings.ui.contacts import browsing, bulk, editing, profile

ROUTES = [*browsing.ROUTES, *bulk.ROUTES, *editing.ROUTES, *profile.ROUTES]
