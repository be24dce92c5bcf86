"""Callers that are looked up together are not mixed up."""

from __future__ import annotations

import asyncio

from tidings.access import actions
from tidings.platform.core import Core


async def test_requests_of_several_keys_at_once_are_counted_each_for_its_own(core: Core):
    secrets: list[str] = []
    for login in ("ada", "bob"):
        await actions.create_user(core, login=login, email=f"{login}@x.co", password="correct horse")
        secrets.append((await actions.create_key(core, user_login=login, kind="fluenzr", name="k"))[1])
    asked = [secrets[0], secrets[1], secrets[0], "flz_sk_nobody", secrets[0]]
    found = await asyncio.gather(*(actions.caller_and_usage(core, "fluenzr", secret, per_minute=2) for secret in asked))
    told = [(f[0].user.login, f[1].remaining, f[1].is_allowed) if f else None for f in found]
    assert told == [("ada", 1, True), ("bob", 1, True), ("ada", 0, True), None, ("ada", 0, False)]


async def test_passwords_and_sessions_looked_up_at_once_find_each_their_own_user(core: Core):
    passwords: list[tuple[str, str]] = []
    tokens: list[str] = []
    for login in ("ada", "bob"):
        await actions.create_user(core, login=login, email=f"{login}@x.co", password="correct horse")
        passwords.append(
            (login, (await actions.create_key(core, user_login=login, kind="application-password", name="k"))[1])
        )
        tokens.append((await actions.start_session(core, login, "correct horse"))[0])
    asked = [*passwords, ("bob", passwords[0][1]), passwords[0]]
    callers = await asyncio.gather(*(actions.caller_by_basic(core, *one) for one in asked))
    assert [c.user.login if c else None for c in callers] == ["ada", "bob", None, "ada"]
    sessions = await asyncio.gather(*(actions.session_caller(core, one) for one in (tokens[1], "no", *tokens)))
    assert [c.user.login if c else None for c in sessions] == ["bob", None, "ada", "bob"]
