"""Writes of outgoing webhooks: endpoints, their secrets, tests and replays."""

from __future__ import annotations

import os
import socket
import time

from tidings.outgoing_webhooks import claims, posting, queries, rules, store
from tidings.outgoing_webhooks.enqueueing import READER
from tidings.outgoing_webhooks.forms import TEST, form_named
from tidings.outgoing_webhooks.types import Delivery, EndpointDraft, Happening
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, NotFound, RateLimited
from tidings.platform.facts import start_reader
from tidings.platform.http import Poster
from tidings.platform.limits import count_request

TESTS_PER_MINUTE = 20


async def create_endpoint(
    core: Core, form: str, draft: EndpointDraft, *, user_id: int | None = None
) -> tuple[int, str]:
    """Makes an endpoint; answers its id and its secret, which cannot be read again. Raises Invalid, Conflict.

    What happened before is not told.
    """
    speaks = form_named(form)
    draft = rules.checked(draft, speaks.events, allow_private=await _allows_private(core))
    secret = draft.secret or rules.new_secret()
    async with core.db.transaction() as tx:
        if await tx.fetchval("SELECT count(*) FROM webhook_endpoints") >= rules.MAX_ENDPOINTS:
            raise Conflict(f"There may be at most {rules.MAX_ENDPOINTS} webhooks.", code="too_many")
        await start_reader(tx, READER)
        sealed, now = store.sealed(core, secret), core.clock.now()
        columns = (draft.url, list(draft.events), draft.name, draft.is_active, sealed, user_id, now)
        return await tx.fetchval(store.sql.insert_endpoint, form, *columns), secret


async def update_endpoint(core: Core, endpoint_id: int, draft: EndpointDraft) -> None:
    """Replaces what the operator decided; the form stays. A secret in the draft replaces the present one at once.

    Raises NotFound, Invalid.
    """
    found = await queries.endpoint_by_id(core, endpoint_id)
    draft = rules.checked(draft, form_named(found.form).events, allow_private=await _allows_private(core))
    sealed = store.sealed(core, draft.secret) if draft.secret is not None else None
    columns = (draft.url, list(draft.events), draft.name, draft.is_active, sealed, core.clock.now())
    async with core.db.transaction() as tx:
        if await tx.fetchval(store.sql.update_endpoint, endpoint_id, *columns) is None:
            raise NotFound("webhook", endpoint_id)
        await tx.execute(f"NOTIFY {claims.CHANNEL}")


async def _allows_private(core: Core) -> bool:
    return bool(await core.installation.get("allow_private_targets"))


async def set_active(core: Core, endpoint_id: int, *, is_active: bool) -> None:
    """Switches an endpoint on or off. What waits goes out when it is on again; what happens meanwhile is not told."""
    found = await queries.endpoint_by_id(core, endpoint_id)
    await update_endpoint(core, endpoint_id, EndpointDraft(found.url, found.events, found.name, None, is_active))


async def delete_endpoint(core: Core, endpoint_id: int) -> None:
    """Deletes an endpoint with its deliveries. Raises NotFound."""
    if not await core.db.fetchval("DELETE FROM webhook_endpoints WHERE id = $1 RETURNING 1", endpoint_id):
        raise NotFound("webhook", endpoint_id)


async def rotate_secret(core: Core, endpoint_id: int, *, at_once: bool = False) -> str:
    """Makes a new secret and answers it, once. The old one goes on signing for `rules.OVERLAP`, unless `at_once`.

    Meanwhile the form's second header is signed with the new one. Raises NotFound.
    """
    secret, now = rules.new_secret(), core.clock.now()
    until = None if at_once else now + rules.OVERLAP
    if await core.db.fetchval(store.sql.rotate_secret, endpoint_id, store.sealed(core, secret), until, now) is None:
        raise NotFound("webhook", endpoint_id)
    return secret


async def end_overlap(core: Core, endpoint_id: int) -> None:
    """The new secret signs from now on, and the old one is forgotten."""
    await core.db.execute(
        "UPDATE webhook_endpoints SET previous_secret = NULL, previous_until = NULL, updated_at = $2 WHERE id = $1",
        endpoint_id,
        core.clock.now(),
    )


async def send_test(core: Core, endpoint_id: int) -> Delivery:
    """Posts a test event right away, once, and answers the delivery with its outcome. Raises NotFound, RateLimited."""
    endpoint = await queries.endpoint_by_id(core, endpoint_id)
    form, now = form_named(endpoint.form), core.clock.now()
    usage = await count_request(core.db, f"webhook-test:{endpoint_id}", TESTS_PER_MINUTE)
    if not usage.is_allowed:
        raise RateLimited(usage.resets_at - now, limit=usage.limit)
    [row] = await core.db.fetch(store.sql.take_numbers, 1)
    data = {"message": "This is a test. Nothing has happened."}
    body = form.body(row["id"], Happening(TEST, "", now, data))
    worker = f"test:{socket.gethostname()}:{os.getpid()}:{time.time_ns():x}"
    args = (row["id"], form.name, TEST, now, body, endpoint_id, worker, claims.LEASE)
    delivery_id = await core.db.fetchval(store.sql.insert_test, *args)
    poster = Poster(core)
    try:
        outcome = await posting.attempt(core, poster, await claims.claimed_by_id(core, delivery_id))
    finally:
        await poster.close()
    await claims.store_outcomes(core, worker, [outcome])
    return await queries.delivery_by_id(core, endpoint_id, delivery_id)


async def replay(core: Core, endpoint_id: int, delivery_id: int) -> None:
    """Sends a logged delivery again, with the same bytes and key. Raises NotFound, and Conflict when it cannot be."""
    delivery = await queries.delivery_by_id(core, endpoint_id, delivery_id)
    if delivery.is_test:
        raise Conflict("A test is not sent again; send a new one.", code="is_test")
    if not (await queries.endpoint_by_id(core, endpoint_id)).is_active:
        raise Conflict("The webhook is off. Switch it on first.", code="is_off")
    async with core.db.transaction() as tx:
        if await tx.fetchval(store.sql.replay, delivery_id, core.clock.now()) is None:
            raise Conflict("It is on its way just now.", code="wrong_state")
        await tx.execute(f"NOTIFY {claims.CHANNEL}")
