"""Abandoned carts, listed empty until shops are connected (spec §7.8). Their settings are in `flags`."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.envelope import page_of_rows, page_request
from tidings.platform.errors import Refused

_WIDGETS = {
    "recovered_revenue": "Recovered Revenue",
    "processing_revenue": "Processing Revenue",
    "lost_revenue": "Lost Revenue",
    "draft_revenue": "Draft Revenue",
    "optout_revenue": "Optout Revenue",
}


async def list_carts(call: Call) -> Any:
    page = page_of_rows(call, [], 0, page_request(call, sorts={}))
    return {"carts": page, "haveAutomation": False, "missingAutomations": [], "drivers": {}}


async def report_summary(_call: Call) -> Any:
    widgets = {name: {"title": title, "value": "0.00", "count": "0"} for name, title in _WIDGETS.items()}
    widgets["recovery_rate"] = {"title": "Recovery Rate", "value": "0%", "count": ""}
    return {"widgets": widgets}


async def delete_carts(call: Call) -> Any:
    if not call.ids("cart_ids"):
        raise Refused("No carts selected to delete")
    return {"message": "Selected carts have been deleted successfully"}


_NEEDS = "fcrm_view_dashboard|fcrm_manage_settings"
ROUTES = [
    Route("GET", "/abandon-carts", "list-abandoned-carts", _NEEDS, "view", list_carts),
    Route("GET", "/abandon-carts/report-summary", "get-abandon-cart-report-summary", _NEEDS, "view", report_summary),
    Route(
        "POST",
        "/abandon-carts/bulk-delete",
        "bulk-delete-abandoned-carts",
        "fcrm_manage_settings",
        "ack",
        delete_carts,
    ),
]
