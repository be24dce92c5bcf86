"""Requests that schemathesis makes of the served documents, valid and invalid, and what is wrong with their answers.

By hand, against an installation of its own in a folder that goes away: python -m tests.dialects.fuzzing 10 (minutes)
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import loopback_only, named
from tests.dialects.mouth import Mouth, open_mouth
from tests.dialects.test_fuzz import furnished
from tests.kept import Kept
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.embedded import start_embedded
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate

NAMES = ("fluentcrm", "furiosa", "fluenzr")
# They take away the key or the user that asks.
LEFT_OUT = {"reset-database", "delete-rest-key"}
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


async def document_of(mouth: Mouth) -> dict[str, Any]:
    """What the dialect serves."""
    return (await mouth.ask("GET", "/openapi.json", auth="")).json()


def cases_of(document: dict[str, Any], *, seed: int, each: int) -> Iterator[Any]:
    """`each` valid and `each` invalid cases per operation, deletions last."""
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    operations.sort(key=lambda one: (one.method.upper() == "DELETE", one.path))
    for operation in operations:
        if operation.definition.raw["operationId"] in LEFT_OUT:
            continue
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            yield from _drawn(operation, mode, seed, each)


def _drawn(operation: Any, mode: Any, seed: int, each: int) -> list[Any]:
    """Cases of one operation; none where it has nothing that could be invalid."""
    drawn: list[Any] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=each,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def draw(case: Any) -> None:
        drawn.append(case)

    try:
        draw()
    except hypothesis.errors.Unsatisfiable:
        return []
    return drawn


async def fault_of(mouth: Mouth, case: Any) -> str:
    """What is wrong with the answer to a case, empty when nothing is."""
    sent = case.as_transport_kwargs(base_url="http://tidings.test" + mouth.prefix)
    request = httpx.Request(
        sent["method"],
        sent["url"],
        params=sent.get("params") or None,
        headers={name: _header(value) for name, value in {**(sent.get("headers") or {}), **_auth(mouth)}.items()},
        content=_content(sent),
    )
    answer = await mouth.client.send(request)
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        told = "; ".join(str(failure) for failure in group.exceptions)
        return f"{answer.status_code} {request.method} {request.url} {request.content[:300]!r}: {told[:600]}"
    return ""


def _auth(mouth: Mouth) -> dict[str, str]:
    if isinstance(mouth.auth, str):
        return {"authorization": mouth.auth}
    return {"authorization": f"Basic {base64.b64encode(':'.join(mouth.auth).encode()).decode()}"}


def _header(value: Any) -> str | bytes:
    return value if isinstance(value, bytes) else str(value)


def _content(sent: dict[str, Any]) -> bytes | None:
    """The body as requests would send it."""
    if "json" in sent:
        return json.dumps(sent["json"]).encode("utf-8", "surrogatepass")
    data = sent.get("data")
    if isinstance(data, dict):
        return str(httpx.QueryParams(data)).encode()
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


async def faults_of(core: Core, name: str, *, seed: int, each: int) -> tuple[int, list[str]]:
    """How many requests were made, and every fault."""
    mouth = await open_mouth(core, name, per_minute=1_000_000)
    document = await document_of(mouth)
    await furnished(core, mouth)
    asked, faults = 0, []
    for case in cases_of(document, seed=seed, each=each):
        asked += 1
        fault = await fault_of(mouth, case)
        if fault:
            faults.append(fault)
    await mouth.client.aclose()
    return asked, faults


async def _fuzz(dsn: str, folder: Path, minutes: float) -> int:
    """Each dialect in turn with another seed until the time is up; the number of faults."""
    until, seed, found = time.monotonic() + minutes * 60, int(time.time()), 0
    await migrate(named(dsn, "tidings"))
    admin = await asyncpg.connect(named(dsn, "postgres"))
    kept = Kept(admin, "tidings", "fuzzed", named(dsn, "fuzzed"))
    await kept.open()
    while time.monotonic() < until:
        seed += 1
        for name in NAMES:
            db = await Database.open(kept.dsn, min_size=1, max_size=4)
            keys = Keyring(b"k" * 32)
            core = Core(db, SystemClock(), keys, Installation(db, keys), folder)
            asked, faults = await faults_of(core, name, seed=seed, each=5)
            await db.close()
            await kept.clean()
            print(f"{name}, seed {seed}: {asked} requests, {len(faults)} faults", *faults, sep="\n  ", flush=True)
            found += len(faults)
    await kept.close()
    await admin.close()
    return found


def _main(minutes: float) -> int:
    with tempfile.TemporaryDirectory(prefix="tidings-fuzz-", ignore_cleanup_errors=True) as folder, loopback_only():
        server = start_embedded(Path(folder) / "postgres", is_durable=False)
        try:
            return 1 if asyncio.run(_fuzz(server.dsn, Path(folder), minutes)) else 0
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(_main(float(sys.argv[1]) if len(sys.argv) > 1 else 1))
