"""Opaque ids with a prefix: `con_…`, `grp_…`, `cmp_…`. An id of another kind is never mistaken for one's own."""

from __future__ import annotations

from functools import lru_cache

from sqids import Sqids

_sqids = Sqids(min_length=8)


# A word is spelled in 50 µs and never changes; a page has as many as rows and groups.
@lru_cache(maxsize=16_384)
def opaque(prefix: str, number: int) -> str:
    """The wire id of a number."""
    return f"{prefix}_{_sqids.encode([number])}"


def number_of(prefix: str, text: object) -> int | None:
    """The number behind a wire id of that kind, or None."""
    return _read(prefix, text) if isinstance(text, str) and text.startswith(f"{prefix}_") else None


@lru_cache(maxsize=16_384)
def _read(prefix: str, text: str) -> int | None:
    found = _sqids.decode(text[len(prefix) + 1 :])
    # only the one spelling that we give out is taken
    return found[0] if len(found) == 1 and found[0] < 2**63 and opaque(prefix, found[0]) == text else None
