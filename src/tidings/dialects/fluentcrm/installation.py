"""Everything about the installation itself, gathered from its modules in the order in which they are tried."""

from __future__ import annotations

from tidings.dialects.fluentcrm import (
    assistants,
    auto_subscribe,
    bounces,
    carts,
    docs,
    flags,
    logs,
    settings,
    settings_compliance,
    settings_optin,
    team,
    text_messages,
    users,
)

ROUTES = [
    route
    for module in (
        settings,
        settings_compliance,
        settings_optin,
        auto_subscribe,
        flags,
        bounces,
        logs,
        team,
        text_messages,
        assistants,
        docs,
        carts,
        users,
    )
    for route in module.ROUTES
]
