"""Odd values for what reads take: reports, pickers, search, segments, files. Never a crash, and nothing is written."""

from __future__ import annotations

import json
import os
import random
from typing import Any

from tests.dialects.mouth import Mouth, changed, rows
from tests.dialects.test_fuzz import ODD
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core

_TIMES = int(os.environ.get("TIDINGS_FUZZ_TIMES", "250"))
_PATHS = (
    *(f"/reports/{name}" for name in ("subscribers", "email-sents", "email-unsubs", "email-performance", "emails")),
    *(f"/reports/{name}" for name in ("options", "ajax-options", "contacts-by-tags", "campaigns-list", "recent-tags")),
    *("/global-search", "/dynamic-segments", "/dynamic-segments/stats", "/dynamic-segments/wp_users/subscribers/0"),
    *("/dynamic-segments/custom_segment/subscribers/1", "/subscribers/export"),
)
_NAMES = (
    *("date_range[]", "date_range", "compare_type", "tag_id", "list_id", "campaign_id", "days", "status", "type"),
    *(
        "search",
        "page",
        "per_page",
        "sort_by",
        "sort_type",
        "fields",
        "with_count[]",
        "option_key",
        "values[]",
        "scope",
    ),
    *("custom_fields", "columns[]", "offset", "limit", "dynamic_segment", "contact_query", "advanced_filters"),
    *("filter_type", "tags[]", "_envelope"),
)
_WORDS = (
    *("previous_month", "previous_year", "advanced", "simple", "sent", "scheduled", "campaign", "users", "companies"),
    *("tags,lists,segments,countries", "all", "subscriber_notes", "2026-11-20", "0001-01-01", "9999-12-31"),
    *("1970-13-40", "20261120", '{"slug":"custom_segment","id":1}', '[["x"]]', "%", "_", "\\", "a" * 3000, "'--"),
)
_CONDITION = ("field", "operator", "value", "source")
_OPERATORS = ("=", "!=", "LIKE", "whereIn", ">=", "<=", "days_within", "never", "in_all")
_FIELDS = ("email", "tags", "lists", "status", "created_at", "last_activity", "city", "nope", "id")


class _Chance:
    """Seeded choices among odd and fitting values."""

    def __init__(self) -> None:
        self.random = random.Random(int(os.environ.get("TIDINGS_TEST_SEED", "20261121")))

    def value(self) -> Any:
        one = self.random
        odd = one.choice((one.choice(ODD), one.choice(_WORDS), one.randrange(-2, 40)))
        return [odd, one.choice(ODD)] if one.random() < 0.1 else odd

    def query(self) -> list[tuple[str, str]]:
        names = self.random.choices(_NAMES, k=self.random.randrange(6))
        texts = [(name, self.value()) for name in names]
        return [(name, one if isinstance(one, str) else json.dumps(one, default=str)) for name, one in texts]

    def condition(self) -> Any:
        one = self.random
        made: dict[str, Any] = {
            "field": one.choice(_FIELDS),
            "source": ["subscriber", one.choice(_FIELDS)],
            "operator": one.choice(_OPERATORS),
            "value": self.value(),
        }
        if one.random() < 0.4:
            made[one.choice(_CONDITION)] = self.value()
        return made if one.random() < 0.9 else self.value()

    def segment(self) -> Any:
        one = self.random
        activity = {"value": self.value(), "operator": one.choice(_OPERATORS)}
        made: dict[str, Any] = {
            "title": one.choice(("T", self.value())),
            "conditions": [self.condition() for _ in range(one.randrange(3))],
            "condition_match": one.choice(("match_any", "match_all", self.value())),
            "email_activities": {
                "status": "yes",
                "last_email_open": activity,
                "last_email_activity_match": self.value(),
            },
            "filters": one.choice(([], [[self.condition()]], self.value())),
        }
        if one.random() < 0.4:
            made[one.choice(list(made))] = self.value()
        return one.choice((made, json.dumps(made, default=str), self.value()))


async def test_odd_reads_never_crash_and_write_nothing(core: Core, crm: Mouth):
    tag = await contacts.create_tag(core, title="T")
    await contacts.write_contact(core, Draft({"email": "a@example.com"}, tags=[tag], status="subscribed"))
    assert (await crm.post("/dynamic-segments", {"segment": {"title": "All"}})).status_code == 200
    await crm.get("/dynamic-segments/stats")
    before, chance = await rows(core), _Chance()
    for _ in range(_TIMES):
        path, query = chance.random.choice(_PATHS), chance.query()
        answer = await crm.ask("GET", path, query=query)
        assert answer.status_code in (200, 404, 422), (path, query, answer.text[:300])
    assert set(await changed(core, before)) <= {"audit_entries"}


async def test_odd_segments_are_kept_or_refused(core: Core, crm: Mouth):
    chance = _Chance()
    for n in range(_TIMES // 2):
        segment = chance.segment()
        path = chance.random.choice(("/dynamic-segments", "/dynamic-segments/estimated-contacts"))
        raw = json.dumps({"segment": segment, "filters": segment}, default=str).encode()
        answer = await crm.ask("POST", path, raw=raw, headers={"content-type": "application/json"})
        assert answer.status_code in (200, 400, 422), (n, raw[:600], answer.text[:300])
    # What was kept can be counted and read again.
    kept = (await crm.get("/dynamic-segments")).json()["dynamic_segments"]
    assert len(kept) > 1
    for one in kept[:20]:
        answer = await crm.get(f"/dynamic-segments/{one['slug']}/subscribers/{one['id']}")
        assert answer.status_code == 200, one


async def test_structures_of_any_depth_are_kept_or_refused(core: Core, crm: Mouth):
    for depth in (90, 480, 900, 50_000):
        deep = "[" * depth + "]" * depth
        for title in ("T", "T\\u0000"):
            for name in ("filters", "conditions", "email_activities"):
                segment = f'{{"title": "{title}", "{name}": {deep}}}'
                for raw in (
                    f'{{"segment": {segment}}}',
                    json.dumps({"segment": segment}),
                    json.dumps({"segment": deep}),
                ):
                    answer = await crm.ask(
                        "POST", "/dynamic-segments", raw=raw.encode(), headers={"content-type": "application/json"}
                    )
                    assert answer.status_code in (200, 400, 422), (depth, raw[:80], answer.text[:200])
    assert (await crm.get("/dynamic-segments")).status_code == 200
