"""A listening sink, a certificate of our own, and one way to send that counts the results."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from benchmarks.sink import Sink
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tidings.messages.transports.smtp import SmtpPool
from tidings.messages.transports.types import Envelope, Result, SmtpEndpoint

Send = Callable[..., Awaitable[dict[int, Result]]]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PEM file with a key and a certificate that it signed itself, for localhost and 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """A sink that listens; its port is in `port`."""
    made = Sink()
    server = await made.serve()
    made.port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield made
    server.close()


@pytest.fixture
def send(sink: Sink) -> Send:
    """Sends to the sink; fails unless every envelope has exactly one result."""

    async def sending(
        envelopes: list[Envelope], *, connections: int = 3, port: int | None = None, **more: Any
    ) -> dict[int, Result]:
        port = port or sink.port  # type: ignore[attr-defined]
        endpoint = SmtpEndpoint("127.0.0.1", port, **{"encryption": "none", "timeout": timedelta(seconds=5)} | more)
        pool = SmtpPool(endpoint, connections=connections)
        results: list[Result] = []
        await pool.send(envelopes, results.append)
        await pool.close()
        assert sorted(r.key for r in results) == sorted(e.key for e in envelopes), "one result each"
        return {r.key: r for r in results}

    return sending


def mails(n: int, **recipients: str) -> list[Envelope]:
    """Mails with the keys 0 to n-1; `m3="x@y.co"` names the recipient of the mail with key 3."""
    return [
        Envelope(
            i,
            "news@x.co",
            recipients.get(f"m{i}", f"p{i}@y.co"),
            f"Message-ID: <{i}@x>\r\nSubject: s\r\n\r\nhi {i}\r\n".encode(),
        )
        for i in range(n)
    ]
