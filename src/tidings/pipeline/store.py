"""Statements of the pipeline. Private to pipeline."""

from __future__ import annotations

from tidings.platform.db import load_sql

sql = load_sql("tidings.pipeline")
