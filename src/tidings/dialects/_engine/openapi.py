"""The OpenAPI 3.1 document of a dialect, made from its route table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tidings import __version__
from tidings.dialects._engine.routes import Route, RouteTable

_PARAM = re.compile(r"\{(\w+)(?::(\w+))?\}")


def document(
    table: RouteTable,
    *,
    title: str,
    prefix: str,
    security: Mapping[str, Any],
    error_schema: Mapping[str, Any],
) -> dict[str, Any]:
    """The document as a plain dict. `security` holds one named scheme."""
    paths: dict[str, dict[str, Any]] = {}
    for route in table.routes:
        if route.handler is not None:
            paths.setdefault(_PARAM.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__},
        "servers": [{"url": prefix}],
        "security": [{name: []} for name in security],
        "paths": paths,
        "components": {"securitySchemes": dict(security), "schemas": {"Error": dict(error_schema)}},
    }


def _operation(route: Route) -> dict[str, Any]:
    params = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"} if kind and kind != "int" else {"type": "integer"},
        }
        for name, kind in _PARAM.findall(route.path)
    ]
    status, schema = (route.answer, {}) if isinstance(route.answer, int) else (200, route.answer or {})
    content = {} if status == 204 else {"content": {"application/json": {"schema": schema}}}
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary or route.operation.replace("-", " ").replace("_", " "),
        "tags": [route.path.split("/")[1]],
        "parameters": params,
        "responses": {
            str(status): {"description": "Success", **content},
            "4XX": {
                "description": "Refused",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
    }
    if route.permission == "-":
        operation["security"] = []
    elif route.permission:
        operation["description"] = f"Needs: {route.permission.replace('|', ' or ')}."
    if route.body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": route.body}}}
    return operation
