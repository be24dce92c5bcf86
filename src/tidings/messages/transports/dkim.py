"""DKIM signatures (RFC 6376): the mail with a header in front that says which domain answers for it.

Headers are taken relaxed and the body simple: our bodies are quoted-printable without spaces at line ends, so nothing on
the way has a reason to touch them. RSA with SHA-256 is what every receiver verifies; OpenSSL computes it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tidings.messages.transports.types import Envelope, Result, Transport
from tidings.messages.transports.wire import crlf_lines

KEY_BITS = 2048  # RFC 8301 §3.2: at least 1024, 2048 advised; longer ones do not fit one TXT string
# What a reader sees and what mail programs act on (RFC 6376 §5.4.1, RFC 8058 §4), as far as a mail has it.
_SIGNED = (
    "from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version",
    "content-type", "content-transfer-encoding", "list-id", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
_SPACES = re.compile(rb"[ \t]+")
_FOLDS = re.compile(rb"\r\n(?=[ \t])")


def new_key() -> str:
    """A private key as PEM (PKCS #8)."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    kind = serialization.PrivateFormat.PKCS8
    return made.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()


def record_of(pem: str) -> str:
    """The text that stands in the TXT record `<selector>._domainkey.<domain>` (RFC 6376 §3.6.1)."""
    public = _key_of(pem).public_key()
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return "v=DKIM1; k=rsa; p=" + b64encode(public.public_bytes(serialization.Encoding.DER, kind)).decode()


def _key_of(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("The key must be an RSA key.")
    return key


def _headers_of(block: bytes) -> dict[str, bytes]:
    """Canonical lines by name (RFC 6376 §3.4.2), those that are signed; of several the last counts (§5.4.2)."""
    found: dict[str, bytes] = {}
    for line in _FOLDS.sub(b"", block).split(b"\r\n"):
        name, _, value = line.partition(b":")
        word = name.strip().lower().decode("latin-1")
        if word in _SIGNED:
            found[word] = word.encode() + b":" + _SPACES.sub(b" ", value).strip()
    return found


class Signer:
    """Signs for one domain and selector."""

    def __init__(self, domain: str, selector: str, pem: str) -> None:
        self._key = _key_of(pem)
        self._start = f"v=1; a=rsa-sha256; c=relaxed/simple; d={domain}; s={selector};"

    def signed(self, data: bytes) -> bytes:
        """A whole message, its lines ended by CRLF, with the signature as its first header."""
        block, _, body = data.partition(b"\r\n\r\n")
        # RFC 6376 §3.4.3: the body ends with exactly one line end.
        digest = b64encode(hashlib.sha256(body.rstrip(b"\r\n") + b"\r\n").digest()).decode()
        headers = _headers_of(block)
        names = [name for name in _SIGNED if name in headers]
        # A second "from" is signed as absent, so that nobody can add one (§8.15).
        value = f"{self._start} bh={digest};\r\n\th={':'.join([*names, 'from'])};\r\n\tb="
        own = b"dkim-signature:" + _SPACES.sub(b" ", value.replace("\r\n", "").encode()).strip()
        text = b"".join(headers[name] + b"\r\n" for name in names) + own
        signature = b64encode(self._key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
        folded = "\r\n\t".join(signature[n : n + 72] for n in range(0, len(signature), 72))
        return f"DKIM-Signature: {value}{folded}\r\n".encode() + data


class SigningTransport:
    """A transport that signs what it hands on."""

    def __init__(self, inner: Transport, signer: Signer) -> None:
        self._inner = inner
        self._signer = signer

    async def send(self, envelopes: Sequence[Envelope], on_result: Callable[[Result], None]) -> None:
        """Signs in a thread, so that replies of other accounts are heard meanwhile."""
        await self._inner.send(await asyncio.to_thread(self._signed, envelopes), on_result)

    def _signed(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        plain = [one if one.has_safe_lines else replace(one, data=crlf_lines(one.data)) for one in envelopes]
        return [replace(one, data=self._signer.signed(one.data)) for one in plain]

    async def close(self) -> None:
        """Closes what is behind."""
        await self._inner.close()
