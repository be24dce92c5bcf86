"""The routes of the area."""

from __future__ import annotations

from tidings.ui.companies import browsing, company, joining

ROUTES = [*browsing.ROUTES, *company.ROUTES, *joining.ROUTES]
