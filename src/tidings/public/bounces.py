"""Where mail services post bounces outside an API: Amazon SES, and the older form of others (fluentcrm.md §5.6).

The addresses inside the API are `dialects.fluentcrm.bounces`'.
"""

from __future__ import annotations

from collections.abc import Mapping

from tidings.messages.reports.receiving import receive_reports
from tidings.messages.reports.wordings import is_known
from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.platform.http import OutboundFailed, OutboundRefused
from tidings.public.http import Reply, Visit
from tidings.public.incoming import answer
from tidings.tracking.tokens import bounce_code, is_same

_WRONG_KEY = "verify_key verification failed"
_OURS = frozenset(("fluentcrm", "route", "provider", "handler", "verify_key", "hash"))


def is_for_services(visit: Visit) -> bool:
    """Whether an address without a route of its own is one that was given to a mail service."""
    return "hash" in visit.query and is_known(visit.query.get("handler", "").lower())


async def take_reports(core: Core, visit: Visit) -> Reply:
    """`provider` (or `handler`) names the service, `verify_key` (or `hash`) carries the code of the installation."""
    query = visit.query
    service = (query.get("provider") or query.get("handler") or "").lower()
    is_right = is_same(query.get("verify_key") or query.get("hash") or "", bounce_code(core.keys))
    fields = {name: value for name, value in {**query, **visit.form}.items() if name not in _OURS}
    if service == "ses":
        return await _of_amazon(core, visit.body, fields) if is_right else _say(422, _WRONG_KEY)
    if not is_right:
        return answer({"status": False, "message": "Invalid Data or Security Code"})
    has_changed = await receive_reports(core, service, visit.body, fields)
    said = {"success": 1, "message": "recorded"} if is_known(service) else {"success": 0, "message": "unknown"}
    time = int(core.clock.now().timestamp())
    return answer({**said, "service": service, "result": has_changed, "time": time})


async def _of_amazon(core: Core, body: bytes, fields: Mapping[str, str]) -> Reply:
    if not body.strip():
        return _say(422, "The request has no body.")
    try:
        await receive_reports(core, "ses", body, fields)
    except OutboundFailed as error:
        # The sender tries again after this.
        return _say(503, error.message)
    except (Refused, OutboundRefused) as error:
        return _say(422, error.message)
    return _say(200, "success")


def _say(status: int, message: str) -> Reply:
    reply = answer({"status": status, "message": message})
    reply.status = status
    return reply
