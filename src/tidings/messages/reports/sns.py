"""The envelopes of Amazon SNS, in which SES events come: opened, their signatures checked, subscriptions confirmed.

Only hosts of SNS itself are asked for anything, through `platform.http`. An envelope without a signature counts as what
it contains, like raw delivery: the code in the address protects both.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tidings.messages.reports.fields import Event, json_of, text
from tidings.platform import http
from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.platform.system_log import log_event

Fetch = Callable[[Core, str, str], Awaitable[http.Fetched]]
# Not every host below amazonaws.com: whoever rents a machine or a bucket there has one too.
_HOST = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
# Certificates that were fetched by this process; Amazon changes them about once a year.
_certificates: dict[str, x509.Certificate] = {}
_MOST_CERTIFICATES = 16
_MOST_BYTES = 256 * 1024


async def open_notification(core: Core, given: Any, fetch: Fetch | None = None) -> Any:
    """What is in the envelope; what came without one as it came; None where there is nothing to read.

    A subscription is confirmed on the way. Raises Refused (wrong signature, strange host) and what `fetch` raises when
    the certificate or the confirmation cannot be reached: the sender shall try again.
    """
    if not isinstance(given, Mapping) or "Type" not in given:
        return given
    event: Event = given
    fetch = fetch or _fetch
    is_signed = bool(text(event, "Signature"))
    if is_signed and not is_genuine(event, await _certificate(core, event, fetch)):
        raise Refused("The signature of the notification is wrong.")
    match event["Type"]:
        case "Notification":
            return json_of(_value(event, "Message").encode("utf-8", "replace"))
        case "SubscriptionConfirmation":
            if not is_signed:
                raise Refused("A subscription is confirmed only when its request is signed.")
            await _confirm(core, event, fetch)
        case _:
            pass
    return None


def is_genuine(event: Event, certificate: x509.Certificate) -> bool:
    """Whether the signature over the envelope is that of the certificate (SNS signature versions 1 and 2)."""
    key = certificate.public_key()
    names = _SIGNED["Notification" if event["Type"] == "Notification" else "SubscriptionConfirmation"]
    signed = "".join(f"{name}\n{_value(event, name)}\n" for name in names if event.get(name) is not None)
    # Version 1 is SHA-1 and still what topics use unless told otherwise.
    algorithm = hashes.SHA256() if text(event, "SignatureVersion") == "2" else hashes.SHA1()  # noqa: S303
    try:
        assert isinstance(key, RSAPublicKey)
        key.verify(b64decode(_value(event, "Signature")), signed.encode("utf-8", "replace"), PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError, AssertionError):
        return False
    return True


def is_amazon(url: str) -> bool:
    """Whether an address is one of SNS: https, its usual port, no user name."""
    try:
        parts = urlsplit(url)
        is_plain = parts.port in (None, 443) and parts.username is None and parts.password is None
    except ValueError:
        return False
    return parts.scheme == "https" and is_plain and bool(_HOST.fullmatch(parts.hostname or ""))


def _value(event: Event, name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


async def _fetch(core: Core, method: str, url: str) -> http.Fetched:
    # A redirect would lead away from the host that was judged.
    return await http.fetch(core, method, url, max_bytes=_MOST_BYTES, follow_redirects=False)


async def _certificate(core: Core, event: Event, fetch: Fetch) -> x509.Certificate:
    url = _value(event, "SigningCertURL")
    if not is_amazon(url) or not urlsplit(url).path.endswith(".pem"):
        raise Refused("The certificate of the notification is not Amazon's.")
    found = _certificates.get(url)
    if found is None:
        answer = await fetch(core, "GET", url)
        try:
            found = x509.load_pem_x509_certificate(answer.body)
        except ValueError:
            raise http.OutboundFailed("The certificate of the notification cannot be read.") from None
        if len(_certificates) >= _MOST_CERTIFICATES:
            _certificates.clear()
        _certificates[url] = found
    if not found.not_valid_before_utc <= core.clock.now() <= found.not_valid_after_utc:
        raise Refused("The certificate of the notification is out of date.")
    return found


async def _confirm(core: Core, event: Event, fetch: Fetch) -> None:
    url = _value(event, "SubscribeURL")
    if not is_amazon(url):
        raise Refused("Subscriptions are confirmed only at addresses of Amazon SNS.")
    answer = await fetch(core, "GET", url)
    topic = text(event, "TopicArn")
    if answer.status != 200:
        raise http.OutboundFailed(f"Amazon SNS answered the confirmation of {topic} with {answer.status}.")
    await log_event(core, "Bounces of Amazon SES are reported from now on", topic)
