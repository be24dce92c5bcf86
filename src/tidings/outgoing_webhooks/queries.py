"""Reads of outgoing webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.outgoing_webhooks import store
from tidings.outgoing_webhooks.types import ATTEMPT_COLUMNS, Attempt, Delivery, DeliveryStory, Endpoint
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

ENDPOINT_SORTS = {"id": "e.id", "url": "e.url", "created_at": "e.created_at", "updated_at": "e.updated_at"}
DELIVERY_SORTS = {"id": "d.id", "created_at": "d.created_at"}
MAX_ATTEMPTS = 50


async def list_endpoints(core: Core, request: PageRequest, *, form: str = "", search: str = "") -> Page[Endpoint]:
    """A page of endpoints, of one form or of all."""
    where = (
        """($1 = '' OR e.form = $1) AND ($2 = '' OR e.url ILIKE '%' || $2 || '%' OR e.name ILIKE '%' || $2 || '%')"""
    )
    text = escape_like(search.strip())
    rows = await core.db.fetch(
        f"""SELECT {store.ENDPOINT} FROM webhook_endpoints e WHERE {where} {request.order_by(ENDPOINT_SORTS)}
        LIMIT $3 OFFSET $4""",
        form,
        text,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM webhook_endpoints e WHERE {where}", form, text)
    return Page([store.endpoint_from(row) for row in rows], total, request)


async def find_endpoint(core: Core, endpoint_id: int) -> Endpoint | None:
    """The endpoint, or None."""
    row = await core.db.fetchrow(f"SELECT {store.ENDPOINT} FROM webhook_endpoints e WHERE e.id = $1", endpoint_id)
    return store.endpoint_from(row) if row is not None else None


async def endpoint_by_id(core: Core, endpoint_id: int) -> Endpoint:
    """The endpoint; raises NotFound."""
    found = await find_endpoint(core, endpoint_id)
    if found is None:
        raise NotFound("webhook", endpoint_id)
    return found


async def disabled_endpoints(core: Core) -> list[Endpoint]:
    """Those that were switched off by themselves, the last one first."""
    rows = await core.db.fetch(
        f"""SELECT {store.ENDPOINT} FROM webhook_endpoints e WHERE e.disabled_reason IS NOT NULL
        ORDER BY e.disabled_at DESC, e.id"""
    )
    return [store.endpoint_from(row) for row in rows]


async def list_deliveries(
    core: Core, endpoint_id: int, request: PageRequest, *, states: Sequence[str] = (), kind: str = ""
) -> Page[Delivery]:
    """A page of what one endpoint was told, the newest first unless sorted otherwise."""
    where = """d.endpoint_id = $1 AND (cardinality($2::text[]) = 0 OR d.state = ANY($2)) AND ($3 = '' OR d.kind = $3)"""
    args = (endpoint_id, list(states), kind)
    rows = await core.db.fetch(
        f"""SELECT {store.DELIVERY} FROM webhook_deliveries d WHERE {where} {request.order_by(DELIVERY_SORTS)}
        LIMIT $4 OFFSET $5""",
        *args,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM webhook_deliveries d WHERE {where}", *args)
    return Page([store.delivery_from(row) for row in rows], total, request)


async def delivery_by_id(core: Core, endpoint_id: int, delivery_id: int) -> Delivery:
    """One delivery of an endpoint; raises NotFound."""
    row = await core.db.fetchrow(
        f"SELECT {store.DELIVERY} FROM webhook_deliveries d WHERE d.endpoint_id = $1 AND d.id = $2",
        endpoint_id,
        delivery_id,
    )
    if row is None:
        raise NotFound("delivery", delivery_id)
    return store.delivery_from(row)


async def delivery_story(core: Core, endpoint_id: int, delivery_id: int) -> DeliveryStory:
    """A delivery with its request and its attempts; raises NotFound."""
    delivery = await delivery_by_id(core, endpoint_id, delivery_id)
    event = await core.db.fetchrow("SELECT body, at FROM webhook_events WHERE id = $1", delivery.event_id)
    if event is None:
        raise NotFound("delivery", delivery_id)
    rows = await core.db.fetch(
        f"""SELECT {", ".join(ATTEMPT_COLUMNS)} FROM webhook_attempts WHERE delivery_id = $1
        ORDER BY id DESC LIMIT {MAX_ATTEMPTS}""",
        delivery_id,
    )
    return DeliveryStory(delivery, event["body"], event["at"], [Attempt(*row) for row in rows])
