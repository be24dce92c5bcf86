"""One request and its whole answer for every row of the route table; a row without one fails.

The cases run in their order on one empty database and read like the guide. `$name` in an answer, and `{name}` in an
address, is the id that an earlier case kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.dialects.furiosa.test_contacts import NOW
from tests.dialects.mouth import Mouth
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField
from tidings.dialects.furiosa.app import table
from tidings.pages import actions as pages
from tidings.pages.types import Block, PageDraft, PageSettings
from tidings.platform.core import Core

TIMES = {"created_at": NOW, "updated_at": NOW}
RANGE: Mapping[str, Any] = {"from": "2026-11-19", "to": "2026-11-20"}
HEAD = {**RANGE, "interval": "day", "time_zone": "UTC"}
JANE: Mapping[str, Any] = {
    "id": "$jane",
    "audience_id": 1,
    "email": "jane@example.com",
    "phone": "+447911123456",
    "first_name": "Jane",
    "last_name": "Smith",
    "groups": [2],
    "custom_fields": {"plan": "gold"},
    "status": "subscribed",
    **TIMES,
}
DOE = {**JANE, "last_name": "Doe", "phone": "+447911999888"}
BONN = {"id": 2, "name": "Bonn", "contacts_count": 1}
NEWS: Mapping[str, Any] = {
    "id": 1,
    "name": "News",
    "description": "Weekly",
    "contacts_count": 2,
    "emails_count": 1,
    "phones_count": 2,
    "groups": [BONN],
    **TIMES,
}
CAMPAIGN: Mapping[str, Any] = {
    "id": 1,
    "name": "Spring",
    "type": "email",
    "status": "draft",
    "subject": "Hi",
    "audience_ids": [1],
    "scheduled_at": None,
    "sent_at": None,
    **TIMES,
}
LOOK = {"background": "", "surface": "", "ink": "", "accent": "#112233", "font": "serif", "logo_url": "", "brand": ""}
WORDS = {"meta_title": "", "meta_description": "", "message": "Thanks", "redirect_url": ""}
PAGE: Mapping[str, Any] = {
    "id": 1,
    "title": "Spring",
    "slug": "spring",
    "url": "https://crm.test/p/spring",
    "status": "published",
    "submissions_count": 1,
    "views_count": 3,
    "settings": {**LOOK, **WORDS, "form_id": None, "group_ids": [2]},
    "audience_id": 1,
    **TIMES,
}
NOTHING = {"recipients": 0, "sent": 0, "delivered": 0, "opens": 0, "unique_opens": 0, "open_rate": 0.0, "clicks": 0}
NOTHING |= {"unique_clicks": 0, "click_rate": 0.0, "bounces": 0, "bounce_rate": 0.0, "complaints": 0, "unsubscribes": 0}
SENT = {"sent": 2, "delivered": 1, "opens": 1, "clicks": 0, "bounces": 1, "unsubscribes": 0}
QUIET = dict.fromkeys(SENT, 0)


def page_of(*rows: Any) -> dict[str, Any]:
    return {"data": list(rows), "total": len(rows), "page": 1, "per_page": 25, "total_pages": 1}


async def nothing(_core: Core) -> None:
    return


async def a_page(core: Core) -> None:
    """A published page that three people saw and one sent."""
    await core.installation.put({"public_url": "https://crm.test/"})
    settings = PageSettings(accent="#112233", font="serif", message="Thanks")
    blocks = [Block("heading", "Spring")]
    draft = PageDraft("Spring", "spring", blocks=blocks, list_id=1, group_ids=[2], settings=settings)
    made = await pages.create_page(core, draft)
    await pages.publish_page(core, made)
    for _ in range(3):
        await pages.count_view(core, made)
    await core.db.execute("INSERT INTO page_tallies (page_id, day, submissions) VALUES ($1, '2026-11-20', 1)", made)


async def two_mails(core: Core) -> None:
    """Of two mails one came back and one was opened."""
    for email, state, opened_at in (("a@example.com", "sent", core.clock.now()), ("b@example.com", "bounced", None)):
        await core.db.execute(
            """INSERT INTO messages (campaign_id, contact_id, email, state, sent_at, opened_at)
            SELECT 1, coalesce(max(contact_id), 100) + 1, $1, $2, $3, $4 FROM messages""",
            email,
            state,
            core.clock.now(),
            opened_at,
        )


async def joined_then(core: Core) -> None:
    """Joining is told by the clock of the database; the test stands at another day."""
    await core.db.execute("UPDATE list_changes SET at = $1", core.clock.now())


@dataclass(frozen=True)
class Case:
    """`row` as the table has it; `kept` is the name under which the answer's id is remembered."""

    row: str
    answer: Any
    status: int = 200
    path: str = ""
    body: Any = None
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    kept: str = ""
    before: Callable[[Core], Awaitable[None]] = nothing


