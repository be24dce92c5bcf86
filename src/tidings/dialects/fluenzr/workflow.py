"""The language of workflows: nodes and edges as a client writes them, checked whole, and read as one mail where they
are no more than that. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidings.dialects.fluenzr.wire import problems_of
from tidings.platform.errors import Problem

MAX_NODES = 200
MAX_TEXT = 100
CRITERIA = ("email_opened", "link_clicked", "previous_email", "contact_field")
TEST_CRITERIA = ("open", "click", "reply")
BRANCHES = ("true", "false")
# Edges that leave a node of a type.
_LEAVING = {"start": 1, "email": 1, "delay": 1, "condition": 2, "end": 0}
START, MAIL, END = "node_start", "node_email", "node_end"

Problems = dict[str, Problem]


@dataclass(frozen=True, slots=True)
class Mail:
    """A workflow of one mail. `subjects` under test as (weight, text), none for a mail without a test."""

    subject: str
    body: str
    tracks_opens: bool
    tracks_clicks: bool
    subjects: Sequence[tuple[int, str]] = ()


@dataclass(slots=True)
class _Graph:
    types: dict[str, str] = field(default_factory=dict[str, str])
    leaving: dict[str, list[tuple[str, str | None]]] = field(default_factory=dict[str, list[tuple[str, str | None]]])
    places: dict[str, int] = field(default_factory=dict[str, int])


def workflow_problems(workflow: object) -> Problems:
    """Every fault, by its place: `workflow.nodes[2].data.subject`; empty for a valid workflow."""
    if not isinstance(workflow, dict):
        return {"workflow": Problem("type", "workflow must be an object with nodes and edges")}
    nodes, edges = workflow.get("nodes"), workflow.get("edges")
    problems: Problems = {}
    for name, value in (("nodes", nodes), ("edges", edges)):
        if not isinstance(value, list):
            problems[f"workflow.{name}"] = Problem("type", f"workflow.{name} must be an array")
        elif len(value) > (MAX_NODES if name == "nodes" else 2 * MAX_NODES):
            problems[f"workflow.{name}"] = Problem("max", f"A workflow may have at most {MAX_NODES} nodes")
    if problems:
        return problems
    assert isinstance(nodes, list)
    assert isinstance(edges, list)
    graph = _Graph()
    for place, node in enumerate(nodes):
        problems |= _node_problems(graph, place, node)
    for place, edge in enumerate(edges):
        problems |= _edge_problems(graph, place, edge)
    return problems | _mail_problems(graph, nodes) | _shape_problems(graph)


def _mail_problems(graph: _Graph, nodes: Sequence[Any]) -> Problems:
    """Conditions on a mail that is none."""
    problems: Problems = {}
    for place, node in enumerate(nodes):
        data = node.get("data") if isinstance(node, dict) and node.get("type") == "condition" else None
        asked = data.get("emailNodeId") if isinstance(data, dict) else None
        if isinstance(asked, str) and graph.types.get(asked) != "email":
            at = f"workflow.nodes[{place}].data.emailNodeId"
            problems[at] = Problem("exists", f"{at} must be the id of an email node")
    return problems


def _node_problems(graph: _Graph, place: int, node: object) -> Problems:
    at = f"workflow.nodes[{place}]"
    if not isinstance(node, dict):
        return {at: Problem("type", f"{at} must be an object")}
    id_, kind, data = node.get("id"), node.get("type"), node.get("data", {})
    problems: Problems = {}
    if not isinstance(id_, str) or not 0 < len(id_) <= MAX_TEXT:
        problems[f"{at}.id"] = Problem("required", f"{at}.id must be a string of 1 to {MAX_TEXT} characters")
    elif id_ in graph.types:
        problems[f"{at}.id"] = Problem("unique", f"The node id {id_!r} stands twice")
    if not isinstance(kind, str) or kind not in _LEAVING:
        problems[f"{at}.type"] = Problem("in", f"{at}.type must be one of {', '.join(_LEAVING)}")
    elif data is not None and not isinstance(data, dict):
        problems[f"{at}.data"] = Problem("type", f"{at}.data must be an object")
    elif kind in _DATA:
        problems |= _DATA[kind](data or {}, f"{at}.data.")
    if isinstance(id_, str) and isinstance(kind, str) and kind in _LEAVING and id_ not in graph.types:
        graph.types[id_], graph.places[id_] = kind, place
    return problems


def _text_problems(data: Mapping[str, Any], at: str, names: Sequence[str]) -> Problems:
    return {
        f"{at}{name}": Problem("required", f"{at}{name} is required")
        for name in names
        if not isinstance(data.get(name), str) or not data[name].strip()
    }


def _email_problems(data: Mapping[str, Any], at: str) -> Problems:
    problems = _text_problems(data, at, ("subject", "body"))
    problems |= problems_of(data, {"trackOpens": bool, "trackClicks": bool, "abTest": dict}, at=at)
    test = data.get("abTest")
    return problems | _test_problems(test, f"{at}abTest.") if isinstance(test, dict) else problems


def _test_problems(test: Mapping[str, Any], at: str) -> Problems:
    problems: Problems = {}
    for version in ("a", "b"):
        if isinstance(test.get(version), dict):
            problems |= _text_problems(test[version], f"{at}{version}.", ("subject",))
            problems |= problems_of(test[version], {"body": str}, at=f"{at}{version}.")
        else:
            problems[f"{at}{version}"] = Problem("required", f"{at}{version} must be an object with subject and body")
    problems |= _range_problem(test, at, "split", 1, 99, is_required=True)
    if test.get("criterion") not in TEST_CRITERIA:
        problems[f"{at}criterion"] = Problem("in", f"{at}criterion must be one of {', '.join(TEST_CRITERIA)}")
    winner = test.get("winner")
    if isinstance(winner, dict):
        problems |= _range_problem(winner, f"{at}winner.", "samplePercent", 1, 99, is_required=True)
        problems |= _range_problem(winner, f"{at}winner.", "waitHours", 1, 720, is_required=True)
    elif winner is not None:
        problems[f"{at}winner"] = Problem("type", f"{at}winner must be an object")
    return problems


def _range_problem(
    data: Mapping[str, Any], at: str, name: str, least: int, most: int, *, is_required: bool = False
) -> Problems:
    value = data.get(name)
    is_number = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    if is_number or (value is None and not is_required):
        return {}
    return {f"{at}{name}": Problem("range", f"{at}{name} must be a whole number from {least} to {most}")}


def _delay_problems(data: Mapping[str, Any], at: str) -> Problems:
    problems = problems_of(data, {"businessDays": bool}, at=at)
    if (data.get("days") is None) == (data.get("hours") is None):
        return problems | {f"{at}days": Problem("required", f"A delay has either {at}days or {at}hours")}
    return problems | _range_problem(data, at, "days", 1, 30) | _range_problem(data, at, "hours", 1, 24)


def _condition_problems(data: Mapping[str, Any], at: str) -> Problems:
    problems = problems_of(data, {"emailNodeId": str, "linkUrl": str, "operator": str}, at=at)
    criterion = data.get("criterion")
    if criterion not in CRITERIA:
        problems[f"{at}criterion"] = Problem("in", f"{at}criterion must be one of {', '.join(CRITERIA)}")
    elif criterion == "contact_field":
        problems |= _text_problems(data, at, ("field",))
    return problems


_DATA: dict[str, Callable[[Mapping[str, Any], str], Problems]] = {
    "email": _email_problems,
    "delay": _delay_problems,
    "condition": _condition_problems,
}


def _edge_problems(graph: _Graph, place: int, edge: object) -> Problems:
    at = f"workflow.edges[{place}]"
    if not isinstance(edge, dict):
        return {at: Problem("type", f"{at} must be an object")}
    problems: Problems = {}
    ends = [edge.get(name) for name in ("from", "to")]
    for name, end in zip(("from", "to"), ends, strict=True):
        if not isinstance(end, str) or end not in graph.types:
            problems[f"{at}.{name}"] = Problem("exists", f"{at}.{name} must be the id of a node")
    branch = edge.get("branch")
    branch = str(branch).lower() if isinstance(branch, bool) else branch
    is_split = isinstance(ends[0], str) and graph.types.get(ends[0]) == "condition"
    if is_split and branch not in BRANCHES:
        problems[f"{at}.branch"] = Problem("in", f"{at}.branch must be true or false after a condition")
    elif not is_split and branch is not None:
        problems[f"{at}.branch"] = Problem("unknown", f"{at}.branch is only for edges that leave a condition")
    if not problems:
        graph.leaving.setdefault(str(ends[0]), []).append((str(ends[1]), branch))
    return problems


def _shape_problems(graph: _Graph) -> Problems:
    problems: Problems = {}
    starts = [id_ for id_, kind in graph.types.items() if kind == "start"]
    if len(starts) != 1:
        problems["workflow.nodes"] = Problem("start", f"A workflow has exactly one start node, not {len(starts)}")
    for id_, kind in graph.types.items():
        leaving = graph.leaving.get(id_, [])
        at = f"workflow.nodes[{graph.places[id_]}]"
        if kind == "condition" and sorted(str(branch) for _, branch in leaving) != sorted(BRANCHES):
            problems[at] = Problem("branches", f"The condition {id_!r} needs one edge for true and one for false")
        elif kind == "end" and leaving:
            problems[at] = Problem("end", f"Nothing may follow the end node {id_!r}")
        elif kind not in ("condition", "end") and len(leaving) != _LEAVING[kind]:
            text = "does not lead to an end node" if not leaving else "may have only one edge that leaves it"
            problems[at] = Problem("edges", f"The {kind} node {id_!r} {text}")
    if len(starts) == 1:
        problems |= _way_problems(graph, starts[0], problems)
    return problems


def _way_problems(graph: _Graph, start: str, known: Problems) -> Problems:
    """Loops, and nodes that no way from the start reaches."""
    problems: Problems = {}
    # 1: on the way that is being walked, 2: done with
    seen: dict[str, int] = {start: 1}
    way: list[tuple[str, int]] = [(start, 0)]
    while way:
        id_, done = way.pop()
        leaving = graph.leaving.get(id_, [])
        if done == len(leaving):
            seen[id_] = 2
            continue
        way.append((id_, done + 1))
        target = leaving[done][0]
        if seen.get(target) == 1:
            problems[f"workflow.nodes[{graph.places[target]}]"] = Problem("loop", f"The node {target!r} is in a loop")
        elif target not in seen:
            seen[target] = 1
            way.append((target, 0))
    for id_, place in graph.places.items():
        at = f"workflow.nodes[{place}]"
        if id_ not in seen and at not in known:
            problems[at] = Problem("reachable", f"The node {id_!r} cannot be reached from the start")
    return problems


def is_one_mail(workflow: Mapping[str, Any]) -> bool:
    """Whether a valid workflow is one mail to everybody, at most with two subjects under test."""
    kinds = [node["type"] for node in workflow["nodes"]]
    mails = [node.get("data") or {} for node in workflow["nodes"] if node["type"] == "email"]
    is_short = len(mails) == 1 and "delay" not in kinds and "condition" not in kinds
    return is_short and not _has_bodies(mails[0]) and not (mails[0].get("abTest") or {}).get("winner")


def _has_bodies(mail: Mapping[str, Any]) -> bool:
    test = mail.get("abTest") or {}
    return any(test[v].get("body") not in (None, mail["body"]) for v in ("a", "b") if v in test)


def mail_of(workflow: Mapping[str, Any]) -> Mail:
    """The one mail of a valid workflow that needs nothing more."""
    data = next(node["data"] for node in workflow["nodes"] if node["type"] == "email")
    test = data.get("abTest")
    subjects = [(test["split"], test["a"]["subject"]), (100 - test["split"], test["b"]["subject"])] if test else []
    return Mail(
        data["subject"], data["body"], data.get("trackOpens", True), data.get("trackClicks", True), tuple(subjects)
    )


def workflow_with(workflow: Mapping[str, Any], mail: Mail) -> dict[str, Any]:
    """A workflow of one mail as it is now, when the mail was changed elsewhere; an empty one becomes start, email, end."""
    data: dict[str, Any] = {"subject": mail.subject, "body": mail.body}
    data |= {"trackOpens": mail.tracks_opens, "trackClicks": mail.tracks_clicks}
    if not workflow:
        nodes = [
            {"id": START, "type": "start"},
            {"id": MAIL, "type": "email", "data": data},
            {"id": END, "type": "end"},
        ]
        return {"nodes": nodes, "edges": [{"from": START, "to": MAIL}, {"from": MAIL, "to": END}]}
    if mail_of(workflow) == mail:
        return dict(workflow)
    kept = [
        {**node, "data": _changed(node["data"], data, mail)} if node["type"] == "email" else node
        for node in workflow["nodes"]
    ]
    return {**workflow, "nodes": kept}


def _changed(was: Mapping[str, Any], data: Mapping[str, Any], mail: Mail) -> dict[str, Any]:
    changed = {**was, **data}
    test = changed.pop("abTest", None)
    if len(mail.subjects) == 2:
        (split, one), (_, two) = mail.subjects
        kept: dict[str, Any] = test or {"criterion": TEST_CRITERIA[0]}
        versions = {v: {**kept.get(v, {}), "subject": text} for v, text in (("a", one), ("b", two))}
        changed["abTest"] = {**kept, **versions, "split": split}
    return changed
