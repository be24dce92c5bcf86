"""Cutting a file into chunks of rows from any byte on, in constant memory. What a row means is `staging`'s.

A quotation mark that is never closed would swallow the rest of the file: a record that grows too long, or that meets
the end of the file inside quotes, is refused and reading goes on at the next line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tidings.imports.sniffing import decode_line
from tidings.imports.types import MAX_LINE, MAX_RECORD, Chunk, Dialect, Reject

MAX_ROWS = 20_000
MAX_BYTES = 16 * 1024 * 1024
# Bytes that no text has; deleting them is safe in every encoding in which ASCII is ASCII.
_CONTROLS = bytes(b for b in (*range(0x20), 0x7F) if b not in b"\t\n\r")
_END = "\x00end\x00"
_OPEN = "A quotation mark that is opened here is never closed, or a field is longer than 128 kB."


class _Broken(Exception):
    """A record that cannot be read; the argument is the sentence for the operator."""


class _Feed:
    """Lines for the csv reader; knows how far the file was given out and where the present record began."""

    def __init__(self, file: BinaryIO, encoding: str, position: int, line: int) -> None:
        self.file = file
        self.encoding = encoding
        self.position = self.record_at = position
        self.line = self.record_line = line
        file.seek(position)

    def __iter__(self) -> Iterator[str]:
        readline, encoding = self.file.readline, self.encoding
        is_utf8 = encoding == "utf-8"
        while raw := readline(MAX_LINE):
            self.position += len(raw)
            self.line += 1
            if len(raw) == MAX_LINE:
                raise _Broken("The line is longer than 1 MB.")
            if self.position - self.record_at > MAX_RECORD:
                raise _Broken(_OPEN)
            raw = raw.translate(None, _CONTROLS)
            yield decode_line(raw) if is_utf8 else raw.decode(encoding, "replace")
        # Comes back as a row of its own unless a quotation mark stands open.
        yield _END

    def pass_over(self, reason: str) -> Reject:
        """Refuses the present record and stands at the line after the one it began on."""
        self.file.seek(self.record_at)
        self.position, first = self.record_at, b""
        while raw := self.file.readline(MAX_LINE):
            first = first or raw[:1000].translate(None, _CONTROLS)
            self.position += len(raw)
            if raw.endswith(b"\n"):
                break
        self.record_at = self.position
        self.line = self.record_line = self.record_line + 1
        return Reject(self.line, reason, [decode_line(first).rstrip("\r\n")])


def read_chunk(
    path: Path,
    dialect: Dialect,
    position: int,
    line: int,
    *,
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
) -> Chunk:
    """Rows from byte `position` on, which is the beginning of line `line + 1`. Raises OSError when it cannot be read."""
    rows: list[tuple[int, list[str]]] = []
    rejects: list[Reject] = []
    with path.open("rb") as file:
        feed = _Feed(file, dialect.encoding, position, line)
        while True:
            bounds = (max_rows - len(rejects), position + max_bytes)
            try:
                is_last = _read_rows(feed, dialect.delimiter, rows, bounds)
                return Chunk(rows, rejects, feed.record_at, feed.record_line, is_last)
            except csv.Error as error:
                rejects.append(feed.pass_over(_OPEN if "field larger" in str(error) else f"{error}."))
            except _Broken as error:
                rejects.append(feed.pass_over(str(error)))


def _read_rows(feed: _Feed, delimiter: str, rows: list[tuple[int, list[str]]], bounds: tuple[int, int]) -> bool:
    """Appends rows until a bound (number of rows, byte) is reached; True at the end of the file."""
    max_rows, max_position = bounds
    if len(rows) >= max_rows or feed.record_at >= max_position:
        return False
    for row in csv.reader(feed, delimiter=delimiter):
        if row and row[-1].endswith(_END):
            if len(row) > 1 or row[0] != _END:
                raise _Broken(_OPEN)
            return True
        if row:
            rows.append((feed.record_line + 1, row))
        feed.record_at, feed.record_line = feed.position, feed.line
        if len(rows) >= max_rows or feed.record_at >= max_position:
            return False
    return True
