"""Whether a delivery really comes from your Tidings. Both take the body as it came, before any decoding.

verify_furiosa(secret, request.body, request.headers["X-Furiosa-Signature"])
verify_fluenzr(secret, request.body, request.headers["X-FluenzR-Signature"], request.headers["X-FluenzR-Timestamp"])
"""

from __future__ import annotations

import hashlib
import hmac
import time

from tidings_client.errors import TidingsError

TOLERANCE = 300.0


class BadSignature(TidingsError):
    """The signature does not fit the body, or the delivery is too old."""


def verify_furiosa(secret: str, body: bytes, signature: str) -> None:
    """Hex HMAC-SHA256 of the raw body (X-Furiosa-Signature); raises BadSignature. Compares in constant time."""
    _compare(_digest(secret, body), signature)


def verify_fluenzr(
    secret: str,
    body: bytes,
    signature: str,
    timestamp: str,
    *,
    tolerance: float | None = TOLERANCE,
    now: float | None = None,
) -> None:
    """`sha256=` and the hex HMAC-SHA256 of `{timestamp}.{raw body}`; raises BadSignature. Compares in constant time.

    `tolerance` in seconds is how far the timestamp (Unix seconds) may be from `now` either way, which keeps an old
    delivery from being played again; None accepts any age.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise BadSignature("the timestamp is no number of seconds")
    if not signature.startswith("sha256="):
        raise BadSignature("the signature does not begin with sha256=")
    _compare(_digest(secret, timestamp.encode() + b"." + body), signature[len("sha256=") :])
    age = abs((time.time() if now is None else now) - int(timestamp))
    if tolerance is not None and age > tolerance:
        raise BadSignature(f"the delivery is {age:.0f} seconds away from now")


def _digest(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _compare(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.strip().lower().encode()):
        raise BadSignature("the signature does not fit the body")
