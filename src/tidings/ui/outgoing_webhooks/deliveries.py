"""One delivery with its request and answers; a test; sending again."""

from __future__ import annotations

import json
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.outgoing_webhooks import actions, queries
from tidings.platform.errors import Conflict, RateLimited
from tidings.ui.outgoing_webhooks.endpoints import HREF, MAY
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting


@post(f"{HREF}/{{endpoint_id:int}}/test", permission=MAY)
async def test_endpoint(visit: Visiting, endpoint_id: FromPath[int]) -> Response[Any]:
    """Posts a test right away and shows what came of it."""
    try:
        delivery = await actions.send_test(visit.core, endpoint_id)
    except RateLimited as error:
        return visit.redirect(f"{HREF}/{endpoint_id}", error.message, kind="error")
    is_well = delivery.state == "delivered"
    say = _("The test arrived.") if is_well else _("The test did not arrive.")
    return visit.redirect(f"{HREF}/{endpoint_id}/log/{delivery.id}", say, kind="success" if is_well else "error")


@get(f"{HREF}/{{endpoint_id:int}}/log/{{delivery_id:int}}", permission=MAY)
async def delivery_page(visit: Visiting, endpoint_id: FromPath[int], delivery_id: FromPath[int]) -> Response[Any]:
    """One delivery."""
    story = await queries.delivery_story(visit.core, endpoint_id, delivery_id)
    return await visit.page(
        "outgoing_webhooks/delivery.html",
        one=await queries.endpoint_by_id(visit.core, endpoint_id),
        story=story,
        body=json.dumps(json.loads(story.body), indent=2, ensure_ascii=False),
    )


@post(f"{HREF}/{{endpoint_id:int}}/log/{{delivery_id:int}}/replay", permission=MAY)
async def replay_delivery(visit: Visiting, endpoint_id: FromPath[int], delivery_id: FromPath[int]) -> Response[Any]:
    """Sends it again as it was."""
    href = f"{HREF}/{endpoint_id}/log/{delivery_id}"
    try:
        await actions.replay(visit.core, endpoint_id, delivery_id)
    except Conflict as error:
        return visit.redirect(href, error.message, kind="error")
    await visit.note("outgoing_webhook_replayed", f"webhook {endpoint_id}", delivery=delivery_id)
    return visit.redirect(href, _("It is sent again."))


ROUTES = [test_endpoint, delivery_page, replay_delivery]
