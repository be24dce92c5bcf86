"""The one tree both languages parse to: constant text, slots, branches.

What a code reads is decided by its language (`smartcodes`, `variables`); how it is escaped by where it stands (`escaping`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from tidings.content.types import Scope

Place = Literal["text", "attribute", "url", "url_start", "raw", "plain", "header"]
ValueKind = Literal["text", "lines", "url", "html", "encoded"]
Read: TypeAlias = "Callable[[Scope], str]"
Test: TypeAlias = "Callable[[Scope], bool]"

MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Code:
    """A personal value. `read` gives it unescaped; kind html has `markup`, already safe HTML, beside the plain `read`."""

    raw: str
    read: Read
    kind: ValueKind = "text"
    markup: Read | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """The start of a conditional stretch. `raw` is what a preview without a contact shows (block markers show nothing)."""

    raw: str
    test: Test


@dataclass(frozen=True, slots=True)
class Turn:
    """`else`."""

    raw: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """The end of a conditional stretch."""

    raw: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A registered link by number; `url` is its own address."""

    number: int
    url: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a link's address stands. In a text part it is plain, elsewhere escaped."""

    link: Link
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Pixel:
    """Where the open pixel goes."""


Mark: TypeAlias = Code | Open | Turn | Close | Link | Pixel


@dataclass(frozen=True, slots=True)
class Slot:
    """A value to be filled in: `fill` answers it escaped for its place; `literal` stands when there is no person."""

    fill: Read
    literal: str


@dataclass(frozen=True, slots=True)
class Branch:
    """Two continuations and the test between them. With no person `test` answers for nobody; raws stand if it is written."""

    test: Test
    then: Tree
    otherwise: Tree
    raws: tuple[str, str, str] | None


Node: TypeAlias = str | Slot | Anchor | Branch
Tree: TypeAlias = tuple[Node, ...]
Item: TypeAlias = str | Slot | Anchor | Open | Turn | Close


class _Level:
    __slots__ = ("first", "nodes", "opened", "turn")

    def __init__(self, opened: Open | None) -> None:
        self.opened = opened
        self.nodes: list[Node] = []
        self.first: list[Node] | None = None
        self.turn = ""

    def closed(self, raw: str) -> Branch:
        assert self.opened is not None
        then = self.nodes if self.first is None else self.first
        otherwise = self.nodes if self.first is not None else []
        raws = (self.opened.raw, self.turn, raw) if self.opened.raw else None
        return Branch(self.opened.test, merged(then), merged(otherwise), raws)


def grow(items: Iterable[Item]) -> Tree:
    """Nests a flat run of items. A stretch never closed ends with the text; a stray close or else is dropped."""
    levels = [_Level(None)]
    too_deep = 0
    for item in items:
        level = levels[-1]
        if isinstance(item, Open):
            if len(levels) > MAX_DEPTH:
                too_deep += 1
            else:
                levels.append(_Level(item))
        elif isinstance(item, Close):
            if too_deep:
                too_deep -= 1
            elif len(levels) > 1:
                levels.pop()
                levels[-1].nodes.append(level.closed(item.raw))
        elif isinstance(item, Turn):
            if len(levels) > 1 and level.first is None and not too_deep:
                level.first, level.nodes, level.turn = level.nodes, [], item.raw
        else:
            level.nodes.append(item)
    while len(levels) > 1:
        level = levels.pop()
        levels[-1].nodes.append(level.closed(""))
    return merged(levels[0].nodes)


def merged(nodes: Iterable[Node]) -> Tree:
    """Neighbouring texts made one, empty ones dropped."""
    result: list[Node] = []
    run: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            run.append(node)
            continue
        if text := "".join(run):
            result.append(text)
        run.clear()
        result.append(node)
    if text := "".join(run):
        result.append(text)
    return tuple(result)


def write(tree: Tree, scope: Scope) -> str:
    """The text of a tree for one scope; without a person, slots and written conditions stay as they were typed."""
    parts: list[str] = []
    _write(tree, scope, parts)
    return "".join(parts)


def _write(tree: Tree, scope: Scope, parts: list[str]) -> None:
    nobody = scope.person is None
    for node in tree:
        if isinstance(node, str):
            parts.append(node)
        elif isinstance(node, Slot):
            parts.append(node.literal if nobody else node.fill(scope))
        elif isinstance(node, Anchor):
            parts.append(node.link.url if node.is_plain else escape(node.link.url))
        elif nobody and node.raws:
            opened, turn, close = node.raws
            parts.append(opened)
            _write(node.then, scope, parts)
            if turn:
                parts.append(turn)
                _write(node.otherwise, scope, parts)
            parts.append(close)
        else:
            _write(node.then if node.test(scope) else node.otherwise, scope, parts)
