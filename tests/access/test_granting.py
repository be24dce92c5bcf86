"""Managers, the audit book with its filters, and keys by the door that made them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tidings.access import actions, queries
from tidings.access.granting import grant_permissions
from tidings.access.rules import permissions_of
from tidings.access.types import Caller, User
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Forbidden, Invalid, Refused
from tidings.platform.pagination import PageRequest

READ, WRITE, SETTINGS = "fcrm_read_contacts", "fcrm_manage_contacts", "fcrm_manage_settings"


async def make(core: Core, login: str, **more: object) -> User:
    return await actions.create_user(core, login=login, email=f"{login}@x.co", **more)  # type: ignore[arg-type]


def caller(user: User) -> Caller:
    return Caller(user, permissions_of(user))


async def test_permissions_are_replaced_and_keys_live_on_with_the_new_ones(core: Core):
    owner, max_ = await make(core, "ada", role="administrator"), await make(core, "max", permissions=[READ])
    _, secret = await actions.create_key(core, user_id=max_.id, kind="application-password", name="k")
    assert (await grant_permissions(core, max_, [READ, WRITE], by=caller(owner))).permissions == [READ, WRITE]
    found = await actions.caller_by_basic(core, "max", secret)
    assert found is not None
    assert found.may(WRITE)
    [line] = (await queries.list_audit(core, PageRequest())).rows
    assert (line.actor, line.action, line.object) == ("ada", "permissions_granted", f"user {max_.id}")
    assert line.data == {"was": [READ], "now": sorted([READ, WRITE])}
    with pytest.raises(Invalid):
        await grant_permissions(core, max_, [WRITE], by=caller(owner))
    with pytest.raises(Refused):
        await grant_permissions(core, owner, [READ], by=caller(owner))
    assert (await queries.list_audit(core, PageRequest())).total == 1


async def test_nobody_grants_or_takes_what_they_do_not_hold(core: Core):
    await make(core, "ada", role="administrator")
    max_, eve = await make(core, "max", permissions=[SETTINGS]), await make(core, "eve", permissions=[READ])
    for target, wanted in ((max_, [SETTINGS, READ]), (eve, [READ]), (eve, [])):
        with pytest.raises(Forbidden):
            await grant_permissions(core, target, wanted, by=caller(max_))
    assert (await queries.user_by_id(core, eve.id)).permissions == [READ]


async def test_managers_are_those_with_permissions_who_are_no_administrators(core: Core):
    await make(core, "ada", role="administrator", permissions=[READ])
    await make(core, "sub")
    max_ = await make(core, "max", role="editor", permissions=[READ])
    gone = await make(core, "gone", permissions=[READ])
    await actions.disable_user(core, gone.id)
    page = await queries.list_managers(core, PageRequest())
    assert ([user.id for user in page.rows], page.total) == ([max_.id], 1)


async def test_a_door_lists_the_living_keys_it_made(core: Core):
    user = await make(core, "max", permissions=[READ])
    for name, origin in (("a", "fluentcrm"), ("b", ""), ("c", "fluentcrm")):
        await actions.create_key(core, user_id=user.id, kind="application-password", name=name, origin=origin)
    made = await queries.list_keys(core, origin="fluentcrm")
    assert [key.name for key in made] == ["c", "a"]
    await actions.revoke_key(core, made[0].id)
    assert [key.name for key in await queries.list_keys(core, origin="fluentcrm")] == ["a"]
    assert len(await queries.list_keys(core)) == 3


async def test_the_audit_book_is_read_by_actor_action_time_and_text(core: Core, clock: FixedClock):
    start = clock.now()
    ada, max_ = await make(core, "ada", role="administrator"), await make(core, "max")
    for actor, action, object in ((ada, "list_deleted", "list 7"), (max_, "login", ""), (None, "login", "100%")):
        await actions.audit(core, None, actor=actor, action=action, object=object)
        clock.set(clock.now() + timedelta(hours=1))
    request = PageRequest()

    async def actors(**filters: object) -> list[str]:
        return [line.actor for line in (await queries.list_audit(core, request, **filters)).rows]  # type: ignore[arg-type]

    assert await actors() == ["system", "max", "ada"]
    assert await actors(user_id=max_.id) == ["max"]
    assert await actors(action="login") == ["system", "max"]
    assert await actors(since=start + timedelta(hours=1), until=start + timedelta(hours=2)) == ["max"]
    assert await actors(search="LIST") == ["ada"]
    assert await actors(search="%") == ["system"]
    assert await actions.delete_audit(core, start + timedelta(hours=2), 1) == 1
    assert await actors() == ["system", "max"]
