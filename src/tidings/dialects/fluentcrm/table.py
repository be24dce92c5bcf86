"""The whole route table of this dialect, resource by resource."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.openapi import document
from tidings.dialects._engine.routes import Route, RouteTable
from tidings.dialects.fluentcrm import (
    bulk_actions,
    campaign_reports,
    campaign_sending,
    campaigns,
    catalog,
    companies,
    company_import,
    company_tabs,
    contact_export,
    contact_tabs,
    custom_fields,
    dynamic_segments,
    email_patterns,
    forms,
    funnel_reports,
    funnel_runs,
    funnel_steps,
    funnels,
    imports,
    installation,
    migrators,
    pickers,
    reports,
    search,
    smart_links,
    subscribers,
    templates,
    tools,
    webhooks,
)
from tidings.dialects.fluentcrm.dialect import PREFIX, may
from tidings.dialects.fluentcrm.reference import REFERENCE

_SECURITY = {"basic": {"type": "http", "scheme": "basic"}}
# Some refusals are a bare text.
_ERROR = {"type": ["object", "string"], "properties": {"message": {"type": "string"}}}


async def index(call: Call) -> Any:
    """GET of the namespace: what there is."""
    table = build()
    routes: dict[str, Any] = {}
    for route in table.routes:
        entry = routes.setdefault(f"/fluent-crm/v2{route.path.rstrip('/')}", _index_entry(call, route))
        if route.method not in entry["methods"]:
            entry["methods"].append(route.method)
            entry["endpoints"].append({"methods": [route.method], "args": []})
    up = [{"href": f"{call.context.public_url}/wp-json/"}]
    return {"namespace": "fluent-crm/v2", "routes": routes, "_links": {"up": up}}


def _index_entry(call: Call, route: Route) -> dict[str, Any]:
    href = f"{call.context.public_url}{PREFIX}{route.path.rstrip('/')}"
    return {
        "namespace": "fluent-crm/v2",
        "methods": [route.method],
        "endpoints": [{"methods": [route.method], "args": []}],
        "_links": {"self": [{"href": href}]},
    }


async def openapi(call: Call) -> Any:
    """The OpenAPI document of this dialect."""
    title = "Tidings, FluentCRM dialect"
    return Answer(
        document(build(), title=title, prefix=PREFIX, security=_SECURITY, error_schema=_ERROR, reference=REFERENCE)
    )


async def use_tools(call: Call) -> Any:
    """The endpoint for language models: each tool is a row of this table."""
    return await tools.answer(call, build(), may)


def build() -> RouteTable:
    """Every row."""
    own = [
        Route("GET", "/", "index", "", "view", index),
        Route("GET", "/openapi.json", "openapi", "-", "view", openapi),
        Route("POST", tools.PATH, "use-tools", "", "ack", use_tools),
    ]
    resources = (
        catalog,
        custom_fields,
        subscribers,
        bulk_actions,
        contact_tabs,
        companies,
        company_tabs,
        company_import,
        campaigns,
        campaign_sending,
        campaign_reports,
        templates,
        email_patterns,
        reports,
        contact_export,
        pickers,
        search,
        dynamic_segments,
        imports,
        webhooks,
        forms,
        smart_links,
        migrators,
        funnels,
        funnel_steps,
        funnel_runs,
        funnel_reports,
        installation,
    )
    return RouteTable([*own, *(route for one in resources for route in one.ROUTES)])
