"""What the two bearer-key dialects share: finding the key in the header and rate headers on every answer."""

from __future__ import annotations

from tidings.dialects._engine.calls import Headers, Request


def bearer_of(request: Request) -> str | None:
    """The key of `Authorization: Bearer …`; the scheme word in any letter case."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def rate_headers(limit: int, remaining: int, *, reset: int | None = None, retry_after: int | None = None) -> Headers:
    """X-RateLimit-* and, for a refusal, Retry-After (seconds)."""
    headers: Headers = [
        (b"x-ratelimit-limit", str(limit).encode()),
        (b"x-ratelimit-remaining", str(remaining).encode()),
    ]
    if reset is not None:
        headers.append((b"x-ratelimit-reset", str(reset).encode()))
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    return headers
