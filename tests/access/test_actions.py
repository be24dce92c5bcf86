"""Who gets in, who does not, and that nothing tells why."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, Type

from tidings.access import actions, queries
from tidings.access.types import PERMISSIONS
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.db import Database
from tidings.platform.errors import Forbidden, Invalid, NotFound, RateLimited, Refused, Unauthenticated


async def make(core: Core, login: str = "ada", **more: object):
    return await actions.create_user(core, login=login, email=f"{login}@x.co", password="correct horse", **more)  # type: ignore[arg-type]


async def test_there_are_sixteen_permissions_and_an_administrator_has_them_all(core: Core):
    await make(core, role="administrator")
    token, _ = await actions.start_session(core, "ada", "correct horse")
    caller = await actions.session_caller(core, token)
    assert caller is not None
    assert len(caller.permissions) == len(PERMISSIONS) == 16


async def test_an_application_password_lets_in_by_login_or_address_and_ignores_spaces(core: Core):
    await make(core)
    _, secret = await actions.create_key(core, user_login="ada", kind="application-password", name="script")
    assert [len(part) for part in secret.split(" ")] == [4] * 6
    for login in ("ada", "ADA", "ada@x.co"):
        caller = await actions.caller_by_basic(core, login, secret)
        assert caller is not None
        assert caller.user.login == "ada"
    assert await actions.caller_by_basic(core, "ada", secret.replace(" ", "")) is not None
    assert await actions.caller_by_basic(core, "bob", secret) is None
    assert await actions.caller_by_basic(core, "ada", "x" * 24) is None


async def test_the_database_holds_no_secret(core: Core):
    await make(core)
    secrets = [
        (await actions.create_key(core, user_login="ada", kind=kind, name="k"))[1].replace(" ", "")
        for kind in ("application-password", "furiosa", "fluenzr")
    ]
    rows = await core.db.fetch("SELECT k::text AS text FROM api_keys k UNION ALL SELECT u::text FROM users u")
    assert not any(secret[-12:] in row["text"] for secret in secrets for row in rows)
    assert not any("correct horse" in row["text"] for row in rows)


async def test_a_changed_password_or_role_kills_sessions_and_keys(core: Core):
    user = await make(core)
    await make(core, "root", role="administrator")
    for change in (
        lambda: actions.set_password(core, user.id, "another horse"),
        lambda: actions.set_role(core, user.id, "editor", ["fcrm_read_contacts"]),
    ):
        password = "correct horse" if change.__code__.co_names[1] == "set_password" else "another horse"
        token, _ = await actions.start_session(core, "ada", password)
        _, secret = await actions.create_key(core, user_id=user.id, kind="application-password", name="k")
        assert await actions.session_caller(core, token)
        await change()
        assert await actions.session_caller(core, token) is None
        assert await actions.caller_by_basic(core, "ada", secret) is None


async def test_a_revoked_key_is_dead_on_the_next_request(core: Core):
    await make(core)
    key, secret = await actions.create_key(core, user_login="ada", kind="furiosa", name="k", scopes=["contacts:read"])
    found = await actions.caller_and_usage(core, "furiosa", secret, per_minute=60)
    assert found is not None
    found[0].require_scope("contacts:read")
    with pytest.raises(Forbidden, match="contacts:write"):
        found[0].require_scope("contacts:write")
    assert await actions.caller_and_usage(core, "fluenzr", secret, per_minute=60) is None
    await actions.revoke_key(core, key.id)
    assert await actions.caller_and_usage(core, "furiosa", secret, per_minute=60) is None
    with pytest.raises(NotFound):
        await actions.revoke_key(core, key.id)


async def test_of_a_hundred_requests_in_a_minute_from_four_pools_exactly_sixty_pass(core: Core, dsn: str):
    await make(core)
    _, secret = await actions.create_key(core, user_login="ada", kind="furiosa", name="k")
    pools = [await Database.open(dsn, max_size=2) for _ in range(4)]
    cores = [Core(pool, core.clock, core.keys, core.installation, core.data_dir) for pool in pools]
    answers = await asyncio.gather(
        *(actions.caller_and_usage(cores[n % 4], "furiosa", secret, per_minute=60) for n in range(100))
    )
    usages = [answer[1] for answer in answers if answer]
    assert sum(usage.is_allowed for usage in usages) == 60
    assert sorted(usage.remaining for usage in usages if usage.is_allowed) == list(range(60))
    for pool in pools:
        await pool.close()


async def test_the_next_minute_opens_again(core: Core, clock: FixedClock):
    await make(core)
    _, secret = await actions.create_key(core, user_login="ada", kind="fluenzr", name="k", per_minute=1)
    first = await actions.caller_and_usage(core, "fluenzr", secret, per_minute=1000)
    second = await actions.caller_and_usage(core, "fluenzr", secret, per_minute=1000)
    assert first is not None
    assert second is not None
    assert (first[1].is_allowed, second[1].is_allowed) == (True, False)
    clock.set(clock.now() + timedelta(minutes=1))
    third = await actions.caller_and_usage(core, "fluenzr", secret, per_minute=1000)
    assert third is not None
    assert third[1].is_allowed


async def test_a_wrong_password_and_an_unknown_user_read_the_same(core: Core):
    await make(core)
    texts = []
    for login, password in (("ada", "wrong wrong"), ("nobody", "wrong wrong")):
        with pytest.raises(Unauthenticated) as caught:
            await actions.start_session(core, login, password)
        texts.append(caught.value.message)
    assert len(set(texts)) == 1


async def test_logins_are_throttled(core: Core):
    await make(core)
    for _ in range(actions.TRIES_PER_LOGIN):
        with pytest.raises(Unauthenticated):
            await actions.start_session(core, "ada", "wrong wrong")
    with pytest.raises(RateLimited):
        await actions.start_session(core, "ada", "correct horse")


async def test_permissions_bring_what_they_depend_on_or_are_refused(core: Core):
    with pytest.raises(Invalid, match="fcrm_read_contacts"):
        await make(core, permissions=["fcrm_manage_contacts"])
    with pytest.raises(Invalid, match="fcrm_manage_campaigns"):
        await make(core, permissions=["fcrm_manage_campaigns"])


async def test_the_last_administrator_stays(core: Core):
    root = await make(core, "root", role="administrator")
    with pytest.raises(Invalid):
        await actions.set_role(core, root.id, "editor")
    with pytest.raises(Invalid):
        await actions.disable_user(core, root.id)


async def test_a_csrf_token_belongs_to_its_session(core: Core):
    assert actions.is_csrf(core, "a", actions.csrf_token(core, "a"))
    assert not actions.is_csrf(core, "a", actions.csrf_token(core, "b"))


async def test_two_users_cannot_share_a_login_or_an_address_in_other_letters(core: Core):
    await make(core)
    with pytest.raises(Invalid):
        await make(core, "ADA")
    assert await queries.has_users(core)


async def test_a_key_has_another_limit_from_the_next_request_on(core: Core):
    await make(core)
    key, secret = await actions.create_key(core, kind="furiosa", name="x", user_login="ada", per_minute=2)

    async def usage() -> tuple[int, bool]:
        found = await actions.caller_and_usage(core, "furiosa", secret, per_minute=60)
        assert found is not None
        return found[1].limit, found[1].is_allowed

    assert [await usage() for _ in range(3)] == [(2, True), (2, True), (2, False)]
    await actions.limit_key(core, key.id, 5)
    assert [await usage() for _ in range(2)] == [(5, True), (5, True)]
    await actions.limit_key(core, key.id, None)
    assert await usage() == (60, True)
    for wrong in (0, -1, actions.MOST_PER_MINUTE + 1):
        with pytest.raises(Invalid, match="A limit is"):
            await actions.limit_key(core, key.id, wrong)
    password, _ = await actions.create_key(core, kind="application-password", name="x", user_login="ada")
    with pytest.raises(Refused):
        await actions.limit_key(core, password.id, 9)
    await actions.revoke_key(core, key.id)
    for gone in (key.id, 10**6):
        with pytest.raises(NotFound):
            await actions.limit_key(core, gone, 9)
    assert {one.id: one.per_minute for one in await queries.list_keys(core)} == {key.id: None, password.id: None}


def test_passwords_are_hashed_as_hard_as_recommended(strong_hasher: PasswordHasher):
    # RFC 9106, section 4, second recommended option: 64 MiB in three passes by four lanes
    found = (strong_hasher.type, strong_hasher.memory_cost, strong_hasher.time_cost, strong_hasher.parallelism)
    assert found == (Type.ID, 64 * 1024, 3, 4)
