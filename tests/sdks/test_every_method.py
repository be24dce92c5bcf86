"""No client has a method that nothing calls: the lists of methods come from the classes, what was called is noted."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from benchmarks.sink import Sink

from tests.sdks import test_python, test_python_outreach
from tests.sdks.answering import Asked
from tests.sdks.conftest import Running
from tests.sdks.either import CLIENTS, done

# Not of the server: how a dialect wraps answers, which its resources ask for, and what `async with` calls.
_WITHIN = {"unwrap", "read_page"}
_MODULES: tuple[ModuleType, ...] = (test_python, test_python_outreach)
_FIXTURES = {"fluenzr": "fluenzr", "furiosa": "furiosa", "fluentcrm": "crm"}


def methods_of(client: Any) -> set[str]:
    """`resource.method` of everything public that can be called, inherited ones too."""
    found = {name for name in _public(client) if name not in _WITHIN}
    for name, resource in vars(client).items():
        if not name.startswith("_") and hasattr(resource, "_http"):
            found |= {f"{name}.{method}" for method in _public(resource)}
    return found


def _public(thing: Any) -> set[str]:
    return {name for name, _ in inspect.getmembers(type(thing), inspect.isfunction) if not name.startswith("_")}


class Noting:
    """A client, or a resource of it, that notes what is called."""

    def __init__(self, inner: Any, called: set[str], at: str = "") -> None:
        self._inner, self._called, self._at = inner, called, at

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if hasattr(value, "_http") and not inspect.ismethod(value):
            return Noting(value, self._called, f"{name}.")
        if not inspect.ismethod(value):
            return value

        def call(*args: Any, **more: Any) -> Any:
            self._called.add(self._at + name)
            return value(*args, **more)

        return call


@pytest.mark.parametrize("dialect", CLIENTS)
async def test_every_method_of_a_python_client_is_called(
    running: Running,
    make: Callable[..., Any],
    is_async: bool,
    dialect: str,
    hook: tuple[str, list[Asked]],
    sink: tuple[int, Sink],
):
    called: set[str] = set()
    client = make(dialect)
    noting = Noting(client, called)
    named: dict[str, Any] = {_FIXTURES[dialect]: noting, "running": running, "make": make, "hook": hook, "sink": sink}
    tours = [
        tour
        for module in _MODULES
        for name, tour in vars(module).items()
        if name.startswith("test_") and _FIXTURES[dialect] in inspect.signature(tour).parameters
    ]
    for tour in tours:
        await tour(**{name: named[name] for name in inspect.signature(tour).parameters})
    await done((noting.aclose if is_async else noting.close)())
    everything = methods_of(client)
    assert len(everything) > 20
    assert everything - called == set()