CASES = [
    Case(
        "POST /audiences",
        {**NEWS, "contacts_count": 0, "emails_count": 0, "phones_count": 0, "groups": []},
        201,
        body={"name": "News", "description": "Weekly"},
    ),
    Case(
        "POST /audiences/{id}/groups",
        {"id": 2, "name": "Berlin", "contacts_count": 0},
        201,
        "/audiences/1/groups",
        {"name": "Berlin"},
    ),
    Case(
        "POST /contacts",
        JANE,
        201,
        body={
            "audience_id": 1,
            "email": "jane@example.com",
            "phone": "+447911123456",
            "first_name": "Jane",
            "last_name": "Smith",
            "groups": [2],
            "custom_fields": {"plan": "gold"},
        },
        kept="jane",
    ),
    Case("GET /contacts/{id}", JANE, path="/contacts/{jane}"),
    Case(
        "PUT /contacts/{id}",
        DOE,
        path="/contacts/{jane}",
        body={"first_name": "Jane", "last_name": "Doe", "phone": "+447911999888"},
    ),
    Case(
        "POST /contacts/batch",
        {
            "created": 1,
            "failed": 2,
            "results": [
                {"index": 0, "status": 201, "id": "$max", "errors": None},
                {
                    "index": 1,
                    "status": 409,
                    "id": None,
                    "errors": {"email": "A contact with this email already exists in the audience."},
                },
                {"index": 2, "status": 422, "id": None, "errors": {"emial": "The emial field is not known."}},
            ],
        },
        body={
            "audience_id": 1,
            "contacts": [{"phone": "+49301234567"}, {"email": "JANE@example.com"}, {"emial": "x@example.com"}],
        },
        kept="max",
    ),
    Case("GET /contacts", page_of(DOE), query={"audience_id": 1, "name": "jane", "email": "jane", "group_id": 2}),
    Case("PUT /audiences/{id}/groups/{group_id}", BONN, path="/audiences/1/groups/2", body={"name": "Bonn"}),
    Case("GET /audiences/{id}/groups", page_of(BONN), path="/audiences/1/groups"),
    Case("GET /audiences/{id}", NEWS, path="/audiences/1"),
    Case("GET /audiences", page_of(NEWS)),
    Case("PUT /audiences/{id}", {**NEWS, "name": "Letters"}, path="/audiences/1", body={"name": "Letters"}),
    Case(
        "GET /audiences/{id}/stats",
        {
            "audience_id": 1,
            "contacts_count": 2,
            "emails_count": 1,
            "phones_count": 2,
            "statuses": {"subscribed": 2},
            "groups": [BONN],
        },
        path="/audiences/1/stats",
    ),
    Case(
        "POST /campaigns",
        CAMPAIGN,
        201,
        body={"name": "Spring", "subject": "Hi", "content": "<p>Hi</p>", "audience_ids": [1]},
    ),
    Case("GET /campaigns/{id}", CAMPAIGN, path="/campaigns/1"),
    Case("PUT /campaigns/{id}", {**CAMPAIGN, "subject": "Hello"}, path="/campaigns/1", body={"subject": "Hello"}),
    Case("GET /campaigns", page_of({**CAMPAIGN, "subject": "Hello"})),
    Case("GET /campaigns/{id}/metrics", {**NOTHING, "links": []}, path="/campaigns/1/metrics"),
    Case(
        "POST /campaigns/{id}/send",
        {**CAMPAIGN, "subject": "Hello", "status": "sending", "scheduled_at": NOW},
        202,
        "/campaigns/1/send",
    ),
    Case("GET /pages", page_of(PAGE), before=a_page),
    Case("GET /pages/{id}", PAGE, path="/pages/1"),
    Case(
        "GET /analytics/pages",
        {
            **HEAD,
            "totals": {"views": 3, "submissions": 1, "conversion_rate": 33.3},
            "data": [
                {"date": "2026-11-19", "views": 0, "submissions": 0, "conversion_rate": 0.0},
                {"date": "2026-11-20", "views": 3, "submissions": 1, "conversion_rate": 33.3},
            ],
        },
        query={**RANGE, "page_id": 1},
    ),
    Case(
        "GET /analytics/campaigns",
        {**HEAD, "totals": SENT, "data": [{"date": "2026-11-19", **QUIET}, {"date": "2026-11-20", **SENT}]},
        query={**RANGE, "campaign_id": 1},
        before=two_mails,
    ),
    Case(
        "GET /analytics/audiences",
        {
            **HEAD,
            "totals": {"added": 2, "removed": 0},
            "data": [
                {"date": "2026-11-19", "added": 0, "removed": 0, "total": 0},
                {"date": "2026-11-20", "added": 2, "removed": 0, "total": 2},
            ],
        },
        query={**RANGE, "audience_id": 1},
        before=joined_then,
    ),
    Case("GET /me", {"name": "test", "scopes": None, "rate_limit": {"limit": 1_000_000, "remaining": "$left"}}),
    Case("DELETE /contacts/{id}", None, 204, "/contacts/{jane}"),
    Case("DELETE /audiences/{id}/groups/{group_id}", None, 204, "/audiences/1/groups/2"),
    Case("DELETE /audiences/{id}", None, 204, "/audiences/1"),
]
# Not an answer of data but the document that describes the others; tests/dialects/test_openapi.py reads it.
DESCRIBED_ELSEWHERE = {"GET /openapi.json"}


