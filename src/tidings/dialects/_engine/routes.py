"""The route table: the one place that says what a dialect serves. It makes the routes, OpenAPI and the coverage page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tidings.dialects._engine.calls import Handler

Kind = Literal["crud", "ack", "view", "unserved"]
_PARAM = re.compile(r"\{(\w+)(?::(\w+))?\}")
# What a path parameter may look like; the default is an integer.
_PATTERNS = {"int": r"\d{1,18}", "word": r"[A-Za-z0-9_\-]+", "any": r"[^/]+", "path": r".+"}


@dataclass(frozen=True, slots=True)
class Route:
    """One row: method and path (parameters as {id} or {name:word}), operation id, permission, kind, handler.

    `permission` is a word the dialect understands (several joined by "|" mean any of them; "" means any caller, "-"
    nobody needs to be known). An unserved row has a reason instead of a handler. `answer` is the schema of a success,
    or its status where that is not 200.
    """

    method: str
    path: str
    operation: str
    permission: str
    kind: Kind
    handler: Handler | None = None
    reason: str = ""
    summary: str = ""
    body: Any = None
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the parameters of the path."""

    route: Route
    path: Mapping[str, str]


class RouteTable:
    """Finds routes: exact paths by dictionary, the rest by the patterns of their first segment."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._exact: dict[str, dict[str, Route]] = {}
        self._patterns: dict[str, list[tuple[re.Pattern[str], dict[str, Route]]]] = {}
        by_path: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            methods = by_path.setdefault(route.path, {})
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} stands twice in the table")
            methods[route.method] = route
        for path, methods in by_path.items():
            if "{" not in path:
                self._exact[path] = methods
                continue
            pattern = _PARAM.sub(lambda m: f"(?P<{m.group(1)}>{_PATTERNS[m.group(2) or 'int']})", path)
            self._patterns.setdefault(path.split("/")[1], []).append((re.compile(pattern), methods))
        for patterns in self._patterns.values():
            # the more literal a path, the earlier it is tried
            patterns.sort(key=lambda p: p[0].pattern.count("(?P"))

    def find(self, method: str, path: str) -> Match | None:
        """The route for a request, or None."""
        found = self._exact.get(path, {}).get(method)
        if found is not None:
            return Match(found, {})
        head = path.split("/", 2)[1] if path.startswith("/") and len(path) > 1 else ""
        for pattern, methods in self._patterns.get(head, ()):
            route = methods.get(method)
            if route is not None:
                match = pattern.fullmatch(path)
                if match:
                    return Match(route, match.groupdict())
        return None

    def allowed(self, path: str) -> list[str]:
        """The methods a path knows, in the order of the table."""
        names = list(self._exact.get(path, {}))
        head = path.split("/", 2)[1] if path.startswith("/") and len(path) > 1 else ""
        for pattern, methods in self._patterns.get(head, ()):
            if pattern.fullmatch(path):
                names += [m for m in methods if m not in names]
        return names
