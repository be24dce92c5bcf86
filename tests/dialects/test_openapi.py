"""The served OpenAPI documents: valid, complete, and true to what the dialects answer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.dialects.mouth import Mouth, open_mouth
from tests.dialects.test_fuzz import furnished
from tidings import __version__
from tidings.dialects._engine.openapi import sentence
from tidings.dialects._engine.reference import Reference
from tidings.dialects.fluentcrm.reference import REFERENCE as FLUENTCRM
from tidings.dialects.fluenzr.reference import REFERENCE as FLUENZR
from tidings.dialects.furiosa.reference import REFERENCE as FURIOSA
from tidings.platform.core import Core

NAMES = ["fluentcrm", "furiosa", "fluenzr"]
REFERENCES = {"fluentcrm": FLUENTCRM, "furiosa": FURIOSA, "fluenzr": FLUENZR}
_PARAM = re.compile(r"\{(\w+)(?::(\w+))?\}")
_METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}


async def _document(mouth: Mouth) -> dict[str, Any]:
    answer = await mouth.ask("GET", "/openapi.json", auth="")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


def _operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    }


@pytest.mark.parametrize("name", NAMES)
async def test_the_document_is_valid_and_lists_exactly_the_routes(core: Core, name: str):
    mouth = await open_mouth(core, name)
    document = await _document(mouth)
    validate(document)
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", __version__)
    assert document["servers"] == [{"url": mouth.prefix}]
    operations = _operations(document)
    routes = {(route.method, _PARAM.sub(r"{\1}", route.path)): route for route in mouth.table.routes if route.handler}
    assert set(operations) == set(routes)
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(set(ids)) == len(ids)
    (scheme,) = document["components"]["securitySchemes"].values()
    assert scheme == {"type": "http", "scheme": "basic" if name == "fluentcrm" else "bearer"}
    for key, route in routes.items():
        operation = operations[key]
        assert operation["operationId"] == route.operation
        assert operation["summary"].strip()
        told = {one["name"]: one["schema"]["type"] for one in operation["parameters"] if one["in"] == "path"}
        named = {word: "integer" if kind in ("", "int") else "string" for word, kind in _PARAM.findall(route.path)}
        assert told == named, key
        assert (operation.get("security") == []) is (route.permission == "-"), key
        for permission in route.permission.split("|"):
            assert permission in ("", "-") or permission in operation["description"], key
    await mouth.client.aclose()


async def test_every_route_says_whom_it_serves_and_how(core: Core):
    for name in NAMES:
        mouth = Mouth(core, name)
        for route in mouth.table.routes:
            assert route.handler or route.reason, route.path
            assert route.permission != "-" or route.operation == "openapi" or route.path.startswith("/public/")
            assert re.fullmatch(r"[a-z][A-Za-z0-9-]*", route.operation)
        await mouth.client.aclose()


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_described_exists_and_the_examples_stand_in_the_document(core: Core, name: str):
    mouth = await open_mouth(core, name)
    known = {route.operation for route in mouth.table.routes if route.handler}
    reference: Reference = REFERENCES[name]
    assert set(reference.operations) <= known
    assert set(reference.examples) <= known
    assert len(reference.examples) >= 15
    told = {one["operationId"]: one for one in _operations(await _document(mouth)).values()}
    for operation, example in reference.examples.items():
        if "answer" in example:
            content = told[operation]["responses"][str(example["status"])]["content"]
            assert content["application/json"]["example"] == example["answer"]
        if "body" in example["request"]:
            content = told[operation]["requestBody"]["content"]
            assert content["application/json"]["example"] == example["request"]["body"]
        queried = {one["name"]: one.get("example") for one in told[operation]["parameters"] if one["in"] == "query"}
        for parameter, value in example["request"].get("query", {}).items():
            assert queried[parameter] == value, (operation, parameter)
    await mouth.client.aclose()


@pytest.mark.parametrize(
    ("operation", "words"),
    [("list-tags", "List tags"), ("getFormTemplates", "Get form templates"), ("sum-up-contact", "Sum up contact")],
)
def test_an_operation_without_a_summary_is_called_by_its_id(operation: str, words: str):
    assert sentence(operation) == words


@pytest.mark.parametrize("name", NAMES)
async def test_refusals_fit_the_schema_of_an_error(core: Core, name: str):
    mouth = await open_mouth(core, name)
    schema = (await _document(mouth))["components"]["schemas"]["Error"]
    validator = Draft202012Validator(schema)
    seen: set[int] = set()
    for route in mouth.table.routes:
        if route.permission == "-" or route.path == "/":
            continue
        path = _PARAM.sub(lambda found: "nothing" if found[2] == "word" else "999", route.path)
        for auth in ("", None):
            answer = await mouth.ask(route.method, path, None if route.method == "GET" else {}, auth=auth)
            if answer.status_code >= 400:
                seen.add(answer.status_code)
                validator.validate(answer.json())
    assert seen >= {401, 404, 400 if name == "fluenzr" else 422}
    await mouth.client.aclose()


@pytest.mark.parametrize("name", NAMES)
async def test_successes_have_the_status_that_the_document_tells(core: Core, name: str):
    mouth = await open_mouth(core, name, per_minute=1_000_000)
    ids, bodies = await furnished(core, mouth)
    operations = _operations(await _document(mouth))
    seen: set[int] = set()
    for route in sorted(mouth.table.routes, key=lambda one: (one.method == "DELETE", "delete" in one.operation)):
        head = route.path.split("/")[1]
        path = _PARAM.sub(lambda found, head=head: ids.get(f"{head}.{found[1]}", "1"), route.path)
        answer = await mouth.ask(route.method, path, None if route.method == "GET" else bodies.get(route.operation, {}))
        if answer.status_code < 300:
            told = operations[route.method, _PARAM.sub(r"{\1}", route.path)]["responses"]
            assert str(answer.status_code) in told, (route.method, path)
            seen.add(answer.status_code)
    assert seen == {"fluentcrm": {200, 201}, "furiosa": {200, 201, 204}, "fluenzr": {200, 201}}[name]
    await mouth.client.aclose()
