"""The door of the interface without a browser: who is let in, what is refused, what an answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.ui.door import Door, visitor
from tidings.access import actions as access
from tidings.platform.core import Core
from tidings.ui.shell.visit import safe_next

PASSWORD = "a quiet harbour"


@pytest.fixture
async def door(core: Core) -> AsyncIterator[Door]:
    """The interface called in this process, cookies kept."""
    async with visitor(core) as made:
        yield made


async def _user(core: Core, login: str = "ada", role: str = "administrator", permissions: Any = ()) -> None:
    await access.create_user(
        core, login=login, email=f"{login}@example.com", role=role, permissions=permissions, password=PASSWORD
    )


async def test_a_page_sends_a_stranger_to_login_and_remembers_the_way(core: Core, door: Door):
    await _user(core)
    answer = await door.client.get("/settings/team?q=x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fsettings%2Fteam%3Fq%3Dx")


async def test_an_empty_installation_sends_everybody_to_the_first_run(door: Door):
    assert (await door.client.get("/")).headers["location"] == "/welcome"


async def test_the_first_run_makes_no_second_administrator(core: Core, door: Door):
    await _user(core)
    form = {"login": "eve", "email": "eve@example.com", "password": PASSWORD, "password_again": PASSWORD}
    answer = await door.post("/welcome", form)
    assert answer.status_code == 303
    assert await core.db.fetchval("SELECT count(*) FROM users") == 1


@pytest.mark.parametrize("token", ["", "0" * 40, "ä"])
async def test_a_post_without_the_token_of_the_session_is_refused(core: Core, door: Door, token: str):
    await _user(core)
    await door.log_in("ada", PASSWORD)
    answer = await door.client.post("/settings/business", data={"_csrf": token, "business_name": "Evil"})
    assert answer.status_code == 403
    assert await core.installation.get("business_name") == ""


async def test_a_post_from_another_site_is_refused_even_with_the_token(core: Core, door: Door):
    await _user(core)
    await door.log_in("ada", PASSWORD)
    answer = await door.post("/settings/theme", {"theme": "dark"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_login_itself_needs_the_token_of_the_visitor(core: Core, door: Door):
    await _user(core)
    answer = await door.client.post("/login", data={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 403


async def test_a_page_needs_its_permission(core: Core, door: Door):
    await _user(core)
    await _user(core, "ed", "editor", ["fcrm_view_dashboard"])
    await door.log_in("ed", PASSWORD)
    assert (await door.client.get("/")).status_code == 200
    refused = await door.client.get("/settings/business")
    assert refused.status_code == 403
    assert "fcrm_manage_settings" not in refused.text


async def test_only_an_administrator_manages_the_team(core: Core, door: Door):
    await _user(core)
    await _user(core, "ed", "editor", ["fcrm_manage_settings"])
    await door.log_in("ed", PASSWORD)
    assert (await door.client.get("/settings/team")).status_code == 403
    form = {"login": "eve", "email": "e@example.com", "role": "administrator", "password": PASSWORD}
    assert (await door.post("/settings/team/new", form)).status_code == 403


async def test_nobody_revokes_the_key_of_another(core: Core, door: Door):
    await _user(core)
    await _user(core, "ed", "editor")
    key, _secret = await access.create_key(core, kind="furiosa", name="Hers", user_login="ada")
    await door.log_in("ed", PASSWORD)
    assert (await door.post(f"/settings/keys/{key.id}/revoke", {})).status_code == 404
    assert (await door.post(f"/settings/keys/{key.id}/limit", {"limit": "9"})).status_code == 404
    assert "Hers" not in (await door.client.get("/settings/keys")).text


async def test_logging_out_kills_the_session_itself(core: Core, door: Door):
    await _user(core)
    await core.installation.put({"is_set_up": True})
    await door.log_in("ada", PASSWORD)
    session = door.client.cookies["tidings_session"]
    await door.post("/logout", {})
    door.client.cookies.set("tidings_session", session, domain="tidings.test")
    assert (await door.client.get("/")).headers["location"] == "/login"


async def test_a_password_change_ends_the_other_sessions(core: Core, door: Door):
    await _user(core)
    other, _ = await access.start_session(core, "ada", PASSWORD)
    await door.log_in("ada", PASSWORD)
    form = {"old_password": PASSWORD, "password": "another harbour"}
    assert (await door.post("/settings/password", form)).status_code == 303
    assert await access.session_caller(core, other) is None
    assert (await door.client.get("/settings/profile")).status_code == 200


async def test_too_many_tries_are_stopped(core: Core, door: Door):
    await _user(core)
    statuses = {(await door.post("/login", {"login": "ada", "password": "no"})).status_code for _ in range(12)}
    assert statuses == {422, 429}


async def test_pages_carry_a_strict_policy_and_are_not_stored(core: Core, door: Door):
    await _user(core)
    answer = await door.client.get("/login")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_what_people_type_is_shown_as_text(core: Core, door: Door):
    await _user(core)
    await door.log_in("ada", PASSWORD)
    await core.installation.put({"site_name": "<script>alert(1)</script>"})
    text = (await door.client.get("/settings/business")).text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


async def test_a_crash_shows_a_reference_and_nothing_else(
    core: Core, door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    await _user(core)
    await door.log_in("ada", PASSWORD)

    async def broken(*_: object, **__: object) -> None:
        raise ValueError("the inside")

    monkeypatch.setattr("tidings.platform.jobs.list_jobs", broken)
    answer = await door.client.get("/settings/jobs")
    assert answer.status_code == 500
    assert "the inside" not in answer.text
    reference = answer.text.split("<code>")[1].split("</code>")[0]
    assert reference in caplog.text


@pytest.mark.parametrize(
    ("given", "to"),
    [
        ("/contacts?page=2", "/contacts?page=2"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\nb", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_stays_in_the_house(given: str, to: str):
    assert safe_next(given) == to
