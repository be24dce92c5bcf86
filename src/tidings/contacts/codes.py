"""Finding any part of a contact's texts through the index of codes (migration 0018).

A code is three letters. The index holds those of every second place of `TEXT`, so a part of at least four letters is
found by its codes from its first or from its second letter on, whichever lie on the places that were taken. The codes
only narrow: each use stands beside the comparison that decides.
"""

from __future__ import annotations

import re

COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "address_line_1",
    "address_line_2",
    "postal_code",
    "city",
    "state",
    "country",
    "phone",
)
# Small letters; between the columns stands a character that clean text cannot hold, so that no phrase spans two.
TEXT = f"contact_text({', '.join(f'c.{name}' for name in COLUMNS)})"
SHORTEST = 4


def is_coded(part: str) -> bool:
    """Whether the index can tell who holds this part."""
    return len(part) >= SHORTEST


def coded_sql(placeholder: str) -> str:
    """SQL that is true of everybody in one of whose columns the bound text stands, letter case aside, and of few others."""
    held = f'text_codes({TEXT}) COLLATE "C" @> text_codes_at(lower({placeholder}::text), '
    return f"({held}0) OR {held}1))"


def has_no_letters(part: str) -> bool:
    """Whether small letters are the same: nothing becomes a digit or a sign of ASCII by being put into them."""
    return part.isascii() and part.lower() == part.upper()


_CODED = re.compile(
    r'text_codes\(contact_text\([^()]*\)\) COLLATE "C" @> text_codes_at\(lower\((\$\d+)::text\), [01]\)'
)
_LIKE = re.compile(r"contact_text\([^()]*\) LIKE (lower\(\$\d+::text\)|\$\d+::text)")


def without_codes(statement: str) -> str:
    """The same statement, with the same values, that asks no codes: for parts that so many hold that reading everybody
    is quicker than looking all of them up. It is the same text when it asked none.

    Whoever is read is asked column by column: putting them together first takes longer than comparing them.
    """
    return _LIKE.sub(lambda like: any_column_sql(like[1]), _CODED.sub(r"\1::text IS NOT NULL", statement))


def any_column_sql(pattern: str) -> str:
    """What `TEXT LIKE pattern` says, asked column by column; `pattern` is SQL, without lower() for one of no letters."""
    low = "lower(c.{})" if pattern.startswith("lower") else "c.{}"
    return f"({' OR '.join(f'{low.format(name)} LIKE {pattern}' for name in COLUMNS)}) IS TRUE"
