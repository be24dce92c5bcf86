"""The borders of the house bite: breaches are planted in a copy of the sources, and each must be found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What is written into which module, and the contract that must break by it.
BREACHES = {
    "contacts/rules.py": ("import tidings.campaigns.queries", "The floors of the house"),
    "reports/dashboard.py": ("import tidings.ui.app", "The floors of the house"),
    "dialects/furiosa/wire.py": ("import tidings.dialects.fluentcrm.wire", "Dialects are strangers"),
    "dialects/_engine/codecs.py": ("import tidings.contacts.types", "The dialect engine knows no feature"),
    "messages/rules.py": ("import litestar", "No web framework below the ring"),
    "ui/dashboard/pages.py": ("import tidings.campaigns.store", "A feature's store is private to it"),
    "segments/days.py": ("import httpx", "The HTTP client lives in the platform only"),
    "campaigns/rules.py": ("import smtplib", "Mail leaves through the transports only"),
}


def _lint(folder: Path) -> str:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=120)
    return done.stdout + done.stderr


def _copied(folder: Path) -> Path:
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "dist"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_every_contract_finds_its_breach(tmp_path: Path):
    copy = _copied(tmp_path)
    for place, (line, _) in BREACHES.items():
        file = copy / "src" / "tidings" / place
        file.write_text(
            file.read_text().replace(
                "from __future__ import annotations\n", f"from __future__ import annotations\n\n{line}\n", 1
            )
        )
    said = _lint(copy)
    broken = re.findall(r"^(.+) BROKEN", said, re.MULTILINE)
    for line, contract in BREACHES.values():
        assert any(name.startswith(contract) for name in broken), (line, said)


def test_a_package_without_a_floor_is_refused(tmp_path: Path):
    copy = _copied(tmp_path)
    (copy / "src" / "tidings" / "common").mkdir()
    (copy / "src" / "tidings" / "common" / "__init__.py").touch()
    said = _lint(copy)
    assert "The floors of the house: a lower one never calls a higher one BROKEN" in said, said
    assert "common" in said
