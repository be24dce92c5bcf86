"""Looking at an uploaded file: what it is, how it is encoded, what separates its columns, where its rows begin.

Reads the first SAMPLE bytes only. Cutting the whole file into rows is `reading`'s.
"""

from __future__ import annotations

import codecs
import csv
import re
from pathlib import Path

import charset_normalizer

from tidings.contacts.rules import is_email
from tidings.imports.types import MAX_COLUMNS, Dialect
from tidings.platform.errors import Invalid, Problem

SAMPLE = 256 * 1024
DELIMITERS = (",", ";", "\t", "|")
PREVIEW_ROWS = 10
_ARCHIVES = (
    (b"PK\x03\x04", "The file is a ZIP archive or an Excel workbook. Save it as CSV first."),
    (b"\x1f\x8b", "The file is compressed. Unpack it first."),
    (b"7z\xbc\xaf", "The file is an archive. Unpack it first."),
    (b"\xd0\xcf\x11\xe0", "The file is an old Excel workbook. Save it as CSV first."),
    (b"%PDF", "The file is a PDF, not a CSV."),
)
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings in which ASCII bytes are ASCII: the file can be cut at line ends without decoding it.
_NARROW = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "iso8859_15", "shift_jis", "gb18030", "euc_kr", "big5"]
_HIDDEN = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_SEPARATOR_LINE = re.compile(r'^"?sep=(.)"?\r?\n', re.IGNORECASE)
_LINE, _LINE_BYTES = re.compile("[^\n]*\n|[^\n]+"), re.compile(b"[^\n]*\n|[^\n]+")
_UTF8_LETTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")


def wide_encoding(head: bytes) -> str | None:
    """The encoding of a file that must be rewritten as UTF-8 before it can be cut: UTF-16 or UTF-32, else None."""
    for mark, name in _WIDE:
        if head.startswith(mark):
            return name
    sample = head[: len(head) // 2 * 2][:4096]
    if sample.count(0) * 3 < len(sample):
        return None
    return "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"


def refuse_archive(head: bytes) -> None:
    """Raises Invalid for what is surely no CSV: archives, workbooks, other binary files, nothing at all."""
    if not head.strip():
        raise _bad("The file is empty.")
    for magic, sentence in _ARCHIVES:
        if head.startswith(magic):
            raise _bad(sentence)
    if wide_encoding(head) is None and head.count(0) > len(head) // 100:
        raise _bad("The file is binary, not a CSV.")


def narrow_encoding(sample: bytes) -> str:
    """The encoding of a file in which ASCII is ASCII. UTF-8 also stands for files that mix it with lines of cp1252."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
        return "utf-8"
    except UnicodeDecodeError:
        if _UTF8_LETTER.search(sample):
            return "utf-8"
    lines = [line for line in sample.splitlines() if not line.isascii()]
    guesses = charset_normalizer.from_bytes(b"\n".join(lines)[:32768], cp_isolation=_NARROW)
    best = guesses.best()
    if best is None or not best.language or best.language == "Unknown":
        return "cp1252"
    west = next((g for g in guesses if g.encoding == "cp1252" or "cp1252" in g.could_be_from_charset), None)
    return "cp1252" if west is not None and west.chaos <= best.chaos + 0.02 else best.encoding


def sniff(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> tuple[Dialect, list[list[str]]]:
    """The dialect and the first rows. Raises Invalid naming the header that stands twice, or too many columns."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
        is_whole = not file.read(1)
    refuse_archive(sample)
    start = len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
    if not is_whole and b"\n" in sample:
        sample = sample[: sample.rindex(b"\n") + 1]
    encoding = encoding or narrow_encoding(sample[start:])
    text = decode(sample[start:], encoding)
    told = _SEPARATOR_LINE.match(text)
    if told:
        delimiter = delimiter or told.group(1)
        start += told.end()
        text = text[told.end() :]
    delimiter = delimiter or _delimiter(text)
    reader = csv.reader(_LINE.findall(text), delimiter=delimiter)
    try:
        first = next((row for row in reader if row), [])
        used = reader.line_num
        rows = [row for row, _ in zip((row for row in reader if row), range(PREVIEW_ROWS), strict=False)]
    except csv.Error as error:
        raise _bad(f"Line {reader.line_num}: {error}.") from error
    has_header = not any(is_email(_name(cell)) for cell in first if "@" in cell)
    headers = _headers(first, has_header=has_header)
    # Counted in bytes as they stand in the file: decoding may have changed their number.
    skipped = sum(len(line) for line in _LINE_BYTES.findall(sample[start:])[:used]) if has_header else 0
    dialect = Dialect(
        encoding, delimiter, headers, has_header, start + skipped, 1 + bool(told) + (used if has_header else 0)
    )
    return dialect, rows if has_header else [first, *rows][:PREVIEW_ROWS]


def decode(data: bytes, encoding: str) -> str:
    """Text of whole lines. In a UTF-8 file, lines that are no UTF-8 are read as cp1252."""
    if encoding != "utf-8":
        return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(decode_line(line) for line in data.splitlines(keepends=True))


def decode_line(line: bytes) -> str:
    """One line of a UTF-8 file, read as cp1252 when it is none."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    lines = [line for line in _LINE.findall(text)[:50] if line.strip()]
    best, best_score = ",", 0.0
    for one in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=one) if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        score = sum(width == widths[0] for width in widths) / len(widths) * min(widths[0], 20)
        if score > best_score:
            best, best_score = one, score
    return best


def _headers(first: list[str], *, has_header: bool) -> list[str]:
    if len(first) > MAX_COLUMNS:
        raise _bad(f"Line 1: {len(first)} columns; a file may have at most {MAX_COLUMNS}.")
    if not has_header:
        return [f"Column {n}" for n in range(1, len(first) + 1)]
    names = [_name(cell) or f"Column {n}" for n, cell in enumerate(first, start=1)]
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise _bad(f"The header “{name}” stands twice. Every column needs a name of its own.", rule="unique")
        seen.add(name.casefold())
    return names


def _name(cell: str) -> str:
    return " ".join(_HIDDEN.sub("", cell).replace("\x00", "").split())


def _bad(sentence: str, rule: str = "csv") -> Invalid:
    return Invalid({"file": Problem(rule, sentence)})
