"""Outgoing webhooks in a real browser: added, tested, told of a contact, their log read, a delivery sent again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.receiver import Received, Receiver
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tests.e2e.test_ways_in import _looks_right
from tests.outgoing_webhooks.conftest import deliver_all, enqueue_all
from tidings.app import know_webhook_forms
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.clock import SystemClock

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_a_webhook_is_added_tested_and_its_log_read(administrator: LiveServer, browse: Browse):
    # The server goes by the real time; so must who delivers beside it.
    core = replace(administrator.core, clock=SystemClock())
    know_webhook_forms()
    answer = 200, b'{"taken": true}'

    async def answering(_: Received) -> tuple[int, bytes]:
        return answer

    receiver = Receiver(answering)
    await receiver.serve()
    page = await browse.log_in()
    await browse.go("/settings/webhooks")
    await _looks_right(browse, "outgoing-webhooks-empty")
    await page.get_by_role("link", name="Add the first webhook").click()
    drawer = page.get_by_role("dialog", name="Details")
    await drawer.get_by_role("link", name="FluenzR").click()
    await expect(drawer.get_by_label("email.opened")).to_be_visible()
    await drawer.get_by_label("Address").fill(receiver.url + "/hooks/tidings")
    await drawer.get_by_label("Name").fill("Shop")
    await drawer.get_by_label("contact.created").check()
    await drawer.get_by_label("contact.deleted").check()
    await browse.check_access()
    await browse.shoot("outgoing-webhook-new")
    await drawer.get_by_role("button", name="Add webhook").click()
    await expect(drawer.get_by_text("is private")).to_be_visible()
    await core.installation.put({"allow_private_targets": True})
    # other processes know a setting after a moment
    await page.wait_for_timeout(2500)
    await drawer.get_by_role("button", name="Add webhook").click()
    await expect(drawer.get_by_text("shown this once")).to_be_visible()
    await browse.check_access()
    await browse.shoot("outgoing-webhook-secret")
    secret = await drawer.locator(".secret code").inner_text()
    await drawer.get_by_role("link", name="I have stored it").click()
    await expect(page.get_by_role("heading", name="Shop")).to_be_visible()
    assert secret not in await page.content()

    await page.get_by_role("button", name="Send a test").click()
    await expect(page.get_by_text("The test arrived.")).to_be_visible()
    await contacts.write_contact(core, Draft({"email": "ada@example.com", "first_name": "Ada"}))
    answer = 422, b'{"error": "We do not know Ada."}'
    await enqueue_all(core)
    await deliver_all(core)
    await page.get_by_role("link", name="Shop").click()
    await expect(page.get_by_role("row", name="contact.created")).to_contain_text("422")
    await _looks_right(browse, "outgoing-webhook")
    await page.get_by_label("State").select_option("failed")
    await expect(page.get_by_role("link", name="webhook.test")).to_have_count(0)
    await page.get_by_role("link", name="contact.created").click()
    await page.get_by_text("Headers of the request").click()
    await page.get_by_text("Beginning of the answer").click()
    await expect(page.get_by_text("We do not know Ada.")).to_be_visible()
    await _looks_right(browse, "outgoing-webhook-delivery")
    answer = 200, b""
    await page.get_by_role("button", name="Send it again").click()
    await expect(page.get_by_text("It is sent again.")).to_be_visible()
    await deliver_all(core)
    await page.reload()
    await expect(page.get_by_text("Delivered")).to_be_visible()

    await page.get_by_role("link", name="Shop").click()
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Replace the secret").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("dialog", name="The new secret")).to_be_visible()
    await browse.shoot("outgoing-webhook-replaced")
    await page.get_by_role("link", name="I have stored it").click()
    await expect(page.get_by_text("The secret is being replaced")).to_be_visible()
    await _looks_right(browse, "outgoing-webhook-replacing")
    await core.db.execute(
        """UPDATE webhook_endpoints SET is_active = false, disabled_at = now(),
        disabled_reason = 'It answered 410: it is gone for good.'"""
    )
    await browse.go("/")
    await expect(page.get_by_text("was switched off")).to_be_visible()
    await browse.shoot("outgoing-webhook-dashboard")
    await browse.go("/settings/webhooks")
    await _looks_right(browse, "outgoing-webhooks")
    await page.get_by_role("link", name="Shop").click()
    await browse.shoot("outgoing-webhook-off")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_text("It is on.")).to_be_visible()
    receiver.close()
