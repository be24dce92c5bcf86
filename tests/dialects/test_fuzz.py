"""Odd requests to every route of every dialect: never a crash, always the dialect's own error, no write on a refusal.

The generator is seeded, so a run repeats itself; a failure names the request that made it.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.dialects import wellformed
from tests.dialects.mouth import Mouth, changed, open_mouth, rows
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField, Draft
from tidings.dialects._engine.routes import Route
from tidings.platform.core import Core
from tidings.templates import actions as templates
from tidings.templates.patterns import actions as patterns

_PARAM = re.compile(r"\{(\w+)(?::(\w+))?\}")
# Values that have broken programs before: not text, not numbers, too long, too large, markup, SQL, zero bytes.
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2,
    10**9,
    2**63,
    10**30,
    1.5,
    1e308,
    "",
    " ",
    "0",
    "1",
    "-1",
    "1e999",
    "nan",
    "Infinity",
    "٣",
    "²",
    "yes",
    "x" * 5000,
    "nul\x00byte",
    "\ufeff\u202e\u200b",
    "line\r\nBcc: eve@example.com",
    "'; DROP TABLE contacts; --",
    '" OR 1=1 --',
    "%",
    "_",
    "\\",
    "<script>alert(1)</script>",
    "{{contact.email}} {% for %}",
    "ada@example.com",
    "Grün@münchen.example",
    "a@b",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2027-02-30",
    "99999999999",
    "2027-01-01 10:00:00",
    "[",
    "[[1],[2]]",
    '{"a": [1, {"b": null}]}',
    [],
    [None],
    [1, "1", 1],
    [[], {}, [[]]],
    ["ada@example.com", "x" * 300],
    [10**30, -5],
    {},
    {"": ""},
    {"a": {"b": {"c": []}}},
    {"0": {"id": 1}},
    [{"email": 5}, {"email": "new@example.com", "tags": {"a": 1}}, "x", None],
]
BROKEN = [b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"a": NaN}', b"[" * 3000, b'{"a":1}x']
# Every word a body or a query of the three dialects may know.
_WORDS = """
action action_name action_options advanced_filters attach attach_lists attach_tags audience_id audience_ids
bulk campaign campaign_id campaign_ids color company companies consentSource contactIds contact_query contacts content
count created_at current_id custom_field custom_fields custom_values customFields date_of_birth date_range description
design_template detach detach_tags double_optin email email_body email_ids email_subject event_key
excludedSubscribers field fields filter_type filters find_by firstName first_name full_name get_by_email group groupId
groupIds group_id groups id ids import_silently interval is_all items jobTitle key label label_ids labels last_activity
last_id last_name latitude life_time_value lists name new_name new_status next_step note note_ids old_name onDuplicate
order order_by page perPage per_page phone preheader property query range_schedule repeatable schedule scheduled_at
search sending_filter sending_type settings settings_keys slug sort sort_by sort_type source statuses status step
subject subjects subscriber subscriber_id subscriber_ids subscribers tag tagIds tags test_campaign title total_points
type update_by update_subjects utm_status value website with _envelope _method __force_update select_all
template template_id template_ids post_title post_content types config file pattern_ids category sync_status meta
"""
WORDS = _WORDS.split()


class Chaos:
    """Requests from a seed."""

    def __init__(self, seed: int, ids: Mapping[str, str]) -> None:
        self.random = random.Random(seed)
        self._ids = ids

    def value(self, depth: int = 0) -> Any:
        """Something odd, sometimes nested."""
        if depth < 3 and self.random.random() < 0.2:
            if self.random.random() < 0.5:
                return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
            return {self.random.choice(WORDS): self.value(depth + 1) for _ in range(self.random.randrange(5))}
        return copy.deepcopy(self.random.choice(ODD))

    def body(self, good: Mapping[str, Any]) -> bytes:
        """A good body with a field or two bent, else known words with odd values, now and then no JSON at all."""
        dice = self.random.random()
        if dice < 0.06:
            return self.random.choice(BROKEN)
        if dice < 0.3 or not good:
            return json.dumps({name: self.value() for name in self.random.sample(WORDS, 6)}).encode()
        bent = json.loads(json.dumps(good))
        for _ in range(self.random.randrange(3)):
            self._bend(bent)
        return json.dumps(bent).encode()

    def _bend(self, node: Any) -> None:
        """Replaces, drops or adds one thing somewhere in the tree."""
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                return
            key = self.random.choice(keys)
            if isinstance(node[key], dict | list) and self.random.random() < 0.7:
                node = node[key]
                continue
            if self.random.random() < 0.15:
                del node[key]
            else:
                node[key] = self.value()
            return

    def query(self) -> list[tuple[str, str]]:
        """Odd parameters, some with brackets."""
        pairs: list[tuple[str, str]] = []
        for name in self.random.sample(WORDS, self.random.randrange(5)):
            value = self.value()
            text = value if isinstance(value, str) else json.dumps(value)
            pairs.append((name + self.random.choice(["", "", "", "[]", "[0][list]", "[a]"]), text))
        return pairs

    def path(self, route: Route) -> str:
        """The path with ids that exist, do not, or are no ids."""

        def fill(found: re.Match[str]) -> str:
            good = self._ids.get(f"{route.path.split('/')[1]}.{found[1]}", "1")
            odd = ["nothing", "con_AAAAAAAA", "1"] if found[2] == "word" else ["0", "3", "999999999999999999"]
            return good if self.random.random() < 0.8 else self.random.choice(odd)

        return _PARAM.sub(fill, route.path)

    def form(self) -> bytes:
        """The query's pairs as a form body."""
        return str(httpx.QueryParams(self.query())).encode()


