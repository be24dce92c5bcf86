"""The OpenAPI 3.1 document of a dialect, made from its route table and its reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tidings import __version__
from tidings.dialects._engine.reference import Described, Reference
from tidings.dialects._engine.routes import Route, RouteTable

_PARAM = re.compile(r"\{(\w+)(?::(\w+))?\}")
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
_WRITES = ("POST", "PUT", "PATCH")
_NOTHING = Described()


def document(
    table: RouteTable,
    *,
    title: str,
    prefix: str,
    security: Mapping[str, Any],
    error_schema: Mapping[str, Any],
    reference: Reference | None = None,
) -> dict[str, Any]:
    """The document as a plain dict. `security` holds one named scheme."""
    reference = reference or Reference()
    paths: dict[str, dict[str, Any]] = {}
    for route in table.routes:
        if route.handler is not None:
            path = _PARAM.sub(r"{\1}", route.path)
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, reference)
    tags = dict.fromkeys(operation["tags"][0] for item in paths.values() for operation in item.values())
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__}
        | ({"description": reference.about} if reference.about else {}),
        "servers": [{"url": prefix}],
        "security": [{name: []} for name in security],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "securitySchemes": dict(security),
            "schemas": {"Error": dict(error_schema), **reference.schemas},
            "responses": {str(status): _refusal(says) for status, says in reference.refusals.items()},
        },
    }


def _operation(route: Route, path: str, reference: Reference) -> dict[str, Any]:
    described = reference.operations.get(route.operation, _NOTHING)
    example = reference.examples.get(route.operation, {})
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary or described.summary or sentence(route.operation),
        "tags": [route.path.split("/")[1].removesuffix(".json") or "index"],
        "parameters": [*_path_parameters(route, path, example), *_query_parameters(described, example)],
        "responses": {**_success(route, described, example), **_refusals(route, path, reference)},
    }
    says = [described.says] if described.says else []
    if route.permission == "-":
        operation["security"] = []
    elif route.permission:
        says.append(f"Needs: {route.permission.replace('|', ' or ')}.")
    if says:
        operation["description"] = "\n\n".join(says)
    body = route.body if route.body is not None else described.body
    if body is None and route.method in _WRITES:
        body = {"type": "object"}
        described = Described(is_needed=False)
    if body is not None:
        operation["requestBody"] = _body(body, described, example, reference)
    return operation


def sentence(operation: str) -> str:
    """An operation id as words: list-tags and listTags are "List tags"."""
    return " ".join(word if word.isupper() else word.lower() for word in _WORDS.findall(operation)).capitalize()


def _path_parameters(route: Route, path: str, example: Mapping[str, Any]) -> list[dict[str, Any]]:
    pattern = re.compile(_PARAM.sub(r"(?P<\1>[^/]+)", path))
    found = pattern.fullmatch(example["request"]["path"]) if example else None
    parameters: list[dict[str, Any]] = []
    for name, kind in _PARAM.findall(route.path):
        is_text = bool(kind) and kind != "int"
        one: dict[str, Any] = {"name": name, "in": "path", "required": True}
        one["schema"] = {"type": "string", "minLength": 1} if is_text else {"type": "integer", "minimum": 0}
        if found:
            one["example"] = found[name] if is_text else int(found[name])
        parameters.append(one)
    return parameters


def _query_parameters(described: Described, example: Mapping[str, Any]) -> list[dict[str, Any]]:
    asked = example["request"].get("query", {}) if example else {}
    parameters: list[dict[str, Any]] = []
    for one in described.query:
        made: dict[str, Any] = {"name": one.name, "in": "query", "schema": dict(one.schema)}
        if one.says:
            made["description"] = one.says
        if one.name in asked:
            made["example"] = asked[one.name]
        parameters.append(made)
    return parameters


def _body(body: Any, described: Described, example: Mapping[str, Any], reference: Reference) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": body} for kind in reference.body_kinds}
    if example and "body" in example["request"]:
        content["application/json"]["example"] = example["request"]["body"]
    return {"required": described.is_needed, "content": content}


def _success(route: Route, described: Described, example: Mapping[str, Any]) -> dict[str, Any]:
    status, schema = (route.answer, None) if isinstance(route.answer, int) else (200, route.answer)
    if status == 204:
        return {"204": {"description": "Done; the answer is empty."}}
    content: dict[str, Any] = {"schema": schema or described.answer or {}}
    if "answer" in example:
        content["example"] = example["answer"]
    return {str(status): {"description": "Success", "content": {described.answer_kind: content}}}


def _refusals(route: Route, path: str, reference: Reference) -> dict[str, Any]:
    """Those that the operation can meet by what it is, and the shape of all others."""
    met = set(reference.of_writes) if route.method in _WRITES else {400, 422}
    if route.permission != "-":
        met |= {401, 429} | ({403} if route.permission else set())
    if "{" in path:
        met |= set(reference.of_records)
    told = {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(met & set(reference.refusals))
    }
    return {**told, "4XX": _refusal("Refused")}


def _refusal(says: str) -> dict[str, Any]:
    return {"description": says, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
