"""The routes of the area."""

from __future__ import annotations

from tidings.ui.imports import deciding, moving, running, uploading

ROUTES = [*uploading.ROUTES, *deciding.ROUTES, *running.ROUTES, *moving.ROUTES]
