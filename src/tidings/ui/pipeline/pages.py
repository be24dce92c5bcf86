"""The routes of the area."""

from __future__ import annotations

from tidings.ui.pipeline import board, card, moving, stages

ROUTES = [*board.ROUTES, *moving.ROUTES, *card.ROUTES, *stages.ROUTES]
