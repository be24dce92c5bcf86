"""Who is asking: the caller behind a session, an application password or a bearer key, on every request anew.

Nothing is remembered between requests, so that a revoked key or an ended session is dead at once in every process;
instead the requests that wait at the same moment are looked up, and counted, in one statement.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial

from tidings.access import store
from tidings.access.types import Caller, KeyKind
from tidings.platform.core import Core
from tidings.platform.db import Row
from tidings.platform.limits import Usage


async def session_caller(core: Core, token: str) -> Caller | None:
    """The user behind a session token, or None when it is unknown, expired or of an older epoch."""
    gathering = core.gatherings.of("session callers", partial(_by_sessions, core))
    return await gathering.answer(core.keys.hash_secret(token))


async def _by_sessions(core: Core, hashes: list[bytes]) -> list[Caller | None]:
    rows = await core.db.fetch(store.sql.sessions_of, list(set(hashes)), core.clock.now())
    found = {row["token_hash"]: store.caller_from(row) for row in rows}
    return [found.get(one) for one in hashes]


async def caller_by_basic(core: Core, login: str, password: str, *, ip: str = "") -> Caller | None:
    """The user behind an application password; spaces in it are ignored, login or address name the user."""
    key = (core.keys.hash_secret(password.replace(" ", "")), login.strip().lower())
    found = await core.gatherings.of("password callers", partial(_by_passwords, core)).answer(key)
    if found is None:
        return None
    caller, row = found
    await _touch(core, row["key_id"], row["used_at"], ip)
    return caller


async def _by_passwords(core: Core, asked: list[tuple[bytes, str]]) -> list[tuple[Caller, Row] | None]:
    wanted = list(set(asked))
    rows = await core.db.fetch(
        store.sql.callers_by_password, [digest for digest, _ in wanted], [login for _, login in wanted]
    )
    found = {wanted[row["place"] - 1]: (store.caller_from(row), row) for row in rows}
    return [found.get(one) for one in asked]


async def caller_and_usage(
    core: Core, kind: KeyKind, secret: str, *, per_minute: int, ip: str = ""
) -> tuple[Caller, Usage] | None:
    """The caller behind a bearer key and where it stands in its minute, counted exactly across processes."""
    key = (core.keys.hash_secret(secret), kind)
    found = await core.gatherings.of("key callers", partial(_by_keys, core)).answer(key)
    if found is None:
        return None
    caller, row, used, resets_at = found
    await _touch(core, row["key_id"], row["used_at"], ip)
    limit = row["per_minute"] or per_minute
    return caller, Usage(limit, max(0, limit - used), resets_at, used <= limit)


async def _by_keys(core: Core, asked: list[tuple[bytes, str]]) -> list[tuple[Caller, Row, int, datetime] | None]:
    window = core.clock.now().replace(second=0, microsecond=0)
    resets_at = window + timedelta(minutes=1)
    times = Counter(asked)
    wanted = list(times)
    # The counter's table is unlogged, so this commit waits for no disk.
    rows = await core.db.fetch(
        store.sql.callers_by_key_counted,
        [digest for digest, _ in wanted],
        [kind for _, kind in wanted],
        [times[one] for one in wanted],
        window,
    )
    found = {wanted[row["place"] - 1]: (store.caller_from(row), row) for row in rows}
    answers: list[tuple[Caller, Row, int, datetime] | None] = []
    # Requests of one key that were counted together get the numbers of their order.
    for one in asked:
        known = found.get(one)
        answers.append((*known, known[1]["used"] - times[one] + 1, resets_at) if known else None)
        times[one] -= 1
    return answers


async def _touch(core: Core, key_id: int, used_at: datetime | None, ip: str) -> None:
    now = core.clock.now()
    if used_at is None or used_at < now - timedelta(minutes=1):
        async with core.db.transaction(is_durable=False) as tx:
            await tx.execute(store.sql.touch_key, key_id, now, ip or None)
