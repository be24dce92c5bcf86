"""Envelopes of Amazon SNS: signatures, certificates and confirmations, with a key of our own in Amazon's place."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tidings.messages.reports import sns
from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.platform.http import Fetched, OutboundFailed

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
HOST = "https://sns.eu-west-1.amazonaws.com"
NOTE: Mapping[str, str] = {
    "Type": "Notification",
    "MessageId": "22b80b92",
    "TopicArn": "arn:aws:sns:eu-west-1:1:bounces",
    "Message": '{"notificationType": "Delivery"}',
    "Timestamp": "2026-01-01T00:00:00.000Z",
}
ASKED: Mapping[str, str] = NOTE | {
    "Type": "SubscriptionConfirmation",
    "Message": "You have chosen to subscribe",
    "Token": "t",
    "SubscribeURL": f"{HOST}/?Action=ConfirmSubscription&Token=t",
}
ORDER = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type")


class Amazon:
    """What answers at the addresses of SNS."""

    def __init__(self, core: Core, name: str, *, lasts: timedelta = timedelta(days=1), status: int = 200) -> None:
        called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
        begins = core.clock.now() - timedelta(days=30)
        made = x509.CertificateBuilder(called, called, KEY.public_key(), 1, begins, core.clock.now() + lasts)
        self.pem = made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.url = f"{HOST}/{name}.pem"
        self.status = status
        self.asked: list[str] = []

    async def fetch(self, core: Core, method: str, url: str) -> Fetched:
        self.asked.append(url)
        return Fetched(self.status, {}, self.pem if url.endswith(".pem") else b"<xml/>", url)

    def sign(self, given: Mapping[str, Any], version: str = "1") -> dict[str, Any]:
        signed = "".join(f"{name}\n{given[name]}\n" for name in ORDER if name in given)
        algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
        signature = b64encode(KEY.sign(signed.encode(), padding.PKCS1v15(), algorithm)).decode()
        return {**given, "Signature": signature, "SignatureVersion": version, "SigningCertURL": self.url}


async def test_signed_and_plain_notifications_are_opened(core: Core):
    amazon = Amazon(core, "opened")
    inner = {"notificationType": "Delivery"}
    for given in (amazon.sign(NOTE), amazon.sign(NOTE | {"Subject": "Ä"}, "2"), NOTE):
        assert await sns.open_notification(core, given, amazon.fetch) == inner
    assert amazon.asked == [amazon.url]
    assert await sns.open_notification(core, inner, amazon.fetch) == inner
    assert await sns.open_notification(core, NOTE | {"Message": "Successfully validated"}, amazon.fetch) is None
    assert await sns.open_notification(core, {"Type": ["x"], "Message": 3}, amazon.fetch) is None


async def test_wrong_signatures_and_strange_certificates_are_refused(core: Core):
    amazon = Amazon(core, "refused")
    right = amazon.sign(NOTE)
    strange = [
        "https://evil.example/a.pem",
        "https://bucket.s3.amazonaws.com/a.pem",
        f"{HOST}/a.txt",
        "http" + HOST[5:] + "/a.pem",
    ]
    wrong = [right | {"Message": "{}"}, right | {"Signature": "?"}, right | {"SignatureVersion": "2"}]
    for given in [*wrong, *(right | {"SigningCertURL": one} for one in strange)]:
        with pytest.raises(Refused):
            await sns.open_notification(core, given, amazon.fetch)
    assert amazon.asked == [amazon.url]
    old = Amazon(core, "old", lasts=timedelta(days=-1))
    with pytest.raises(Refused, match="out of date"):
        await sns.open_notification(core, old.sign(NOTE), old.fetch)
    broken = Amazon(core, "broken")
    broken.pem = b"no certificate"
    with pytest.raises(OutboundFailed):
        await sns.open_notification(core, broken.sign(NOTE), broken.fetch)


async def test_a_subscription_is_confirmed_at_amazon_only_and_only_when_signed(core: Core):
    amazon = Amazon(core, "confirmed")
    assert await sns.open_notification(core, amazon.sign(ASKED), amazon.fetch) is None
    assert amazon.asked == [amazon.url, ASKED["SubscribeURL"]]
    assert await core.db.fetchval("SELECT description FROM system_logs") == NOTE["TopicArn"]
    elsewhere = amazon.sign(ASKED | {"SubscribeURL": "https://sns.eu-west-1.amazonaws.com.evil.example/"})
    for given in (ASKED, elsewhere):
        with pytest.raises(Refused):
            await sns.open_notification(core, given, amazon.fetch)
    assert len(amazon.asked) == 2
    amazon.status = 503
    with pytest.raises(OutboundFailed):
        await sns.open_notification(core, amazon.sign(ASKED), amazon.fetch)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://[",
        "https://sns.eu-west-1.amazonaws.com:8443/",
        "https://user@sns.eu-west-1.amazonaws.com/",
        "https://ec2-1-2-3-4.compute.amazonaws.com/",
        "https://sns.a.b.amazonaws.com/",
        "ftp://sns.eu-west-1.amazonaws.com/",
    ],
)
def test_addresses_that_are_not_of_sns(url: str):
    assert not sns.is_amazon(url)
