"""Calls to both kinds of Python client, blocking and asyncio, written once."""

from __future__ import annotations

import inspect
import uuid
from typing import Any

import pytest
import tidings_client as sdk

# (blocking, asyncio)
CLIENTS: dict[str, tuple[Any, Any]] = {
    "fluenzr": (sdk.FluenzrClient, sdk.AsyncFluenzrClient),
    "furiosa": (sdk.FuriosaClient, sdk.AsyncFuriosaClient),
    "fluentcrm": (sdk.FluentCrmClient, sdk.AsyncFluentCrmClient),
}


async def done(value: Any) -> Any:
    """What a call of either kind of client gave."""
    return await value if inspect.isawaitable(value) else value


async def all_of(rows: Any) -> list[Any]:
    """The rows of either kind of iterator."""
    return [row async for row in rows] if hasattr(rows, "__aiter__") else list(rows)


async def refused(kind: type[sdk.ApiError], value: Any) -> sdk.ApiError:
    """The error of a call; `value` makes the call, because the blocking one raises at once."""
    with pytest.raises(kind) as caught:
        await done(value())
    return caught.value


def word() -> str:
    """Something no other test has."""
    return uuid.uuid4().hex[:10]
