"""`tidings` as a script would run it, on the database of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


class Cli:
    """Runs `tidings` as a script would, on the database of the test."""

    def __init__(self, dsn: str, data: Path) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TIDINGS_")},
            "DATABASE_URL": dsn,
            "TIDINGS_DATA": str(data),
        }

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tidings", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self._environment | variables,
            timeout=60,
        )


@pytest.fixture
def cli(dsn: str, tmp_path: Path) -> Cli:
    return Cli(dsn, tmp_path / "data")
