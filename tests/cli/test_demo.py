"""The main job from end to end, as `make demo` does it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def _demo(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TIDINGS_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-m", "tidings", "demo", *arguments],
        capture_output=True,
        text=True,
        env=environment | {"TMPDIR": str(folder), "COLUMNS": "120"},
        timeout=150,
    )


def test_the_demo_imports_sends_is_read_and_its_report_is_true(tmp_path: Path):
    done = _demo(folder=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "1000 rows of contacts.csv: 968 new contacts, 20 met again, 12 refused" in done.stdout
    numbers = {name: int(count) for name, count in re.findall(r"│ (\w+) +│ +(\d+) │", done.stdout)}
    assert (numbers["Recipients"], numbers["Delivered"], numbers["Bounced"]) == (968, 964, 4)
    assert numbers["Opened"] > numbers["Clicked"] > numbers["Unsubscribed"] > 0
    assert "https://books.example/harbour-lights" in done.stdout
    assert not list(tmp_path.glob("tidings-demo-*")), "the throw-away folder is gone"


def test_a_folder_without_examples_is_named(tmp_path: Path):
    done = _demo("--examples", str(tmp_path), folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"There is no file {tmp_path / 'contacts.csv'}" in done.stderr