def resolved(value: Any, kept: Mapping[str, Any]) -> Any:
    """The answer with what was kept in its places."""
    if isinstance(value, str) and value.startswith("$"):
        return kept[value[1:]]
    if isinstance(value, Mapping):
        return {name: resolved(one, kept) for name, one in value.items()}
    return [resolved(one, kept) for one in value] if isinstance(value, list) else value


def test_every_row_of_the_table_has_a_golden_case():
    rows = {f"{route.method} {route.path}" for route in table().routes if route.handler}
    assert {case.row for case in CASES} | DESCRIBED_ELSEWHERE == rows


async def test_every_request_gets_exactly_its_answer(core: Core, furiosa: Mouth):
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    kept: dict[str, Any] = {}
    for case in CASES:
        await case.before(core)
        method, _, row_path = case.row.partition(" ")
        path = (case.path or row_path).format_map(kept)
        answer = await furiosa.ask(method, path, case.body, query=case.query or None)
        assert answer.status_code == case.status, (case.row, answer.text)
        kept["left"] = int(answer.headers["x-ratelimit-remaining"])
        assert answer.headers["x-ratelimit-limit"] == "1000000"
        if case.status == 204:
            assert answer.content == b"", case.row
            continue
        body = answer.json()
        if case.kept:
            kept[case.kept] = body["results"][0]["id"] if "results" in body else body["id"]
        assert body == resolved(case.answer, kept), case.row
        assert list(body) == list(resolved(case.answer, kept)), case.row
    assert await core.db.fetchval("SELECT count(*) FROM contacts WHERE email = 'jane@example.com'") == 0
