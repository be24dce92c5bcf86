"""Keys outside the database: sealing secrets, MACs for public tokens, hashes of API keys.

One root key (32 bytes) comes from TIDINGS_SECRET_KEY or a file in the data folder that only the owner can read.
Every use derives its own key by purpose (HKDF, RFC 5869), so that a token of one kind is worth nothing as another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Keyring:
    """Derives and applies keys. Holds the root key in memory only."""

    def __init__(self, root: bytes) -> None:
        if len(root) < 32:
            raise ValueError("the secret key must have at least 32 bytes")
        self._root = root
        self._derive = lru_cache(maxsize=64)(self._derive_uncached)

    def _derive_uncached(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(self._root)

    def mac(self, purpose: str, data: bytes, *, size: int = 16) -> bytes:
        """Keyed MAC (HMAC-SHA256, first `size` bytes) of `data`, bound to `purpose`."""
        return hmac.digest(self._derive(purpose), data, "sha256")[:size]

    def is_mac(self, purpose: str, data: bytes, mac: bytes, *, size: int = 16) -> bool:
        """Constant-time check of `mac`."""
        return hmac.compare_digest(self.mac(purpose, data, size=size), mac)

    def hash_secret(self, secret: str) -> bytes:
        """Keyed hash of a random API key or session token, for look-up; 32 bytes."""
        return hmac.digest(self._derive("hash-secret"), secret.encode(), "sha256")

    def seal(self, purpose: str, text: str) -> bytes:
        """Encrypts a secret at rest (AES-256-GCM, random 96-bit nonce in front, purpose as associated data)."""
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self._derive("seal")).encrypt(nonce, text.encode(), purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> str:
        """Opens what `seal` made; raises cryptography's InvalidTag when the key, purpose or bytes are wrong."""
        return AESGCM(self._derive("seal")).decrypt(sealed[:12], sealed[12:], purpose.encode()).decode()


def load_keyring(data_dir: Path, secret_key: str | None) -> Keyring:
    """The keyring of this installation; makes the key file (mode 0600) on first use when no key is given."""
    if secret_key:
        return Keyring(hashlib.sha256(secret_key.encode()).digest())
    path = data_dir / "secret.key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Keyring(base64.b64decode(path.read_text().strip()))
    root = secrets.token_bytes(32)
    with os.fdopen(handle, "w") as file:
        file.write(base64.b64encode(root).decode() + "\n")
    return Keyring(root)
