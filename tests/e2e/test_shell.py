"""The frame of the interface in a real browser: first run, login, dashboard, settings, keyboard, themes, errors."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import PASSWORD, Browse, LiveServer
from tidings.messages import accounts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCREENS = [
    ("/", "dashboard"),
    ("/settings/business", "business"),
    ("/settings/sending", "sending"),
    ("/settings/sending/accounts/new", "account"),
    ("/settings/tracking", "tracking"),
    ("/settings/suppressed", "suppressed"),
    ("/settings/team", "team"),
    ("/settings/team/new", "person"),
    ("/settings/keys", "keys"),
    ("/settings/profile", "profile"),
    ("/settings/audit", "audit"),
    ("/settings/jobs", "jobs"),
    ("/settings/about", "about"),
]


async def test_a_fresh_installation_is_set_up_in_three_steps(browse: Browse):
    page = await browse.go("/")
    await expect(page).to_have_url(re.compile("/welcome$"))
    await browse.check_access()
    await browse.shoot("welcome-1")
    await page.get_by_label("Your name").fill("Ada Harbour")
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password again").fill("something else")
    await page.get_by_role("button", name="Create the administrator").click()
    await expect(page.get_by_text("The two passwords are not the same.")).to_be_visible()
    await expect(page.get_by_label("Your name")).to_have_value("Ada Harbour")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password again").fill(PASSWORD)
    await page.get_by_role("button", name="Create the administrator").click()

    await expect(page).to_have_url(re.compile("/welcome/business$"))
    await expect(page.get_by_label("Time zone")).not_to_be_empty()
    await browse.check_access()
    await browse.shoot("welcome-2")
    await page.get_by_label("Business name").fill("Harbour Books")
    await page.get_by_label("Postal address").fill("1 Quay, Bristol")
    await page.get_by_role("button", name="Continue").click()

    await expect(page).to_have_url(re.compile("/welcome/sender$"))
    await expect(page.get_by_label("Server", exact=True)).to_be_hidden()
    await page.get_by_label("Mail server").check()
    await expect(page.get_by_label("Server", exact=True)).to_be_visible()
    await browse.check_access()
    await browse.shoot("welcome-3")
    await page.get_by_label("Capture mode").check()
    await page.get_by_role("button", name="Finish").click()
    await expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    await expect(page.get_by_text("All set. Now bring in your contacts.")).to_be_visible()
    assert await browse.server.core.installation.get("business_name") == "Harbour Books"


async def test_every_screen_passes_axe_in_both_themes(administrator: LiveServer, browse: Browse):
    await accounts.create_account(administrator.core, kind="smtp", name="Provider", host="smtp.example.com")
    page = await browse.log_in()
    for path, name in SCREENS:
        await browse.go(path)
        for theme in ("light", "dark"):
            await page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
            await browse.check_access()
        await page.set_viewport_size({"width": 360, "height": 740})
        overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overhang <= 0, f"{path} is {overhang} pixels too wide for a phone"
        await page.set_viewport_size({"width": 1280, "height": 860})
        await browse.shoot(name)


async def test_login_says_one_thing_for_every_mistake_and_comes_back(administrator: LiveServer, browse: Browse):
    page = await browse.go("/settings/team")
    await expect(page).to_have_url(re.compile("/login"))
    await browse.shoot("login")
    for login in ("admin", "nobody"):
        await page.get_by_label("Login or e-mail").fill(login)
        await page.get_by_label("Password", exact=True).fill("wrong words")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_have_text("The login or the password is wrong.")
        await browse.check_access()
    await page.get_by_label("Login or e-mail").fill("admin")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page).to_have_url(re.compile("/settings/team$"))
    cookie = next(c for c in await browse.context.cookies() if c["name"] == "tidings_session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"


async def test_a_key_is_shown_once_and_dies_when_revoked(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/settings/keys")
    await page.get_by_label("What is it for?").fill("Shop")
    await page.get_by_label("Furiosa").check()
    await page.get_by_label("contacts:read").check()
    await page.get_by_role("button", name="Create key").click()
    secret = await page.locator("#secret").inner_text()
    assert secret.startswith("fcrm_pk_")
    await page.wait_for_timeout(400)
    await browse.check_access()
    await browse.shoot("key-once")
    await page.get_by_role("link", name="I have stored it").click()
    await expect(page.get_by_role("cell", name="Shop fcrm")).to_be_visible()
    assert secret not in await page.content()
    await browse.go("/settings/keys")
    await page.get_by_role("button", name="Actions for Shop").click()
    await page.get_by_role("link", name="Change the limit").click()
    await page.get_by_role("dialog").get_by_label("Requests in a minute").fill("240")
    await page.wait_for_timeout(400)
    await browse.check_access()
    await browse.shoot("key-limit")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The limit is changed.")).to_be_visible()
    await expect(page.get_by_role("cell", name="240 a minute")).to_be_visible()
    await page.get_by_role("button", name="Actions for Shop").click()
    await page.get_by_role("button", name="Revoke").click()
    await browse.shoot("confirm")
    await page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("The key is revoked.")).to_be_visible()
    await expect(page.get_by_role("cell", name="Revoked", exact=True)).to_be_visible()


async def test_the_keyboard_reaches_pages_search_and_help(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/settings/about")
    await page.keyboard.press("/")
    await expect(page.locator("#search")).to_be_focused()
    await page.locator("#search").blur()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await browse.shoot("keys-help")
    # Bootstrap gives the dialog the focus when it has opened whole; before that it hears no Escape.
    await expect(page.locator(".modal.show")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("d")
    await expect(page).to_have_url(re.compile(":[0-9]+/$"))


async def test_the_theme_is_remembered(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await page.get_by_role("button", name="Account of Ada Harbour").click()
    async with page.expect_response("**/settings/theme"):
        await page.get_by_role("button", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


async def test_errors_of_the_core_stand_at_their_fields(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/settings/sending/accounts/new")
    await page.get_by_label("Port").fill("99999")
    await page.get_by_label("Per day").fill("0")
    await page.get_by_role("button", name="Add account").click()
    port = page.get_by_label("Port")
    await expect(port).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#port-error")).to_have_text("The port is a number from 1 to 65535.")
    assert "port-error" in (await port.get_attribute("aria-describedby") or "")
    await browse.check_access()
    await browse.shoot("account-errors")


async def test_an_account_shows_what_to_publish(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await accounts.set_smtp_url(administrator.core, "smtp://127.0.0.1:9?encryption=none")
    await administrator.core.installation.put({"from_email": "ada@harbour.example", "dns_servers": "127.0.0.1:9"})
    await browse.go("/settings/sending")
    await page.get_by_role("link", name="SMTP").click()
    await page.get_by_label("Domain of the sender address").fill("harbour.example")
    await page.get_by_role("button", name="Make a key").click()
    await expect(page.get_by_text("._domainkey.harbour.example").first).to_be_visible()
    await expect(page.get_by_text("Does not sign yet")).to_be_visible()
    await page.get_by_role("button", name="Look at the DNS").click()
    await expect(page.get_by_text("Not answered")).to_have_count(3, timeout=20_000)
    await browse.check_access()
    await browse.shoot("account-signing")
    await page.get_by_role("button", name="Begin to sign").click()
    await expect(page.get_by_text("Signs", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Destroy the key").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Destroy").click()
    await expect(page.get_by_label("Domain of the sender address")).to_be_visible()


async def test_the_sidebar_opens_on_a_phone(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await page.set_viewport_size({"width": 375, "height": 812})
    await browse.go("/")
    await page.get_by_role("button", name="Open navigation").click()
    await expect(page.get_by_role("link", name="Settings")).to_be_visible()
    await browse.check_access()
    await page.get_by_role("link", name="Settings").click()
    await expect(page).to_have_url(re.compile("/settings/business$"))


async def test_errors_are_pages_without_the_inside(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/no/such/page")
    await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    await browse.check_access()
    await browse.shoot("not-found")
