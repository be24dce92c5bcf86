"""The routes of the area."""

from __future__ import annotations

from tidings.ui.catalog import fields, lists, tags

ROUTES = [*lists.ROUTES, *tags.ROUTES, *fields.ROUTES]
