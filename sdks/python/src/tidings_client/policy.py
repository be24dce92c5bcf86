"""When a request is tried again and after how long. Pure decisions; the transports act on them.

- 429 is tried again for every method: the server refused before it did anything.
- 500 and 503 are tried again for every method: the server answers them after it has rolled back.
- 502, 504, a broken connection and a time-out mean that the answer was lost. Reads, PUT and DELETE, which may be done
  twice, are tried again; a POST is not, unless the client was made with `retry_posts=True` or the call only reads
  (a search).
- A connection that never came about is tried again for every method.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_LOST = frozenset({502, 504})
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_FIRST_WAIT = 0.5
_LONGEST_BACK_OFF = 30.0


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently. `max_wait` in seconds: a server that asks for more is not waited for."""

    max_retries: int = 3
    max_wait: float = 65.0
    retry_posts: bool = False

    def may_repeat(self, method: str, *, only_reads: bool) -> bool:
        """Whether a request may be sent again though the first one may have been carried out."""
        return method in _REPEATABLE or only_reads or self.retry_posts

    def is_worth_it(self, status: int, method: str, *, only_reads: bool) -> bool:
        """Whether an answer of this status is tried again at all."""
        if status in _LOST:
            return self.may_repeat(method, only_reads=only_reads)
        return status == 429 or status >= 500

    def wait(self, tries: int, asked: float | None) -> float | None:
        """Seconds before the next try, None when there is none. `tries` counts those made, `asked` is the server's."""
        if tries > self.max_retries:
            return None
        if asked is not None:
            return asked if asked <= self.max_wait else None
        longest = min(_LONGEST_BACK_OFF, _FIRST_WAIT * 2 ** (tries - 1))
        # Spread, so that clients that were refused together do not come back together.
        return longest * (0.5 + random.random() / 2)  # noqa: S311


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks for: Retry-After (seconds or a date, RFC 9110 §10.2.3), else X-RateLimit-Reset
    (Unix seconds) when nothing of the window remains."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    if value:
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except ValueError:
            return None
    reset = headers.get("x-ratelimit-reset", "").strip()
    if reset.isdigit() and headers.get("x-ratelimit-remaining", "0").strip() == "0":
        return max(0.0, float(reset) - time.time())
    return None
