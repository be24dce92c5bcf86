"""The blocks of a page as numbered lines of an HTML form: read, moved, added, taken away, written back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from tidings.pages.rules import MAX_BLOCKS
from tidings.pages.types import Align, Block, BlockKind
from tidings.ui.shell.forms import Form
from tidings.ui.shell.lines import line_count, pressed

# What can be added, in the order of the buttons, and what it begins with.
OFFERED: tuple[tuple[BlockKind, str], ...] = (
    ("heading", "Heading"),
    ("text", "Text"),
    ("image", "Picture"),
    ("button", "Button"),
    ("form", "Form"),
    ("preferences", "Preference form"),
    ("columns", "Two columns"),
    ("divider", "Line"),
    ("space", "Space"),
    ("html", "HTML"),
)
TITLES: dict[str, str] = dict(OFFERED)
ALIGNED = ("heading", "text", "image", "button", "html")
_TEXTS = ("kind", "text", "other", "url", "link", "alt", "align", "level")


def blocks_of(form: Form) -> list[Block]:
    """The lines as they were sent, unchecked."""
    return [_block(form, n) for n in range(line_count(form, MAX_BLOCKS))]


def _block(form: Form, n: int) -> Block:
    said = {name: form.text(f"{name}.{n}") for name in _TEXTS}
    level = int(said["level"]) if said["level"] in ("1", "2", "3") else 2
    return Block(
        cast(BlockKind, said["kind"]),
        said["text"],
        said["other"],
        said["url"],
        said["link"],
        said["alt"],
        cast(Align, said["align"] or "left"),
        level,
    )


def values_of(blocks: Sequence[Block]) -> dict[str, Any]:
    """The lines as the form shows them."""
    values: dict[str, Any] = {"count": str(len(blocks))}
    for n, one in enumerate(blocks):
        values |= {f"{name}.{n}": str(value) for name, value in msgspec.to_builtins(one).items()}
    return values


def changed(blocks: Sequence[Block], do: str) -> list[Block]:
    """After a press of a button among the blocks."""
    return pressed(blocks, do, _new, MAX_BLOCKS)


def _new(kind: str) -> Block | None:
    return Block(cast(BlockKind, kind)) if kind in TITLES else None
