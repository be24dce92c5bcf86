"""Where mail services post bounces outside an API: Amazon SES, and the older form of others (fluentcrm.md §5.6).

The addresses inside the API are `dialects.fluentcrm.bounces`'.
"""

from __future__ import annotations

import msgspec

from tidings.messages.reports.receiving import receive_reports
from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.platform.http import OutboundFailed, OutboundRefused
from tidings.public.http import Reply, Visit
from tidings.tracking.tokens import bounce_code, is_same

_OURS = frozenset(("fluentcrm", "route", "provider", "handler", "verify_key", "hash"))


async def take_reports(core: Core, visit: Visit) -> Reply:
    """`provider` (or `handler`) names the service, `verify_key` (or `hash`) carries the code of the installation."""
    query = visit.query
    service = (query.get("provider") or query.get("handler") or "").lower()
    code = query.get("verify_key") or query.get("hash") or ""
    if not is_same(code, bounce_code(core.keys)):
        return _say(422, "verify_key verification failed")
    if not visit.body.strip():
        return _say(422, "The request has no body.")
    fields = {name: value for name, value in {**query, **visit.form}.items() if name not in _OURS}
    try:
        await receive_reports(core, service, visit.body, fields)
    except OutboundFailed as error:
        # The sender tries again after this.
        return _say(503, error.message)
    except (Refused, OutboundRefused) as error:
        return _say(422, error.message)
    return _say(200, "success")


def _say(status: int, message: str) -> Reply:
    body = msgspec.json.encode({"status": status, "message": message})
    return Reply(status, body, b"application/json; charset=UTF-8")
