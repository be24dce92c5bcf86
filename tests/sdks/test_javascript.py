"""The JavaScript clients in Node against a running Tidings; what is asserted stands in `javascript/*.mjs`."""

from __future__ import annotations

import re
from pathlib import Path

from tests.sdks.conftest import SDKS, Running, Scripts

HERE = Path(__file__).parent / "javascript"


async def test_fluenzr(running: Running, scripts: Scripts):
    reader, spent = await running.key("fluenzr", is_read_only=True), await running.key("fluenzr", per_minute=1)
    text = (HERE / "fluenzr.mjs").read_text(encoding="utf-8")
    scripts.run(text, BASE=running.url, KEY=running.keys["fluenzr"], READER=reader, SPENT=spent)


async def test_furiosa(running: Running, scripts: Scripts):
    reader = await running.key("furiosa", scopes=["contacts:read"])
    text = (HERE / "furiosa.mjs").read_text(encoding="utf-8")
    scripts.run(text, BASE=running.url, KEY=running.keys["furiosa"], READER=reader)


def test_fluentcrm(running: Running, scripts: Scripts):
    text = (HERE / "fluentcrm.mjs").read_text(encoding="utf-8")
    scripts.run(text, BASE=running.url, KEY=running.keys["fluentcrm"])


def test_it_needs_no_other_package():
    for path in (SDKS / "javascript" / "src").glob("*.ts"):
        imported = re.findall(r'(?:from|import)\s*\(?"([^"]+)"', path.read_text(encoding="utf-8"))
        assert all(name.startswith("./") for name in imported), path
