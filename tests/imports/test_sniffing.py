"""What a file is, before anything is imported from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidings.imports.actions import _made_narrow
from tidings.imports.mapping import guess_kind, guess_mapping
from tidings.imports.reading import read_chunk
from tidings.imports.sniffing import sniff
from tidings.platform.errors import Invalid

HEAD = "email,first name,city\n"
ROW = "zoe@example.org,Zoë,Köln\n"


def _file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "f.csv"
    path.write_bytes(data)
    return path


def _cells(path: Path) -> list[list[str]]:
    _made_narrow(path)
    dialect, _ = sniff(path)
    return [row for _, row in read_chunk(path, dialect, dialect.data_at, dialect.data_line - 1).rows]


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + ROW).encode(),
        b"\xef\xbb\xbf" + (HEAD + ROW).encode(),
        (HEAD + ROW).encode("utf-16"),
        (HEAD + ROW).encode("utf-16-le"),
        (HEAD + ROW).encode("utf-16-be"),
        (HEAD + ROW).encode("utf-32"),
        (HEAD + ROW).encode("cp1252"),
        (HEAD + ROW).replace("\n", "\r\n").encode(),
        (HEAD + ROW).replace("\n", "\r").encode(),
        (HEAD + ROW).replace("\n", "\r").encode("cp1252"),
        (HEAD + ROW).replace(",", ";").encode(),
        (HEAD + ROW).replace(",", "\t").encode("cp1252"),
        (HEAD + ROW).replace(",", "|").encode(),
        ("sep=;\r\n" + (HEAD + ROW).replace(",", ";")).encode(),
        HEAD.replace("email", "\u00a0Email\u00a0").encode() + ROW.encode(),
        (HEAD + ROW).rstrip("\n").encode(),
    ],
)
def test_the_same_rows_come_out_of_every_spelling_of_a_file(tmp_path: Path, data: bytes) -> None:
    assert _cells(_file(tmp_path, data)) == [["zoe@example.org", "Zoë", "Köln"]]


def test_a_line_in_another_encoding_does_not_spoil_the_rest(tmp_path: Path) -> None:
    data = (HEAD + ROW).encode() + ROW.encode("cp1252") + ROW.encode()
    assert _cells(_file(tmp_path, data)) == [["zoe@example.org", "Zoë", "Köln"]] * 3


def test_quoted_delimiters_and_line_ends_stay_in_their_cell(tmp_path: Path) -> None:
    data = b'email;note\na@example.org;"one;two\nthree ""four"""\n'
    assert _cells(_file(tmp_path, data)) == [["a@example.org", 'one;two\nthree "four"']]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x1f\x8b\x08rest", "compressed"),
        (b"%PDF-1.7", "PDF"),
        (b"", "empty"),
        (b" \n", "empty"),
        (b"email,Name, name\na@example.org,x,y\n", "“name” stands twice"),
        (b"email,Name,\xc2\xa0Name\na@example.org,x,y\n", "“Name” stands twice"),
        (b",".join(b"c%d" % n for n in range(501)) + b"\n", "at most 500"),
    ],
)
def test_what_is_no_csv_is_refused_with_a_reason(tmp_path: Path, data: bytes, said: str) -> None:
    path = _file(tmp_path, data)
    with pytest.raises(Invalid, match=said):
        sniff(path)


def test_a_million_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        sniff(_file(tmp_path, b"x," * 1_000_000 + b"\n"))


def test_a_file_without_a_header_is_recognised_by_the_address_in_its_first_row(tmp_path: Path) -> None:
    dialect, rows = sniff(_file(tmp_path, b"Ann,ann@example.org\nBob,bob@example.org\n"))
    assert (dialect.has_header, dialect.data_at, len(rows)) == (False, 0, 2)
    assert guess_mapping(dialect, {}, rows) == {"Column 1": "", "Column 2": "email"}


def test_headers_of_several_languages_find_their_column(tmp_path: Path) -> None:
    dialect, _ = sniff(_file(tmp_path, "E-Mail;Vorname;Nachname;PLZ;Ort;Prénom\nx;y;z;1;2;3\n".encode()))
    assert list(guess_mapping(dialect, {}).values()) == ["email", "first_name", "last_name", "postal_code", "city", ""]


def test_an_unclosed_quotation_mark_costs_one_line_only(tmp_path: Path) -> None:
    lines = [f"p{n}@example.org,N{n}\n" for n in range(5000)]
    lines[2000] = 'p2000@example.org,"N\n'
    path = _file(tmp_path, ("email,name\n" + "".join(lines)).encode())
    dialect, _ = sniff(path)
    chunk = read_chunk(path, dialect, dialect.data_at, 1)
    assert len(chunk.rows) == 4999
    assert [(r.line, r.row) for r in chunk.rejects] == [(2002, ['p2000@example.org,"N'])]


def test_chunks_of_any_size_give_the_same_rows_and_lines(tmp_path: Path) -> None:
    body = "".join(f'p{n}@example.org,"two\nlines {n}"\n\n' for n in range(57))
    path = _file(tmp_path, ("email,name\n" + body).encode())
    dialect, _ = sniff(path)
    whole = read_chunk(path, dialect, dialect.data_at, 1)
    for size in (1, 7, 56, 57, 58):
        rows, position, line = [], dialect.data_at, 1
        while True:
            chunk = read_chunk(path, dialect, position, line, max_rows=size)
            rows += chunk.rows
            position, line = chunk.bytes_done, chunk.lines_done
            if chunk.is_last:
                break
        assert rows == list(whole.rows)
    assert whole.rows[1] == (5, ["p1@example.org", "two\nlines 1"])


def test_a_kind_is_guessed_from_values() -> None:
    assert [guess_kind(v) for v in (["1", "2.5"], ["2026-01-31"], ["007"], ["a"], [])] == [
        "number",
        "date",
        "text",
        "text",
        "text",
    ]
