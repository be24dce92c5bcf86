"""What moving in speaks of: another system's lists, tags, fields and people, and the operator's plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tidings.contacts.types import Status

Credentials = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemoteTerm:
    """A list, tag or group over there; `count` of people where it is told."""

    id: str
    name: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteField:
    """A field of people over there. `target` is where it goes by itself, "" when the operator must say."""

    key: str
    label: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class RemotePerson:
    """Somebody over there. `values` under our names, `fields` under theirs; `tags` and `lists` are ids over there."""

    email: str
    status: Status
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tags: Sequence[str] = ()
    lists: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RemotePage:
    """Some people, where the next page begins ("" after the last), and how many there are where it is told."""

    people: Sequence[RemotePerson]
    next: str
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which people: of these lists or tags over there (all when none is named), only those who get mail."""

    list_ids: Sequence[str] = ()
    tag_ids: Sequence[str] = ()
    is_active_only: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The operator's decisions.

    tags, lists: id over there -> our id, or a title that is made when it is missing; what is not named is left behind.
    fields: key over there -> a column that strangers may fill, or `custom.<slug>`. tag_ids, list_ids: for everybody.
    """

    choice: Choice = field(default_factory=Choice)
    tags: Mapping[str, int | str] = field(default_factory=dict[str, int | str])
    lists: Mapping[str, int | str] = field(default_factory=dict[str, int | str])
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    tag_ids: Sequence[int] = ()
    list_ids: Sequence[int] = ()
    on_existing: Literal["update", "fill", "skip"] = "update"


@dataclass(frozen=True, slots=True)
class Credential:
    """One thing the operator types to let us in."""

    name: str
    label: str
    kind: Literal["text", "password", "url"] = "text"
    help: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is over there."""

    lists: Sequence[RemoteTerm]
    tags: Sequence[RemoteTerm]
    fields: Sequence[RemoteField]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a page. `skipped` were refused or left alone; `next` is "" after the last page."""

    created: int
    updated: int
    skipped: int
    next: str
    total: int | None
