"""Pure rules of incoming webhooks: the check of a draft, and a sender's JSON read by dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.contacts.rules import clean_text
from tidings.contacts.types import STATUSES
from tidings.incoming_webhooks.types import CONTACT, WebhookDraft
from tidings.platform.errors import Invalid, Problem

MAX_NAME = 192
MAX_PATHS = 200
MAX_DEPTH = 20


def checked(draft: WebhookDraft) -> None:
    """Raises Invalid naming each bad field."""
    problems: dict[str, Problem] = {}
    name = clean_text(draft.name)
    if not name:
        problems["name"] = Problem("required", "The name field is required.")
    elif len(name) > MAX_NAME:
        problems["name"] = Problem("max", f"The name may have at most {MAX_NAME} characters.")
    if draft.kind == CONTACT and not draft.status:
        problems["status"] = Problem("required", "The status field is required.")
    elif draft.kind == CONTACT and draft.status not in STATUSES:
        problems["status"] = Problem("in", f"“{draft.status}” is not a status.")
    if len(draft.mapping) > MAX_PATHS or any(len(path) > 500 for path in draft.mapping):
        problems["map"] = Problem("max", f"A mapping may have at most {MAX_PATHS} paths of 500 characters.")
    if problems:
        raise Invalid(problems)


def at_path(payload: Any, path: str) -> Any:
    """The value at `a.b.0`: names of objects, places of lists; None where nothing is."""
    value = payload
    for step in path.split(".")[:MAX_DEPTH]:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit():
            value = value[int(step)] if int(step[:9]) < len(value) else None
        else:
            return None
    return value


def flattened(payload: Any, mapping: Mapping[str, str]) -> dict[str, Any]:
    """What was sent under our names: the names at the top as they are, mapped paths over them."""
    given: dict[str, Any] = {str(key): value for key, value in payload.items()} if isinstance(payload, dict) else {}
    for path, name in mapping.items():
        value = at_path(payload, path)
        if name and value is not None:
            given[name] = value
    return given
