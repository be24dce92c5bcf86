"""Every test that docs/promises.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_tests_behind_the_promises_exist():
    named = set(re.findall(r"`((?:tests/|test_)[\w/.]+)`", (ROOT / "docs/promises.md").read_text(encoding="utf-8")))
    files = list((ROOT / "tests").rglob("test_*.py"))
    known = {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}
    known |= {path.relative_to(ROOT).as_posix() for path in files}
    assert len(named) > 50
    assert sorted(named - known) == []
