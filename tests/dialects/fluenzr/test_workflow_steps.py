"""Workflows as steps: ways that come together, ways that cross, and what a walk through them meets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.fluenzr.test_workflow import edge, node, whole
from tidings.automations.types import StepDraft
from tidings.campaigns.windows import SendingWindow
from tidings.dialects.fluenzr.workflow import workflow_problems
from tidings.dialects.fluenzr.workflow_steps import MAX_STEPS, steps_of
from tidings.platform.errors import Conflict

ALWAYS = SendingWindow(frozenset(range(7)), time(0), None, ZoneInfo("UTC"))


def outline(steps: Sequence[StepDraft]) -> list[Any]:
    """Places of the graph, waits for the window left out; a condition with its two ways."""
    found: list[Any] = []
    for step in steps:
        place = step.extras["node"]
        if step.kind == "condition":
            found.append((place, outline(step.yes), outline(step.no)))
        elif step.params.get("how") != "window":
            found.append(place)
    return found


def mail(id_: str) -> dict[str, Any]:
    return node(id_, "email", subject=id_, body="<p>x</p>")


def graph(nodes: Sequence[dict[str, Any]], edges: str) -> dict[str, Any]:
    """A workflow of these nodes between s and e; edges like `s>m`, with + and - for yes and no."""
    said = {"+": True, "-": False}
    made = [edge(*one.rstrip("+-").split(">"), said.get(one[-1])) for one in edges.split()]
    return {"nodes": [node("s", "start"), *nodes, node("e", "end")], "edges": made}


def test_what_both_ways_come_to_stands_behind_the_condition_once():
    assert outline(steps_of(whole(), ALWAYS, {})) == ["m", "d", ("c", ["n"], [])]
    nodes = [mail("m"), node("c", "condition", criterion="email_opened"), mail("y"), mail("z")]
    steps = steps_of(graph(nodes, "s>m m>c c>y+ c>z- y>z z>e"), ALWAYS, {})
    assert outline(steps) == ["m", ("c", ["y"], []), "z"]


def test_a_condition_asks_about_the_mails_that_may_have_come_last():
    first, second = (node(one, "condition", criterion="email_opened") for one in ("c", "d"))
    nodes = [mail("m"), first, mail("y"), mail("n"), second, mail("last")]
    steps = steps_of(graph(nodes, "s>m m>c c>y+ c>n- y>d n>d d>last+ d>e- last>e"), ALWAYS, {})
    assert [one.params["mails"] for one in steps if one.kind == "condition"] == [["m"], ["y", "n"]]


def ladder(n: int, *, crossing: bool = False) -> dict[str, Any]:
    """Conditions one after the other, each with a mail on its way yes; `crossing`: that mail leads past the next one."""
    nodes, edges = [node("s", "start"), mail("m0"), node("e", "end")], [edge("s", "m0"), edge("m0", "c0")]
    for i in range(n):
        nodes += [node(f"c{i}", "condition", criterion="email_opened"), mail(f"y{i}")]
        following = f"c{i + 1}" if i + 1 < n else "e"
        past = f"c{i + 2}" if crossing and i + 2 < n else following
        edges += [edge(f"c{i}", f"y{i}", True), edge(f"c{i}", following, False), edge(f"y{i}", past)]
    return {"nodes": nodes, "edges": edges}


def test_conditions_one_after_the_other_do_not_multiply():
    steps = steps_of(ladder(90), ALWAYS, {})
    assert len([one for one in steps if one.kind == "condition"]) == 90


def test_ways_that_cross_too_often_are_refused():
    assert workflow_problems(ladder(40, crossing=True)) == {}
    with pytest.raises(Conflict, match="too many ways"):
        steps_of(ladder(40, crossing=True), ALWAYS, {})


@given(st.integers(1, 7), st.booleans(), st.lists(st.booleans(), min_size=9, max_size=9))
def test_a_walk_through_the_steps_meets_what_a_walk_through_the_workflow_meets(
    n: int, crossing: bool, answers: list[bool]
):
    workflow = ladder(n, crossing=crossing)
    chosen = {f"c{i}": answers[i] for i in range(n)}
    following = {(one["from"], one.get("branch")): one["to"] for one in workflow["edges"]}
    here, met = "s", list[str]()
    while here != "e":
        here = following[here, chosen.get(here)]
        met += [here] if here != "e" else []

    def walk(steps: Sequence[Any]) -> list[str]:
        found: list[str] = []
        for one in steps:
            if isinstance(one, tuple):
                place, yes, no = one
                found += [place, *walk(yes if chosen[place] else no)]
            else:
                found.append(one)
        return found

    steps = steps_of(workflow, ALWAYS, {})
    assert walk(outline(steps)) == met
    assert len(steps) <= MAX_STEPS
