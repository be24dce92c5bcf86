"""The routes of outgoing webhooks."""

from __future__ import annotations

from tidings.ui.outgoing_webhooks import deliveries, editing, endpoints

ROUTES = [*endpoints.ROUTES, *editing.ROUTES, *deliveries.ROUTES]
