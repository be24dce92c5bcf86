"""The way in from an address that a mail service was given: bytes to reports to what they do.

Who may call it — the code in the address — is asked by the doors (`dialects.fluentcrm.bounces`, `public.bounces`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.messages.bounces import record_reports
from tidings.messages.reports.fields import json_of
from tidings.messages.reports.sns import open_notification
from tidings.messages.reports.wordings import read_events
from tidings.platform.core import Core

# Batches of services stay far below.
MAX_BODY = 4 * 1024 * 1024


async def receive_reports(core: Core, service: str, body: bytes, fields: Mapping[str, Any] | None = None) -> bool:
    """Takes in what a service posted; whether it changed anything. What cannot be read changes nothing.

    `fields` are those of the form or the query, for what is not JSON. Raises what `sns.open_notification` raises.
    """
    given = json_of(body)
    if given is None:
        given = dict(fields or {})
    if service == "ses":
        given = await open_notification(core, given)
    return (await record_reports(core, read_events(service, given))).has_changed
