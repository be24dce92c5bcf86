"""A valid workflow as the steps of an automation. Pure.

A workflow may lead its branches together again; steps branch like a tree and go on behind the branching. So what both
ways of a condition come to is put behind it once; where ways cross otherwise, a node stands on each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from tidings.automations.types import StepDraft
from tidings.campaigns.windows import SendingWindow, window_json
from tidings.dialects.fluenzr.wire import TEXTS
from tidings.platform.errors import Conflict
from tidings.segments.fields import FieldKind
from tidings.segments.types import ColumnIs, CustomFieldIs, to_json

MAX_STEPS = 400
# criterion: what must have been done with the mail
_DID = {"email_opened": "opened", "link_clicked": "clicked"}
# operator of this dialect: of rules
_OPERATORS = {
    "equals": "equals",
    "not_equals": "not_equals",
    "contains": "contains",
    "not_contains": "not_contains",
    "empty": "empty",
    "is_empty": "empty",
    "filled": "filled",
    "is_not_empty": "filled",
}
# criterion of a test: what is counted for it
_MEASURED = {"open": "opened", "click": "clicked"}
_END = "end"


@dataclass(slots=True)
class _Builder:
    """`lacks`: what of the workflow cannot be done, in words."""

    workflow: Mapping[str, Any]
    window: SendingWindow
    fields: Mapping[str, str]
    lacks: list[str] = field(default_factory=list[str])
    made: int = 0
    nodes: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    ways: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    behind: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def __post_init__(self) -> None:
        self.nodes = {node["id"]: node for node in self.workflow["nodes"]}
        for edge in self.workflow["edges"]:
            branch = str(edge["branch"]).lower() if edge.get("branch") is not None else ""
            self.ways.setdefault(edge["from"], {})[branch] = edge["to"]

    def lack(self, what: str) -> None:
        if what not in self.lacks:
            self.lacks.append(what)

    def must_pass(self, start: str) -> frozenset[str]:
        """The nodes that every way from `start` to an end comes to, itself among them; ends are one."""
        todo = [start]
        while todo:
            id_ = todo[-1]
            targets = list(self.ways.get(id_, {}).values())
            missing = [one for one in targets if one not in self.behind]
            if missing:
                todo += missing
                continue
            todo.pop()
            common = frozenset.intersection(*(self.behind[one] for one in targets)) if targets else frozenset[str]()
            self.behind[id_] = common | {id_ if targets else _END}
        return self.behind[start]

    def meeting(self, id_: str) -> str:
        """Where the ways of a condition come together; `_END` when only at the end."""
        common = self.must_pass(id_) - {id_, _END}
        # Of those that follow one another the nearest has the most behind it.
        return max(common, key=lambda one: len(self.behind[one]), default=_END)

    def row(self, id_: str, stop: str, last: tuple[str, ...]) -> tuple[list[StepDraft], tuple[str, ...]]:
        """The steps from a node up to `stop`; `last` are the mails that a contact may have been sent just before."""
        found: list[StepDraft] = []
        while id_ != stop and self.nodes[id_]["type"] != "end":
            self.made += 1
            if self.made > MAX_STEPS:
                raise Conflict("This workflow has too many ways that cross.", code="unavailable")
            kind, data = self.nodes[id_]["type"], self.nodes[id_].get("data") or {}
            following = self.ways[id_].get("")
            if kind == "email":
                found += self.mail(id_, data)
                last = (id_,)
            elif kind == "delay":
                found.append(StepDraft("wait", self.delay(data), title=id_, extras={"node": id_}))
            elif kind == "condition":
                step, last = self.condition(id_, data, last)
                found.append(step)
                following = self.meeting(id_)
                if following == _END:
                    break
            id_ = following or stop
        return found, last

    def delay(self, data: Mapping[str, Any]) -> dict[str, Any]:
        unit = "days" if data.get("days") is not None else "hours"
        params = {"how": "for", "amount": data[unit], "unit": unit, "zone": str(self.window.zone)}
        return {**params, "skips_weekends": True} if data.get("businessDays") else params

    def mail(self, id_: str, data: Mapping[str, Any]) -> list[StepDraft]:
        """A wait for the window, and the mail. Under a test two versions by lot; where a winner is looked for, a sample
        gets them, and the rest waits for the better one."""
        tracks = {name: "no" if data.get(wire) is False else "yes" for name, wire in _TRACKS.items()}

        def step(version: str, said: Mapping[str, Any], part: str = "") -> StepDraft:
            written = {"subject": said["subject"], "body": said.get("body") or data["body"], "language": "variables"}
            params = {"to": "contact", "key": id_} | ({"version": version} if version else {})
            extras = {"node": id_, "version": version, "part": part}
            return StepDraft("send_mail", params, title=id_, extras=extras, mail={**written, **tracks})

        def ways(kind: str, params: Mapping[str, Any], part: str) -> StepDraft:
            yes, no = step("a", test["a"], part), step("b", test["b"], part)
            return StepDraft(kind, params, title=id_, extras={"node": id_, "part": part}, yes=[yes], no=[no])

        test = data.get("abTest") or {}
        if not test:
            return [self.opening(id_), step("", data)]
        sample = ways("split", {"share_a": test["split"]}, "sample")
        winner = test.get("winner")
        if not winner:
            return [self.opening(id_), sample]
        if test["criterion"] not in _MEASURED:
            self.lack(f"an A/B winner by {test['criterion']}")
        better = {"key": id_, "versions": ["a", "b"], "by": _MEASURED.get(test["criterion"], "")}
        pause = {"how": "for", "amount": winner["waitHours"], "unit": "hours"}
        rest = [
            StepDraft("wait", pause, title=id_, extras={"node": id_, "part": "rest"}),
            self.opening(id_, "rest"),
            ways("condition", {"better": better}, "rest"),
        ]
        share = {"share_a": winner["samplePercent"]}
        whole = StepDraft("split", share, title=id_, extras={"node": id_, "part": "whole"}, yes=[sample], no=rest)
        return [self.opening(id_), whole]

    def opening(self, id_: str, part: str = "") -> StepDraft:
        """A wait for the window."""
        extras = {"node": id_, "for": "window", "part": part}
        return StepDraft("wait", {"how": "window", **window_json(self.window)}, title=id_, extras=extras)

    def condition(self, id_: str, data: Mapping[str, Any], last: tuple[str, ...]) -> tuple[StepDraft, tuple[str, ...]]:
        params = self.asked(id_, data, last)
        meeting = self.meeting(id_)
        yes, after_yes = self.row(self.ways[id_]["true"], meeting, last)
        no, after_no = self.row(self.ways[id_]["false"], meeting, last)
        step = StepDraft("condition", params, title=id_, extras={"node": id_}, yes=yes, no=no)
        return step, tuple(dict.fromkeys((*after_yes, *after_no)))

    def asked(self, id_: str, data: Mapping[str, Any], last: tuple[str, ...]) -> dict[str, Any]:
        criterion = data["criterion"]
        if criterion in _DID:
            mails = [data["emailNodeId"]] if data.get("emailNodeId") else list(last)
            if not mails:
                self.lack(f"the condition {id_!r}, which no email comes before")
            return {"mails": mails, "did": _DID[criterion], "url": data.get("linkUrl") or ""}
        if criterion == "contact_field":
            return {"rules": self.field_rule(id_, data)}
        self.lack(f"conditions on {criterion}")
        return {}

    def field_rule(self, id_: str, data: Mapping[str, Any]) -> dict[str, Any]:
        name, value = str(data["field"]), data.get("value")
        operator = str(data.get("operator") or ("filled" if value is None else "equals"))
        slug = name.removeprefix("customFields.")
        try:
            word = cast(Any, _OPERATORS[operator])
            wanted = None if word in ("empty", "filled") else str(value)
            if name in TEXTS:
                return to_json(ColumnIs(cast(Any, TEXTS[name]), word, wanted))
            return to_json(CustomFieldIs(slug, cast(FieldKind, self.fields[slug]), word, wanted))
        except (KeyError, ValueError):
            self.lack(f"the condition {id_!r} on the field {name!r} with the operator {operator!r}")
            return {}


_TRACKS = {"tracks_opens": "trackOpens", "tracks_clicks": "trackClicks"}


def steps_of(workflow: Mapping[str, Any], window: SendingWindow, fields: Mapping[str, str]) -> Sequence[StepDraft]:
    """The steps of a valid workflow; `fields` are the kinds of custom fields by name. Raises Conflict naming everything
    that cannot be done yet."""
    builder = _Builder(workflow, window, fields)
    start = next(node["id"] for node in workflow["nodes"] if node["type"] == "start")
    found, _ = builder.row(start, _END, ())
    if not any(node["type"] == "email" for node in workflow["nodes"]):
        builder.lack("a workflow without an email")
    if builder.lacks:
        raise Conflict(
            f"This workflow cannot be started yet. Not available: {', '.join(builder.lacks)}.", code="unavailable"
        )
    return found
