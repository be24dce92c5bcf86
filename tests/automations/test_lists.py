"""Who is in automations, found by what is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tidings.automations.queries import list_runs
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest

_PEOPLE = """INSERT INTO contacts (email, first_name, last_name) VALUES
('anna@example.org', 'Anna', 'Berg'), ('bert@example.org', 'Bert', 'Annas'), ('c%d@example.net', NULL, NULL)"""
_RUNS = """INSERT INTO automation_runs (automation_id, contact_id, state, due_at, source, begun_at, created_at, updated_at)
SELECT a.id, c.id, CASE WHEN c.id % 2 = 1 THEN 'completed' ELSE 'active' END, now(), 'x', now(), now(), now()
FROM automations a, contacts c ORDER BY a.id, c.id"""


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 6),
        ({"automation_id": 1}, 3),
        ({"contact_id": 2}, 2),
        ({"state": "completed"}, 4),
        ({"search": "ANNA"}, 4),
        ({"search": " anna berg "}, 2),
        ({"search": "rg anna@ex"}, 2),
        ({"search": "berg example"}, 0),
        ({"search": "c%d"}, 2),
        ({"search": "c_d"}, 0),
        ({"search": "example", "state": "active", "automation_id": 2}, 1),
        ({"step_id": 7}, 1),
        ({"step_id": 7, "automation_id": 2}, 0),
    ],
    ids=str,
)
async def test_runs_are_found_by_what_is_asked_for(core: Core, asked: dict[str, Any], found: int):
    await core.db.execute(_PEOPLE)
    await core.db.execute("INSERT INTO automations (title, trigger) VALUES ('A', 'x'), ('B', 'x')")
    await core.db.execute(_RUNS)
    await core.db.execute(
        "INSERT INTO automation_metrics (run_id, step_id, state, created_at, updated_at) VALUES (1, 7, 'completed', now(), now())"
    )
    pages = [await list_runs(core, PageRequest(n, 2), **asked) for n in (1, 2, 3, 4)]
    ids = [view.run.id for page in pages for view in page.rows]
    assert (len(ids), ids) == (found, sorted(ids, reverse=True))
    assert {page.total for page in pages} == {found}
    assert [len(view.metrics) for page in pages for view in page.rows if view.run.id == 1] in ([], [1])
