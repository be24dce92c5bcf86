"""Counts of groups and tags stay exact under fifty writers at once, whatever each of them does."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from tests.dialects.mouth import Mouth
from tidings.platform.core import Core

WRITERS = 50


async def test_counts_are_exact_under_fifty_writers(core: Core, fluenzr: Mouth):
    groups = [(await fluenzr.post("/groups", {"name": f"G{n}"})).json()["data"]["id"] for n in range(3)]
    people = {"contacts": [{"email": f"p{n}@example.com"} for n in range(30)]}
    await fluenzr.post("/contacts/bulk", people)
    ids = [row["id"] for row in (await fluenzr.get("/contacts", perPage=100)).json()["data"]]

    async def write(n: int) -> None:
        chance = random.Random(n)
        some, tag = chance.sample(ids, 12), [f"t{chance.randrange(3)}"]
        asks: list[tuple[str, str, Any]] = [
            ("POST", f"/groups/{chance.choice(groups)}/contacts", {"contactIds": some}),
            ("POST", f"/contacts/{some[0]}/tags", {"tags": tag}),
            ("DELETE", f"/contacts/{some[1]}/groups", {"groupIds": groups[:2]}),
            ("DELETE", f"/contacts/{some[2]}/tags", {"tags": tag}),
            ("POST", "/contacts", {"email": f"w{n}@example.com", "groupIds": groups, "tags": tag}),
            ("PUT", f"/contacts/{some[3]}", {"groupIds": groups[1:], "tags": tag}),
        ]
        chance.shuffle(asks)
        for method, path, body in asks:
            answer = await fluenzr.ask(method, path, body)
            assert answer.status_code < 300, answer.text

    await asyncio.gather(*(write(n) for n in range(WRITERS)))
    rows = await core.db.fetch(
        """SELECT l.title, count(m.contact_id) AS n FROM lists l LEFT JOIN contact_lists m ON m.list_id = l.id GROUP BY 1
        UNION ALL SELECT t.title, count(m.contact_id) FROM tags t LEFT JOIN contact_tags m ON m.tag_id = t.id GROUP BY 1"""
    )
    stored = {row["title"]: row["n"] for row in rows}
    assert len(stored) == 6
    assert all(stored.values())
    told = {row["name"]: row["contactsCount"] for row in (await fluenzr.get("/groups")).json()["data"]}
    assert told == {title: n for title, n in stored.items() if title.startswith("G")}
    counted = await core.db.fetch(
        """SELECT t.title, (SELECT sum(contacts) FROM tallies WHERE scope = 'tag' AND key = t.id)::bigint AS n FROM tags t"""
    )
    assert {row["title"]: row["n"] for row in counted} == {t: n for t, n in stored.items() if t.startswith("t")}


async def test_added_to_a_group_at_once_each_counts_as_added_once(fluenzr: Mouth):
    group = (await fluenzr.post("/groups", {"name": "G"})).json()["data"]["id"]
    await fluenzr.post("/contacts/bulk", {"contacts": [{"email": f"p{n}@example.com"} for n in range(40)]})
    ids = [row["id"] for row in (await fluenzr.get("/contacts", perPage=100)).json()["data"]]
    path = f"/groups/{group}/contacts"
    answers = await asyncio.gather(
        *(fluenzr.post(path, {"contactIds": ids[n : n + 20]}) for n in (0, 5, 10, 15, 20) for _ in range(4))
    )
    told = [answer.json()["data"] for answer in answers]
    assert sum(one["added"] for one in told) == 40
    assert all(one["added"] + one["skipped"] == 20 for one in told)