def is_refusal(mouth: Mouth, answer: httpx.Response) -> bool:
    """Whether a body is the error shape of its dialect."""
    body = answer.json()
    if mouth.name == "furiosa":
        fields = body.get("errors", {"": ""})
        return (
            body["error"] is True
            and body["status"] == answer.status_code
            and bool(body["message"])
            and all(isinstance(text, str) for text in fields.values())
        )
    if mouth.name == "fluenzr":
        error = body["error"]
        return (
            body["success"] is False and bool(error["code"] and error["message"]) and isinstance(error["details"], dict)
        )
    if isinstance(body, str):
        return bool(body)
    if "message" in body:
        return bool(body["message"]) and isinstance(body["message"], str)
    # One field with its bare text is how the run of an import refuses.
    return bool(body) and all(rules and isinstance(rules, dict | str) for rules in body.values())


async def furnished(core: Core, mouth: Mouth) -> tuple[dict[str, str], dict[str, Any]]:
    """A few records of every kind, so that ids hit: the ids that stand in paths, and good bodies by operation."""
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text"), CustomField("n", "N", "number")])
    audience = await contacts.create_list(core, title="News")
    group = await contacts.create_list(core, title="Berlin", parent_id=audience)
    tag = await contacts.create_tag(core, title="VIP")
    await contacts.create_label(core, title="Red", slug="red")
    for one in ("eve", "max"):
        await contacts.write_contact(
            core, Draft({"email": f"{one}@example.com", "first_name": one}, tags=[tag], lists=[audience, group])
        )
    await contacts.add_note(core, 1, kind="note", title="A", description="B")
    if mouth.name == "fluenzr":
        ids = await _opaque_ids(core, mouth)
        return ids, wellformed.fluenzr(ids)
    made = await mouth.post("/campaigns", {"title": "First"} if mouth.name == "fluentcrm" else {"name": "First"})
    assert made.status_code in (200, 201), made.text
    await templates.create_template(core, title="First", subject="Hello")
    await patterns.create_pattern(core, title="Head", category="Tops")
    await patterns.create_category(core, "Tops")
    return {"audiences.group_id": "2"}, wellformed.FLUENTCRM if mouth.name == "fluentcrm" else wellformed.FURIOSA


async def _opaque_ids(core: Core, fluenzr: Mouth) -> dict[str, str]:
    async def made(path: str, body: Mapping[str, Any]) -> str:
        return (await fluenzr.post(path, body)).json()["data"]["id"]

    # Tests of webhooks are posted: to a port of this machine where nobody listens.
    await core.installation.put({"allow_private_targets": True})
    account = await made("/email-accounts", wellformed.ACCOUNT)
    campaign = {"name": "First", "emailAccountId": account, "workflow": wellformed.WORKFLOW}
    first, second, *_ = (await fluenzr.get("/pipeline/stages")).json()["data"]
    return {
        "contacts.id": (await fluenzr.get("/contacts", email="max")).json()["data"][0]["id"],
        "groups.id": (await fluenzr.get("/groups", name="News")).json()["data"][0]["id"],
        "webhooks.id": await made("/webhooks", wellformed.WEBHOOK),
        "email-accounts.id": account,
        "campaigns.id": await made("/campaigns", campaign),
        "pipeline.id": first["id"],
        "pipeline.other": second["id"],
    }


# An export is noted in the audit book, though it is a read.
NOTED = "audit_entries"


def _in_order(mouth: Mouth) -> list[Route]:
    """What takes away comes last, so that the rest meets records."""
    return sorted(mouth.table.routes, key=lambda route: (route.method == "DELETE", "delete" in route.operation))


@pytest.mark.parametrize(("name", "times"), [("fluentcrm", 12), ("furiosa", 50), ("fluenzr", 50)])
async def test_no_odd_request_crashes_or_leaves_anything_behind(core: Core, name: str, times: int):
    mouth = await open_mouth(core, name, per_minute=1_000_000)
    ids, good = await furnished(core, mouth)
    chaos = Chaos(int(os.environ.get("TIDINGS_TEST_SEED", "20261121")), ids)
    before = await rows(core)
    faults: list[str] = []
    for route in _in_order(mouth):
        for _ in range(times if route.method != "GET" else times // 2):
            body, kind = None, "application/json"
            if route.method != "GET":
                body = chaos.body(good.get(route.operation, {}))
                if name == "fluentcrm" and chaos.random.random() < 0.1:
                    body, kind = chaos.form(), "application/x-www-form-urlencoded"
            query = chaos.query() if body is None or chaos.random.random() < 0.1 else []
            path = chaos.path(route)
            answer = await mouth.ask(route.method, path, raw=body, query=query, headers={"content-type": kind})
            asked = f"{route.method} {path} {query} {body!r}"
            is_refused = 400 <= answer.status_code < 500
            if answer.status_code >= 500:
                faults.append(f"{answer.status_code} {asked}")
            elif is_refused and not is_refusal(mouth, answer):
                faults.append(f"{answer.status_code} with {answer.text[:200]} for {asked}")
            # The dialect knows a GET that empties a log.
            if body is not None or route.kind == "ack":
                after = await rows(core)
                touched = [table for table, state in after.items() if state != before[table] and table != NOTED]
                if is_refused and touched:
                    faults.append(f"{answer.status_code} wrote to {touched}: {asked}")
                before = after
    assert set(await changed(core, before)) <= {NOTED}, "a read wrote"
    await mouth.client.aclose()
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(fault[:1500] for fault in faults[:40])
