"""Rules of the house that a linter does not know."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "tidings").rglob("*.py"))
JUNK = {"utils", "helpers", "service", "services", "manager", "managers", "common", "misc"}
MAX_LINES = 600


def test_no_drawer_for_junk():
    assert [path for path in SOURCES if path.stem in JUNK or path.parent.name in JUNK] == []


def test_every_module_says_what_it_is_for():
    silent = [path for path in SOURCES if path.read_text().strip() and not path.read_text().startswith('"""')]
    assert silent == []


def test_files_are_small_enough_to_see_at_once():
    assert [path for path in SOURCES if len(path.read_text().splitlines()) > MAX_LINES] == []


def test_the_coverage_pages_are_those_of_the_route_tables():
    folder = ROOT / "docs" / "dialects"
    made = runpy.run_path(str(folder / "generate.py"))["pages"]()
    for name, text in made.items():
        assert (folder / name).read_text() == text, f"run python docs/dialects/generate.py ({name})"
