"""Where Amazon SES reports bounces, and the older form of the address."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from tidings.contacts.queries import find_contact_by_email
from tidings.platform.core import Core
from tidings.tracking.tokens import bounce_code

SUCCESS = {"status": 200, "message": "success"}
BOUNCE: dict[str, Any] = {
    "notificationType": "Bounce",
    "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "gone@example.org"}]},
}


def address(core: Core, path: str = "/", **more: str) -> str:
    of_amazon = {"provider": "ses", "verify_key": bounce_code(core.keys)}
    query = {"fluentcrm": "1", "route": "bounce_handler"} | (more or of_amazon)
    return f"{path}?{httpx.QueryParams(query)}"


async def status(core: Core, email: str) -> str:
    found = await find_contact_by_email(core, email)
    return found.contact.status if found else ""


async def test_notifications_are_taken_raw_and_in_their_envelope(core: Core, door: httpx.AsyncClient):
    answer = await door.post(address(core, "/index.php"), json=BOUNCE)
    assert (answer.status_code, answer.json()) == (200, SUCCESS)
    assert await status(core, "gone@example.org") == "bounced"
    complaint = {
        "notificationType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": "spam@example.org"}]},
    }
    # As Amazon posts it: JSON that calls itself text, with the content of a whole mail's headers in it.
    inner = msgspec.json.encode(complaint | {"mail": {"headers": [{"name": "X", "value": '"' * 100_000}]}}).decode()
    body = msgspec.json.encode({"Type": "Notification", "Message": inner})
    kind = {"content-type": "text/plain; charset=UTF-8"}
    answer = await door.post(address(core), content=body, headers=kind)
    assert (answer.status_code, answer.json()) == (200, SUCCESS)
    assert await status(core, "spam@example.org") == "complained"


async def test_a_wrong_key_no_body_and_what_is_not_amazons_are_refused(core: Core, door: httpx.AsyncClient):
    for code in ("bad", "", "ü\0"):
        answer = await door.post(address(core, provider="ses", verify_key=code), json=BOUNCE)
        assert (answer.status_code, answer.json()) == (
            422,
            {"status": 422, "message": "verify_key verification failed"},
        )
    for answer in (await door.post(address(core)), await door.get(address(core))):
        assert (answer.status_code, answer.json()["status"]) == (422, 422)
    subscription = {"Type": "SubscriptionConfirmation", "SubscribeURL": "http://127.0.0.1:1/"}
    signed = subscription | {"Signature": "AA==", "SigningCertURL": "https://127.0.0.1/a.pem"}
    for given in (subscription, signed):
        assert (await door.post(address(core), json=given)).status_code == 422
    for body in (b"{", b"\xff", b"[[]]", b"{}"):
        assert (await door.post(address(core), content=body)).json() == SUCCESS
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0


async def test_the_older_address_of_other_services_answers(core: Core, door: httpx.AsyncClient):
    code = bounce_code(core.keys)
    now = int(core.clock.now().timestamp())
    for number, route in enumerate(({"route": "bounce_handler"}, {"route": "webhook"}, {})):
        url = f"/?{httpx.QueryParams({'fluentcrm': '1', **route, 'handler': 'tosend', 'hash': code})}"
        posted = {"event": "bounce", "bounce_type": "hard", "recipient": f"a{number}@example.org"}
        answer = await door.post(url, data=posted)
        expected = {"success": 1, "message": "recorded", "service": "tosend", "result": True, "time": now}
        assert (answer.status_code, answer.json()) == (200, expected)
        assert await status(core, f"a{number}@example.org") == "bounced"
    wrong = await door.post(address(core, handler="tosend", hash="x"), json={})
    assert (wrong.status_code, wrong.json()["status"]) == (200, False)
    unknown = await door.post(address(core, provider="pigeons", verify_key=code), json={})
    assert (unknown.status_code, unknown.json()["success"]) == (200, 0)
