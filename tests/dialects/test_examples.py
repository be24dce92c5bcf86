"""The examples of the documents are what a dialect really answers: each is asked again and compared.

TIDINGS_WRITE_EXAMPLES=1 writes them anew.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import tidings.dialects
from tests.dialects.mouth import Mouth, open_mouth
from tests.dialects.stories import STORIES, Step
from tidings.platform.core import Core

FOLDER = Path(tidings.dialects.__file__).parent
# Times are of the day the test runs; every one becomes the same.
_TIMES = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"), "2027-01-31T10:00:00Z"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"), "2027-01-31 10:00:00"),
)
# A hash of a record is made of its time.
_HASH = re.compile(r"\b[0-9a-f]{32}\b")
# The short name of a pattern ends in random letters.
_TAIL = re.compile(r"(fluentcrm/[a-z0-9-]+-)[0-9a-f]{13}\b")


def _normal(value: Any) -> Any:
    """An answer without what changes from run to run."""
    text = json.dumps(value)
    for pattern, word in _TIMES:
        text = pattern.sub(word, text)
    return json.loads(_TAIL.sub(rf"\g<1>{'0' * 13}", _HASH.sub("0" * 32, text)))


def _filled(value: Any, kept: dict[str, Any]) -> Any:
    """A path or a body with the ids that were kept."""
    if isinstance(value, str):
        if value[:1] == "{" and value[1:-1] in kept:
            return kept[value[1:-1]]
        return re.sub(r"\{(\w+)\}", lambda found: str(kept[found[1]]), value)
    if isinstance(value, list):
        return [_filled(one, kept) for one in value]
    return {name: _filled(one, kept) for name, one in value.items()} if isinstance(value, dict) else value


async def _asked(mouth: Mouth, step: Step, kept: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The operation and the example that one step makes."""
    path, body = _filled(step.path, kept), _filled(step.body, kept)
    match = mouth.table.find(step.method, path)
    assert match is not None, path
    answer = await mouth.ask(step.method, path, body, query=step.query or None)
    assert answer.status_code < 300, f"{step.method} {path}: {answer.text}"
    example: dict[str, Any] = {"request": {"method": step.method, "path": path}, "status": answer.status_code}
    if step.query:
        example["request"]["query"] = step.query
    if body is not None:
        example["request"]["body"] = body
    if answer.content:
        example["answer"] = _normal(answer.json())
    if step.keeps:
        found = answer.json()
        for name in step.keeps.split("."):
            found = found[name]
        kept[step.as_] = found
    return match.route.operation, example


@pytest.mark.parametrize("name", STORIES)
async def test_every_example_is_answered_as_it_is_told(core: Core, name: str):
    mouth = await open_mouth(core, name, per_minute=1000)
    document = (await mouth.ask("GET", "/openapi.json", auth="")).json()
    operations = {one["operationId"]: one for item in document["paths"].values() for one in item.values()}
    kept: dict[str, Any] = {}
    made: dict[str, Any] = {}
    for step in STORIES[name]:
        operation, example = await _asked(mouth, step, kept)
        made[operation] = example
        told = operations[operation]["responses"][str(example["status"])]
        if "answer" in example:
            schema = told["content"]["application/json"]["schema"]
            validator = Draft202012Validator({**schema, "components": document["components"]})
            assert [error.message for error in validator.iter_errors(example["answer"])] == [], operation
    await mouth.client.aclose()
    folder = FOLDER / name / "examples"
    if os.environ.get("TIDINGS_WRITE_EXAMPLES"):
        folder.mkdir(exist_ok=True)
        for path in folder.glob("*.json"):
            path.unlink()
        for operation, example in made.items():
            text = json.dumps(example, indent=2, ensure_ascii=False)
            (folder / f"{operation}.json").write_text(text + "\n", encoding="utf-8")
    stored = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    assert stored == made
