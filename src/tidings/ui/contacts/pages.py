"""The routes of the area."""

from __future__ import annotations

from tidings.ui.contacts import browsing, bulk, changes, editing, notes, privacy, profile

ROUTES = [
    *browsing.ROUTES,
    *bulk.ROUTES,
    *changes.ROUTES,
    *editing.ROUTES,
    *profile.ROUTES,
    *notes.ROUTES,
    *privacy.ROUTES,
]
