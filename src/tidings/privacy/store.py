"""The statements of this feature and the folder of its files. Private to privacy."""

from __future__ import annotations

from pathlib import Path

from tidings.platform.core import Core
from tidings.platform.db import load_sql

sql = load_sql("tidings.privacy")


def export_path(core: Core, name: str) -> Path:
    """Where a file lies; `name` is one that we made."""
    return core.data_dir / "exports" / name
