"""The JavaScript clients in Node against a running Tidings; what is asserted stands in `javascript/*.mjs`."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from benchmarks.sink import Sink

from tests.sdks.answering import Asked
from tests.sdks.conftest import SDKS, Running, Scripts
from tidings.campaigns.drawing import advance_campaigns
from tidings.pages import actions as pages
from tidings.pages.types import Block, PageDraft

HERE = Path(__file__).parent / "javascript"
_HIDDEN = re.compile(r"^\s+(?:protected|private) (?:async )?(?:readonly )?(\w+)", re.MULTILINE)


def _run(running: Running, scripts: Scripts, dialect: str, **environment: str) -> None:
    """One of the files, which ends with: every method of the client was called."""
    text = "".join((HERE / name).read_text(encoding="utf-8") for name in ("noting.mjs", f"{dialect}.mjs"))
    scripts.run(text, BASE=running.url, KEY=running.keys[dialect], HIDDEN=" ".join(_hidden()), **environment)


def _hidden() -> set[str]:
    """What is no method for users, by the declarations; and what clients tell their resources."""
    declared = [path.read_text(encoding="utf-8") for path in (SDKS / "javascript" / "src").glob("*.ts")]
    found = {name for text in declared for name in _HIDDEN.findall(text)}
    assert {"at", "value", "rows", "series"} <= found
    return found | {"unwrap", "readPage"}


async def test_fluenzr(running: Running, scripts: Scripts, hook: tuple[str, list[Asked]], sink: tuple[int, Sink]):
    keys = {
        "READER": await running.key("fluenzr", is_read_only=True),
        "SPENT": await running.key("fluenzr", per_minute=1),
    }
    script = asyncio.create_task(
        asyncio.to_thread(_run, running, scripts, "fluenzr", HOOK=f"{hook[0]}/hook", SMTP=str(sink[0]), **keys)
    )
    while not script.done():
        await advance_campaigns(running.core)
        await asyncio.wait([script], timeout=0.1)
    await script
    assert [one.line for one in hook[1]] == ["POST /hook"]
    assert [recipient for _, recipient, _ in sink[1].received] == ["tove@fjord.example"]


async def test_furiosa(running: Running, scripts: Scripts):
    page = await pages.create_page(running.core, PageDraft("Spring", "spring", blocks=[Block("divider")]))
    reader = await running.key("furiosa", scopes=["contacts:read"])
    _run(running, scripts, "furiosa", READER=reader, PAGE=str(page))


def test_fluentcrm(running: Running, scripts: Scripts):
    _run(running, scripts, "fluentcrm")


def test_it_needs_no_other_package():
    for path in (SDKS / "javascript" / "src").glob("*.ts"):
        imported = re.findall(r'(?:from|import)\s*\(?"([^"]+)"', path.read_text(encoding="utf-8"))
        assert all(name.startswith("./") for name in imported), path
