"""What every write of the Furiosa and FluenzR dialects says of a body that it cannot take: the dialect's own refusal that
names the field, and nothing written. The rows come from the route tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.dialects.mouth import Mouth, changed, open_mouth, rows
from tests.dialects.test_fuzz import BROKEN, furnished, is_refusal
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.ids import opaque
from tidings.platform.core import Core

DIALECTS = ("furiosa", "fluenzr")
JSON = {"content-type": "application/json"}
FOREIGN = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml")
_PARAM = re.compile(r"\{(\w+)(?::\w+)?\}")
_ID = re.compile(r"(con|grp|cmp|acc|stg|whk)_\w+")
# Told row by row, and tested with the rows.
_ROW_BY_ROW = {("createContacts", "audience_id"), ("bulkContacts", "contacts")}
# What is shown in a text of an id; the others name other things.
_PREFIXES = ("con", "grp", "cmp", "acc", "stg", "whk", "evt")


@dataclass
class Bad:
    """A dialect with a few records of every kind, and the faults found so far."""

    mouth: Mouth
    ids: Mapping[str, str]
    good: Mapping[str, Any]
    faults: list[str] = field(default_factory=list[str])

    def writes(self) -> Iterator[tuple[Route, str, dict[str, Any]]]:
        """Every row that may have a body, its address and a good body."""
        for route in self.mouth.table.routes:
            if route.method in ("POST", "PUT", "PATCH") or (route.method == "DELETE" and route.operation in self.good):
                yield route, self.path(route), dict(self.good.get(route.operation, {}))

    def path(self, route: Route) -> str:
        head = route.path.split("/")[1]
        return _PARAM.sub(lambda found: self.ids.get(f"{head}.{found[1]}", "1"), route.path)

    async def ask(self, route: Route, path: str, body: object = None, **more: Any) -> httpx.Response:
        """A request; what is no refusal of the dialect is a fault."""
        if body is not None:
            more |= {"raw": json.dumps(body).encode(), "headers": JSON}
        answer = await self.mouth.ask(route.method, path, **more)
        if not 400 <= answer.status_code < 500 or not is_refusal(self.mouth, answer):
            self.note(route, answer, body if body is not None else more)
        return answer

    def note(self, route: Route, answer: httpx.Response, asked: object) -> None:
        self.faults.append(f"{route.method} {route.path} {str(asked)[:300]}: {answer.status_code} {answer.text[:300]}")

    def expect(self, route: Route, answer: httpx.Response, asked: object, status: int, name: str = "") -> None:
        """The status, and `name` or something inside it among the fields at fault."""
        body = answer.json() if answer.content else {}
        told = body.get("errors", {}) if self.mouth.name == "furiosa" else body.get("error", {}).get("details", {})
        is_named = not name or any(one == name or one.startswith((f"{name}.", f"{name}[")) for one in told)
        if answer.status_code != status or not is_named:
            self.note(route, answer, (asked, "should be", status, name))


@pytest.fixture(params=DIALECTS)
async def bad(core: Core, request: pytest.FixtureRequest) -> Bad:
    """Each of the two dialects."""
    mouth = await open_mouth(core, request.param, per_minute=1_000_000)
    return Bad(mouth, *await furnished(core, mouth))


async def test_bodies_that_are_no_json_object_are_refused(core: Core, bad: Bad):
    before = await rows(core)
    too_long = b" " * (bad.mouth.app.dialect.max_body + 1)
    for route, path, good in bad.writes():
        if route.method == "DELETE" and bad.mouth.name == "furiosa":
            continue
        for kind in FOREIGN:
            answer = await bad.ask(route, path, raw=json.dumps(good).encode(), headers={"content-type": kind})
            bad.expect(route, answer, kind, 415)
        for raw in BROKEN:
            bad.expect(route, await bad.ask(route, path, raw=raw, headers=JSON), raw, 400)
        bad.expect(route, await bad.ask(route, path, raw=too_long, headers=JSON), "too long", 413)
    assert not bad.faults, "\n".join(bad.faults)
    assert await changed(core, before) == []


async def test_a_field_of_another_type_is_named(core: Core, bad: Bad):
    refusal = 422 if bad.mouth.name == "furiosa" else 400
    before = await rows(core)
    for route, path, good in bad.writes():
        for name, value in good.items():
            for odd in _others(value):
                bent = {**good, name: odd}
                bad.expect(route, await bad.ask(route, path, bent), {name: odd}, refusal, name)
    assert not bad.faults, "\n".join(bad.faults)
    assert await changed(core, before) == []


def _others(value: Any) -> list[Any]:
    """Values of other types than this one."""
    if isinstance(value, list):
        return [5, {"a": 1}, [{"a": []}]] if value and isinstance(value[0], str | int) else [5, {"a": 1}]
    if isinstance(value, dict):
        return [5, ["x"]]
    return [{"a": 1}, ["x"]]


async def test_ids_of_another_kind_are_unknown(core: Core, bad: Bad):
    refusal = 422 if bad.mouth.name == "furiosa" else 400
    before = await rows(core)
    for route, path, good in bad.writes():
        for odd_path in _odd_paths(bad, route):
            bad.expect(route, await bad.ask(route, odd_path, good), odd_path, 404)
        for name, value in good.items():
            for odd in _odd_ids(bad, name, value) if (route.operation, name) not in _ROW_BY_ROW else []:
                bent = {**good, name: odd}
                bad.expect(route, await bad.ask(route, path, bent), {name: odd}, refusal, name)
    assert not bad.faults, "\n".join(bad.faults)
    assert await changed(core, before) == []


def _odd_paths(bad: Bad, route: Route) -> list[str]:
    """Addresses with an id of another kind, and one that nobody has."""
    found: list[str] = []
    for param in _PARAM.finditer(route.path):
        if bad.mouth.name == "furiosa":
            # 2 is a group, 1 an audience
            others = ["999999999999999999", *{"/audiences/{id}": ["2"]}.get(route.path[: param.end()], ["77"])]
        else:
            own = _ID.fullmatch(bad.path(route).split("/")[route.path[: param.end()].count("/")])
            assert own
            others = [opaque(one, 1) for one in _PREFIXES if one != own[1]] + [
                opaque(own[1], 10**9),
                f"{own[1]}_x",
                "1",
            ]
        for other in others:
            filled = route.path[: param.start()] + other + route.path[param.end() :]
            found.append(_PARAM.sub(lambda p: bad.ids.get(f"{route.path.split('/')[1]}.{p[1]}", "1"), filled))
    return found


def _odd_ids(bad: Bad, name: str, value: Any) -> list[Any]:
    """Values like this one whose ids belong to something else; none where it holds no id."""
    if bad.mouth.name == "furiosa":
        return {"audience_id": [2, 99, "1"], "audience_ids": [[2], [99], ["1"]], "groups": [[1], [99], ["2"]]}.get(
            name, []
        )
    text = json.dumps(value)
    if name == "filters" or not _ID.search(text):
        return []
    return [
        json.loads(_ID.sub(lambda _, other=other: other, text)) for other in ("evt_" + "x" * 8, "7", opaque("evt", 1))
    ]
