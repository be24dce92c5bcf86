"""One attempt: the signed request, the answer, the verdict. Nothing is stored here."""

from __future__ import annotations

import logging
import random
import time

from tidings.outgoing_webhooks import rules
from tidings.outgoing_webhooks.forms import Signing, form_named
from tidings.outgoing_webhooks.types import Claimed, Outcome
from tidings.platform.core import Core
from tidings.platform.http import OutboundFailed, OutboundRefused, Poster

log = logging.getLogger("tidings.webhooks")
# Characters of an answer that are kept.
EXCERPT = 2000


async def attempt(core: Core, poster: Poster, delivery: Claimed) -> Outcome:
    """Posts a delivery once; answers what became of it and never raises for what the other side did."""
    form, at = form_named(delivery.form), core.clock.now()
    signing = Signing(str(delivery.key), delivery.secret, delivery.next_secret, delivery.body, at)
    headers = {"content-type": "application/json", **form.headers(signing)}
    started, code, answer, error = time.monotonic(), None, "", ""
    try:
        got = await poster.post(delivery.url, delivery.body, headers, timeout=form.timeout)
        code, answer = got.status, got.body.decode("utf-8", "replace").replace("\0", "")[:EXCERPT]
    except (OutboundFailed, OutboundRefused) as failure:
        error = failure.message
    except Exception as failure:
        # A delivery that nobody foresaw must not stay in hand for ever.
        log.exception("delivery %s could not be posted", delivery.id)
        error = repr(failure)
    taken = round((time.monotonic() - started) * 1000)
    is_final = delivery.is_test or (code is not None and form.is_final(code))
    due_at = rules.next_due(delivery.attempts + 1, core.clock.now(), random.random())  # noqa: S311 - spreads load, hides nothing
    state = rules.state_after(code, is_final=is_final, due_at=due_at)
    return Outcome(delivery, state, at, headers, taken, code, answer, error, due_at if state == "queued" else None)
