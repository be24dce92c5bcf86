"""Pure rules: what an endpoint may be, when a delivery is tried again, when an endpoint is switched off."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from tidings.contacts.rules import clean_text
from tidings.outgoing_webhooks.types import EndpointDraft, State
from tidings.platform.errors import Invalid, Problem
from tidings.platform.http import OutboundRefused, guard_address, split_url

# After the first attempt, each counted from the failure before it (Furiosa guide, section Webhooks; spec fluenzr).
DELAYS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
# An attempt may be later than its time by this share of the delay, never earlier.
JITTER = 0.1
MAX_NAME, MAX_URL, MAX_ENDPOINTS = 192, 2000, 100
SECRET_SIZES = (16, 256)
OVERLAP = timedelta(hours=24)
FAILURES, FAILING_FOR = 20, timedelta(days=1)


def new_secret() -> str:
    """A secret of 240 random bits."""
    return f"whsec_{secrets.token_urlsafe(30)}"


def next_due(attempts: int, at: datetime, luck: float) -> datetime | None:
    """When a delivery that failed its `attempts`th attempt is tried again; None: never. `luck` is from 0 to 1."""
    if attempts > len(DELAYS):
        return None
    delay = DELAYS[attempts - 1]
    return at + delay + delay * (JITTER * luck)


def state_after(status_code: int | None, *, is_final: bool, due_at: datetime | None) -> State:
    """Where an attempt leaves its delivery: 2xx is success, the rest waits for its next time or has failed for good."""
    if status_code is not None and 200 <= status_code < 300:
        return "delivered"
    return "failed" if is_final or due_at is None else "queued"


def reason_to_disable(failures: int, failing_since: datetime | None, now: datetime, *, is_gone: bool) -> str | None:
    """Why an endpoint is switched off, or None while it is not."""
    if is_gone:
        return "It answered 410: it is gone for good."
    if failures < FAILURES or failing_since is None or now - failing_since < FAILING_FOR:
        return None
    return f"{failures} deliveries in a row failed for good, over more than a day."


def checked(draft: EndpointDraft, events: Mapping[str, str], *, allow_private: bool) -> EndpointDraft:
    """The draft, tidied; raises Invalid naming each bad field. Names of hosts are judged when they are connected to."""
    problems: dict[str, Problem] = {}
    url, name = draft.url.strip(), clean_text(draft.name)
    if len(name) > MAX_NAME:
        problems["name"] = Problem("max", f"The name may have at most {MAX_NAME} characters.")
    try:
        _check_url(url, allow_private=allow_private)
    except OutboundRefused as error:
        problems["url"] = Problem("url", error.message)
    unknown = [one for one in draft.events if one not in events]
    if not draft.events:
        problems["events"] = Problem("required", "Choose at least one event.")
    elif unknown:
        problems["events"] = Problem("in", f"“{unknown[0]}” is not an event.")
    low, high = SECRET_SIZES
    if draft.secret is not None and not (low <= len(draft.secret) <= high and draft.secret.isprintable()):
        problems["secret"] = Problem("size", f"The secret must have {low} to {high} printable characters.")
    if problems:
        raise Invalid(problems)
    chosen = [one for one in events if one in set(draft.events)]
    return EndpointDraft(url, chosen, name, draft.secret, draft.is_active)


def _check_url(url: str, *, allow_private: bool) -> None:
    if not url:
        raise OutboundRefused("The address is required.")
    if len(url) > MAX_URL:
        raise OutboundRefused(f"The address may have at most {MAX_URL} characters.")
    host = split_url(url)
    if not allow_private and (host == "localhost" or host.endswith(".localhost")):
        raise OutboundRefused("The address is of this machine. Allow private targets in the settings if it is yours.")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    guard_address(host, allow_private)
