"""The language of workflows: every fault is found and named, and one mail is told from more."""

from __future__ import annotations

from typing import Any

import pytest

from tidings.dialects.fluenzr.campaign_settings import settings_problems
from tidings.dialects.fluenzr.workflow import Mail, is_one_mail, mail_of, workflow_problems, workflow_with

MAIL: dict[str, Any] = {"subject": "Hi {{firstName|there}}", "body": "<p>Hello</p>"}
TEST: dict[str, Any] = {
    "a": {"subject": "One"},
    "b": {"subject": "Two"},
    "split": 30,
    "criterion": "open",
}


def node(id_: str, kind: str, **data: Any) -> dict[str, Any]:
    return {"id": id_, "type": kind, "data": data}


def edge(one: str, two: str, branch: Any = None) -> dict[str, Any]:
    return {"from": one, "to": two, **({"branch": branch} if branch is not None else {})}


def one_mail(**data: Any) -> dict[str, Any]:
    nodes = [node("s", "start"), node("m", "email", **{**MAIL, **data}), node("e", "end")]
    return {"nodes": nodes, "edges": [edge("s", "m"), edge("m", "e")]}


def whole() -> dict[str, Any]:
    """Every type of node."""
    nodes = [
        node("s", "start"),
        node("m", "email", **MAIL),
        node("d", "delay", days=3, businessDays=True),
        node("c", "condition", criterion="email_opened", emailNodeId="m"),
        node("n", "email", **MAIL),
        node("e", "end"),
        node("f", "end"),
    ]
    edges = [edge("s", "m"), edge("m", "d"), edge("d", "c"), edge("c", "n", "true"), edge("c", "f", False)]
    return {"nodes": nodes, "edges": [*edges, edge("n", "e")]}


def test_a_valid_workflow_has_no_faults_and_one_mail_is_told_from_more():
    empty = {"nodes": [node("s", "start"), node("e", "end")], "edges": [edge("s", "e")]}
    for workflow, is_one in (
        (whole(), False),
        (one_mail(), True),
        (one_mail(abTest=TEST), True),
        (one_mail(abTest={**TEST, "winner": {"samplePercent": 20, "waitHours": 4}}), False),
        (one_mail(abTest={**TEST, "a": {"subject": "x", "body": "y"}}), False),
        (empty, False),
    ):
        assert (workflow_problems(workflow), is_one_mail(workflow)) == ({}, is_one)


@pytest.mark.parametrize(
    ("workflow", "faults"),
    [
        (5, {"workflow"}),
        ({}, {"workflow.nodes", "workflow.edges"}),
        ({"nodes": [5], "edges": []}, {"workflow.nodes[0]", "workflow.nodes"}),
        ({"nodes": [], "edges": []}, {"workflow.nodes"}),
        ({"nodes": [{}] * 201, "edges": []}, {"workflow.nodes"}),
        ({"nodes": [{"id": "s", "type": "start", "data": 5}], "edges": [5]}, {"workflow.nodes[0].data"}),
        ({"nodes": [node("s", "start")], "edges": [5]}, {"workflow.edges[0]", "workflow.nodes[0]"}),
        (
            {"nodes": [node("", "start"), node("x", "loop")], "edges": []},
            {"workflow.nodes[0].id", "workflow.nodes[1].type"},
        ),
        (one_mail(subject=" ", body=None), {"workflow.nodes[1].data.subject", "workflow.nodes[1].data.body"}),
        (one_mail(trackOpens="yes", abTest=[]), {"workflow.nodes[1].data.trackOpens", "workflow.nodes[1].data.abTest"}),
        (
            one_mail(abTest={"a": {}, "winner": {"samplePercent": 0}}),
            {f"workflow.nodes[1].data.abTest.{name}" for name in ("a.subject", "b", "split", "criterion")}
            | {f"workflow.nodes[1].data.abTest.winner.{name}" for name in ("samplePercent", "waitHours")},
        ),
    ],
)
def test_what_is_malformed_is_named_by_its_place(workflow: Any, faults: set[str]):
    assert set(workflow_problems(workflow)) >= faults


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "days"),
        ({"days": 1, "hours": 1}, "days"),
        ({"days": 31}, "days"),
        ({"days": 0}, "days"),
        ({"days": True}, "days"),
        ({"hours": 25}, "hours"),
        ({"hours": 1.5}, "hours"),
        ({"days": 1, "businessDays": 1}, "businessDays"),
    ],
)
def test_a_delay_is_days_or_hours_within_bounds(data: dict[str, Any], field: str):
    workflow = whole()
    workflow["nodes"][2]["data"] = data
    assert list(workflow_problems(workflow)) == [f"workflow.nodes[2].data.{field}"]


