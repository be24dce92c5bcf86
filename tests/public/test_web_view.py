"""The mail in a browser: what was mailed, without tracking, in a frame that runs nothing."""

from __future__ import annotations

import httpx

from tests.public.door import hits, mailed
from tidings.contacts import actions as contacts
from tidings.messages.mailing import addresses
from tidings.platform.core import Core


async def test_the_recipient_sees_the_own_mail_without_tracking_and_without_scripts(
    core: Core, door: httpx.AsyncClient
):
    body = '<p>Dear {{contact.first_name}} <a href="https://x.example/">x</a> <a href="##web_preview_url##">w</a></p>'
    sent = await mailed(core, body=body + '<script>alert(1)</script><img src="x" onerror="alert(2)">')
    answer = await door.get(sent.address("email_preview"))
    assert answer.status_code == 200
    assert "Dear Ada" in answer.text
    assert 'href="https://x.example/"' in answer.text
    assert "route=open" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert await hits(core) == []


async def test_only_the_right_proof_opens_a_mail(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    url = httpx.URL(sent.address("email_preview"))
    pixel = httpx.URL(sent.pixel)
    for wrong in (
        url.copy_set_param("_e_hash", "0" * 32),
        url.copy_set_param("_e_hash", pixel.params["_e_hash"]),
        url.copy_set_param("_e_id", str(sent.message_id + 1)),
        url.copy_set_param("_e_id", "0x1"),
        url.copy_remove_param("_e_hash"),
    ):
        answer = await door.get(wrong)
        assert (answer.status_code, "Ada" in answer.text) == (404, False), wrong
    await contacts.delete_contacts(core, [sent.contact_id])
    assert (await door.get(url)).status_code == 404


async def test_the_shared_view_names_nobody(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core, body="<p>Dear {{contact.first_name|friend}} ##crm.unsubscribe_url##</p>")
    url = (await addresses(core)).share_url(sent.campaign_id)
    answer = await door.get(url)
    assert (answer.status_code, "Dear friend" in answer.text) == (200, True)
    assert "Ada" not in answer.text
    assert "secure_hash" not in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    word = httpx.URL(url).params["fc_newsletter"]
    for wrong in ("0" * 32 + word[32:], word[:32] + "ffff", word[:32] + "-1", word[:32] + "zz", word[:32], word + "0"):
        assert (await door.get(httpx.URL(url).copy_set_param("fc_newsletter", wrong))).status_code == 404, wrong
