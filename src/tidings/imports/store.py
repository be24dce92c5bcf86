"""Statements and rows of imports, and the folder of uploads. Private to imports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from tidings.imports.types import IMPORT_COLUMNS, Import
from tidings.platform.core import Core
from tidings.platform.db import Row, load_sql

sql = load_sql("tidings.imports")
SELECTED = ", ".join(f"i.{name}" for name in IMPORT_COLUMNS)
_NAME = re.compile(r"[0-9a-f]{32}\.csv")


def import_from(row: Row) -> Import:
    """An import from a row that begins with IMPORT_COLUMNS."""
    return msgspec.convert({name: row[name] for name in IMPORT_COLUMNS}, Import)


def plain(value: Any) -> Any:
    """A struct as the JSON codec stores it."""
    return msgspec.to_builtins(value)


def uploads(core: Core) -> Path:
    """The folder of uploads, made when missing; only this installation's user may look into it."""
    folder = core.data_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def upload_path(core: Core, name: str) -> Path:
    """Where an upload lies. Names are ours and random; anything else is a ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an upload")
    return core.data_dir / "uploads" / name