def test_every_fault_of_the_shape_is_told_at_once():
    workflow = whole()
    workflow["nodes"] += [node("s2", "start"), node("lost", "end"), node("m", "end")]
    workflow["nodes"][3]["data"] = {"criterion": "contact_field"}
    workflow["edges"][3] = edge("c", "m", "true")
    workflow["edges"][4] = edge("c", "nowhere", "maybe")
    workflow["edges"] += [edge("f", "e"), edge("s", "m", "true")]
    told = workflow_problems(workflow)
    assert {place: problem.rule for place, problem in told.items()} == {
        "workflow.nodes[3].data.field": "required",
        "workflow.nodes[9].id": "unique",
        "workflow.edges[4].to": "exists",
        "workflow.edges[4].branch": "in",
        "workflow.edges[7].branch": "unknown",
        "workflow.nodes": "start",
        "workflow.nodes[3]": "branches",
        "workflow.nodes[6]": "end",
        "workflow.nodes[7]": "edges",
    }


def test_loops_and_nodes_out_of_reach_are_told():
    workflow = whole()
    workflow["edges"][3] = edge("c", "m", "true")
    assert {p: x.rule for p, x in workflow_problems(workflow).items()} == {
        "workflow.nodes[1]": "loop",
        "workflow.nodes[4]": "reachable",
        "workflow.nodes[5]": "reachable",
    }
    long = {"nodes": [node(str(n), "delay", days=1) for n in range(198)], "edges": []}
    long["nodes"] += [node("s", "start"), node("e", "end")]
    long["edges"] = [edge("s", "0"), *(edge(str(n), str(n + 1)) for n in range(197)), edge("197", "e")]
    assert workflow_problems(long) == {}
    long["edges"][-1] = edge("197", "0")
    assert "workflow.nodes[0]" in workflow_problems(long)


def test_one_mail_is_read_and_shown_as_it_is_now():
    workflow = one_mail(abTest=TEST, trackClicks=False)
    mail = mail_of(workflow)
    assert mail == Mail(MAIL["subject"], MAIL["body"], True, False, ((30, "One"), (70, "Two")))
    assert workflow_with(workflow, mail) == workflow
    now = workflow_with(workflow, Mail("New", "<p>x</p>", False, True, ((50, "Three"), (50, "Four"))))
    assert mail_of(now) == Mail("New", "<p>x</p>", False, True, ((50, "Three"), (50, "Four")))
    assert "abTest" not in workflow_with(workflow, Mail("New", "x", True, True))["nodes"][1]["data"]
    made = workflow_with({}, Mail("A", "b", True, True))
    assert (workflow_problems(made), mail_of(made)) == ({}, Mail("A", "b", True, True))


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (5, {"settings"}),
        ({"sendDays": []}, {"sendDays"}),
        ({"sendDays": ["someday"]}, {"sendDays"}),
        ({"sendDays": "monday"}, {"sendDays"}),
        ({"sendHoursStart": 17, "sendHoursEnd": 9}, {"sendHoursEnd"}),
        ({"sendHoursStart": "25:00", "sendHoursEnd": 25}, {"sendHoursStart", "sendHoursEnd"}),
        ({"sendHoursEnd": "24:30"}, {"sendHoursEnd"}),
        ({"timezone": "Mars/Base"}, {"timezone"}),
        ({"timezone": "../etc/passwd"}, {"timezone"}),
        ({"timezone": 5}, {"timezone"}),
        ({"maxEmailsPerHour": 0}, {"maxEmailsPerHour"}),
        ({"stopOnReply": "yes", "maxEmailsPerHour": "9"}, {"stopOnReply", "maxEmailsPerHour"}),
        ({"sendHour": 9}, {"sendHour"}),
        ({"sendHoursStart": "9:30", "sendHoursEnd": 24, "timezone": "Europe/Paris", "sendDays": ["friday"]}, set()),
    ],
)
def test_settings_are_checked_field_by_field(settings: Any, fields: set[str]):
    assert {name.removeprefix("settings.") for name in settings_problems(settings)} == fields
