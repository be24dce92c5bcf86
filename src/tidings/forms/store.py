"""Statements and rows of forms. Private to forms."""

from __future__ import annotations

import msgspec

from tidings.forms.types import FORM_COLUMNS, SUBMISSION_COLUMNS, Form, Submission
from tidings.platform.db import Row, load_sql

sql = load_sql("tidings.forms")
SELECTED = ", ".join(f"f.{name}" for name in FORM_COLUMNS)
SUBMITTED = ", ".join(f"s.{name}" for name in SUBMISSION_COLUMNS)


def form_from(row: Row) -> Form:
    """A form from a row that begins with FORM_COLUMNS."""
    return msgspec.convert({name: row[name] for name in FORM_COLUMNS}, Form)


def submission_from(row: Row) -> Submission:
    """A submission from a row that begins with SUBMISSION_COLUMNS."""
    return Submission(*row[: len(SUBMISSION_COLUMNS)])
