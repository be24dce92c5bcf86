"""Recipients as the form chooses them, and as the rule that a campaign keeps. Pure; what rules mean is `segments`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tidings.platform.errors import Invalid, Problem
from tidings.segments.queries import Segment
from tidings.segments.types import All, Audience, Everybody, InLists, Nobody, Not, Row, Rule, from_json
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _

Kind = Literal["everybody", "lists", "segment", "own", ""]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the form shows. `own` is a rule that was made elsewhere and is more than the form can say; it is kept."""

    kind: Kind = ""
    lists: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    segment_id: int | None = None
    without_lists: tuple[int, ...] = ()
    without_tags: tuple[int, ...] = ()
    own: Rule | None = None

    def form(self) -> Form:
        """The choice as fields."""
        return Form(
            {
                "kind": self.kind,
                "lists": [str(one) for one in self.lists],
                "tags": [str(one) for one in self.tags],
                "segment": self.segment_id or "",
                "without_lists": [str(one) for one in self.without_lists],
                "without_tags": [str(one) for one in self.without_tags],
            }
        )


def choice_of(audience: Mapping[str, Any], segments: Sequence[Segment]) -> Choice:
    """The rule of a campaign as a choice; a rule equal to a saved segment's is that segment."""
    base = from_json(audience)
    without: tuple[Row, ...] = ()
    match base:
        case All((first, Not(Audience(include, ())))) if _is_plain(include):
            base, without = first, include
        case Audience(include, exclude) if _is_plain((*include, *exclude)):
            base, without = Audience(include), exclude
        case _:
            pass
    left_out: dict[str, Any] = {"without_lists": _lists(without), "without_tags": _tags(without)}
    match base:
        case Nobody():
            return Choice()
        case Everybody():
            return Choice("everybody", **left_out)
        case Audience(include, ()) if _is_plain(include):
            return Choice("lists", _lists(include), _tags(include), **left_out)
        case InLists("in", ids):
            return Choice("lists", ids, **left_out)
        case _:
            same = next((one.id for one in segments if one.rule == base), None)
            return Choice("segment", segment_id=same, **left_out) if same else Choice("own", own=base, **left_out)


def _is_plain(rows: Sequence[Row]) -> bool:
    """Whether every row names a list or a tag, not both: more the form cannot show."""
    return all((row.list_id is None) != (row.tag_id is None) for row in rows)


def _lists(rows: Sequence[Row]) -> tuple[int, ...]:
    return tuple(row.list_id for row in rows if row.list_id is not None)


def _tags(rows: Sequence[Row]) -> tuple[int, ...]:
    return tuple(row.tag_id for row in rows if row.tag_id is not None)


def _rows(lists: Sequence[int], tags: Sequence[int]) -> tuple[Row, ...]:
    return (*(Row(list_id=one) for one in lists), *(Row(tag_id=one) for one in tags))


def read(form: Form, segments: Sequence[Segment], before: Choice) -> Choice:
    """The submitted choice; raises Invalid when nobody can be meant. `before` is what the campaign has now."""
    left_out: dict[str, Any] = {
        "without_lists": tuple(form.ids("without_lists")),
        "without_tags": tuple(form.ids("without_tags")),
    }
    match form.text("kind"):
        case "everybody":
            return Choice("everybody", **left_out)
        case "own" if before.own is not None:
            return Choice("own", own=before.own, **left_out)
        case "lists":
            lists, tags = tuple(form.ids("lists")), tuple(form.ids("tags"))
            if not lists and not tags:
                raise Invalid({"lists": Problem("required", _("Choose at least one list or tag."))})
            return Choice("lists", lists, tags, **left_out)
        case "segment":
            wanted = next(iter(form.ids("segment")), None)
            if wanted not in [segment.id for segment in segments]:
                raise Invalid({"segment": Problem("required", _("Choose a segment."))})
            return Choice("segment", segment_id=wanted, **left_out)
        case _:
            raise Invalid({"kind": Problem("required", _("Choose who gets this campaign."))})


def rule_of(choice: Choice, segments: Sequence[Segment]) -> Rule:
    """The rule that a campaign keeps; a segment is taken as it is now."""
    without = _rows(choice.without_lists, choice.without_tags)
    match choice.kind:
        case "everybody":
            base: Rule = Everybody()
        case "lists":
            return Audience(_rows(choice.lists, choice.tags), without)
        case "segment":
            base = next((one.rule for one in segments if one.id == choice.segment_id), Nobody())
        case "own":
            base = choice.own or Nobody()
        case _:
            return Nobody()
    return All((base, Not(Audience(without)))) if without else base
