"""A small population full of coincidences: near-equal texts, borders of days, empties, and rules that hit them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.segments.reference import ACCOUNTS, COMPANIES, Event, Person, Sent
from tidings.automations.types import RUN_STATES
from tidings.contacts.types import STATUSES
from tidings.platform.db import Database
from tidings.segments import types as t
from tidings.segments.fields import COLUMN_KINDS, CUSTOM_KINDS, NEEDS_LIST, OPERATORS, event_kind

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 26, 9, 0, tzinfo=UTC)
EVENT_KEYS = ["paid", "Paid", "it's"]
WORDS = ["Berlin", "berlin", "Ber%in", "Ber_in", "Zürich", "ZÜRICH", "O'Brien", 'a"b', "back\\slash", "{x,y}", "NULL"]
WORDS += ["Ada", "Ada Person04", "Person04", "person", "'; DROP TABLE contacts; --", "$1", "ßigma", "null", "[]"]
NUMBERS = ["0", "1", "1.0", "-3", "15", "15.5", "1e3", "1000"]
DAYS = ["2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27", "2026-03-29", "2025-10-26", "1985-04-12"]
TEXT_COLUMNS = ["prefix", "first_name", "last_name", "address_line_1", "postal_code", "city", "country", "source"]
MOMENTS = ["created_at", "active_at", "opened_at", "clicked_at"]
FIELDS = {"plan": "single-select", "it's": "text", "score": "number", "skills": "checkbox", "renews": "date"}
FIELDS |= {"met_at": "date_time", "bio": "textarea"}


def make_people(seed: int, n: int) -> list[Person]:
    chance = random.Random(seed)

    def some(pool: list, empty: float = 0.25) -> object:
        return None if chance.random() < empty else chance.choice(pool)

    borders = [datetime.fromisoformat(day).replace(tzinfo=ZONE).astimezone(UTC) for day in DAYS]
    instants = [border + timedelta(seconds=s) for border in borders for s in (-1, 0, 1, 3600, 82800, 86400)]
    people: list[Person] = []
    for i in range(n):
        columns: dict[str, object] = {name: some([*WORDS, ""]) for name in TEXT_COLUMNS}
        columns |= {name: some(instants) for name in MOMENTS} | {"created_at": chance.choice(instants)}
        columns |= {"email": f"p{i}@{chance.choice(['Example', 'berlin', 'b_rlin'])}.org", "id": i + 1}
        columns |= {"status": chance.choice(STATUSES), "contact_type": chance.choice(["lead", "Customer"])}
        columns |= {"points": chance.choice([0, 1, 15]), "company_id": some([1, 2]), "sms_status": "sms_pending"}
        columns |= {"user_id": some([*ACCOUNTS, 9])}
        columns |= {"date_of_birth": some([date.fromisoformat(day) for day in DAYS])}
        custom = {
            "plan": some([*WORDS, "x" * 300, ""]),
            "it's": some(WORDS),
            "score": some(NUMBERS),
            "skills": some([[], ["Ada"], ["ada", "Berlin"], ["Zürich", 'a"b', "back\\slash"], ["Ber_in"]]),
            "renews": some(DAYS),
            "met_at": some([f"{day} {clock}" for day in DAYS for clock in ("00:00:00", "23:59:59")]),
            "bio": some([f"{a}\n{b}" for a in WORDS[:3] for b in WORDS[:3]]),
        }
        people.append(
            Person(
                columns,
                {slug: value for slug, value in custom.items() if value is not None or chance.random() < 0.2},
                frozenset(k for k in (1, 2, 3) if chance.random() < 0.4),
                frozenset(k for k in (1, 2, 3) if chance.random() < 0.4),
                frozenset(k for k in COMPANIES if chance.random() < 0.4),
                {k: _sent(chance, instants) for k in (1, 2) if chance.random() < 0.6},
                tuple(_event(chance, n) for n in chance.sample(range(9), chance.randrange(4))),
                {k: chance.choice(RUN_STATES) for k in (1, 2) if chance.random() < 0.6},
            )
        )
    return people


def _sent(chance: random.Random, instants: list[datetime]) -> Sent:
    state = chance.choice(["sent", "sent", "bounced", "queued", "cancelled"])
    sent_at = chance.choice(instants) if state in ("sent", "bounced") else None
    return Sent(state, sent_at, chance.random() < 0.5, chance.random() < 0.5)


def _event(chance: random.Random, days: int) -> Event:
    return Event(
        chance.choice(EVENT_KEYS),
        chance.choice(WORDS),
        chance.choice([*WORDS, *NUMBERS, ""]),
        chance.choice([1, 2, 15]),
        NOW - timedelta(days=days),
    )


async def store_people(db: Database, people: list[Person]) -> None:
    names = list(people[0].columns)
    places = ", ".join(f"${i + 1}" for i in range(len(names) + 1))
    async with db.transaction() as tx:
        for table in ("tags", "lists"):
            await tx.execute(
                f"INSERT INTO {table} (id, title, slug) OVERRIDING SYSTEM VALUE"
                " SELECT n, n::text, n::text FROM generate_series(1, 3) n"
            )
        await tx.executemany(
            "INSERT INTO companies (id, name, type, industry) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4)",
            [(n, f"Company {n}", one["type"], one["industry"]) for n, one in COMPANIES.items()],
        )
        await tx.execute(
            "INSERT INTO campaigns (id, title) OVERRIDING SYSTEM VALUE SELECT n, 'c' FROM generate_series(1, 2) n"
        )
        await tx.executemany(
            f"INSERT INTO contacts ({', '.join(names)}, custom) OVERRIDING SYSTEM VALUE VALUES ({places})",
            [[*(one.columns[name] for name in names), one.custom] for one in people],
        )
        for table, column, links in (
            ("contact_tags", "tag_id", [(p.columns["id"], k) for p in people for k in p.tags]),
            ("contact_lists", "list_id", [(p.columns["id"], k) for p in people for k in p.lists]),
            ("contact_companies", "company_id", [(p.columns["id"], k) for p in people for k in p.companies]),
        ):
            await tx.executemany(f"INSERT INTO {table} (contact_id, {column}) VALUES ($1, $2)", links)
        await tx.executemany(
            "INSERT INTO users (id, login, email, role) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $2 || '@x.org', $3)",
            [(n, f"user{n}", role) for n, role in ACCOUNTS.items()],
        )
        await tx.executemany(
            "INSERT INTO contact_events (contact_id, event_key, title, value, counter, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [(p.columns["id"], e.key, e.title, e.value, e.counter, e.at) for p in people for e in p.events],
        )
        await tx.execute(
            "INSERT INTO automations (id, title, trigger) OVERRIDING SYSTEM VALUE SELECT n, 'a', 't' FROM generate_series(1, 2) n"
        )
        await tx.executemany(
            "INSERT INTO automation_runs (automation_id, contact_id, state, due_at, source, begun_at, created_at, updated_at)"
            " VALUES ($1, $2, $3, now(), 't', now(), now(), now())",
            [(k, p.columns["id"], state) for p in people for k, state in p.runs.items()],
        )
        await tx.executemany(
            "INSERT INTO messages (campaign_id, contact_id, email, state, sent_at, opened_at, clicked_at)"
            " VALUES ($1, $2, 'x', $3, $4, CASE WHEN $5 THEN now() END, CASE WHEN $6 THEN now() END)",
            [
                (k, p.columns["id"], m.state, m.sent_at, m.is_opened, m.is_clicked)
                for p in people
                for k, m in p.messages.items()
            ],
        )


def _values(kind: str, operator: str) -> st.SearchStrategy:
    if operator in ("empty", "filled"):
        return st.none()
    if operator in ("days_before", "days_within"):
        return st.integers(0, 400) | st.sampled_from(["1", "2", "0"])
    pools = {"integer": NUMBERS, "number": NUMBERS, "day": DAYS, "moment": DAYS}
    pool = pools.get(kind, [*WORDS, "x" * 300, "er", "%", "_", "\\", "lead", "CUSTOMER", "subscribed"])
    one = st.sampled_from(pool)
    return st.lists(one, max_size=25).map(tuple) if operator in NEEDS_LIST else one


def _column(name: str) -> st.SearchStrategy:
    kind = COLUMN_KINDS[name]
    return st.sampled_from(sorted(OPERATORS[kind])).flatmap(
        lambda op: _values(kind, op).map(lambda value: t.ColumnIs(name, op, value))
    )


def _custom(slug: str) -> st.SearchStrategy:
    kind = CUSTOM_KINDS[FIELDS[slug]]
    return st.sampled_from(sorted(OPERATORS[kind])).flatmap(
        lambda op: _values(kind, op).map(lambda value: t.CustomFieldIs(slug, FIELDS[slug], op, value))
    )


def _mail(operator: str) -> st.SearchStrategy:
    values = st.none() if operator in ("never", "ever") else _values("moment", operator)
    return st.builds(t.MailActivity, st.sampled_from(["sent", "opened", "clicked"]), st.just(operator), values)


def _event_rules(field: str) -> st.SearchStrategy:
    operators = sorted(OPERATORS["integer"] if field == "count" else OPERATORS["text"])
    if field == "value":
        operators += ["greater", "less", "at_least", "at_most"]
    return st.sampled_from(operators).flatmap(
        lambda op: st.builds(
            t.EventIs, st.sampled_from(EVENT_KEYS), st.just(field), st.just(op), _values(event_kind(field, op), op)
        )
    )


_COLUMNS = [*TEXT_COLUMNS, *MOMENTS, "email", "id", "status", "contact_type", "points", "company_id", "date_of_birth"]
_IDS = st.lists(st.integers(0, 4), max_size=9).map(tuple)
_SETS = st.sampled_from(["in", "not_in", "in_all", "not_in_all", "empty", "filled"])
_ROWS = st.lists(st.builds(t.Row, st.none() | st.integers(1, 3), st.none() | st.integers(1, 3)), max_size=4).map(tuple)
_ACTIVITIES = ["opened", "not_opened", "clicked", "not_clicked", "sent", "not_sent"]

leaves: dict[str, st.SearchStrategy] = {
    "column": st.sampled_from(_COLUMNS).flatmap(_column),
    "custom field": st.sampled_from(sorted(FIELDS)).flatmap(_custom),
    "tags": st.builds(t.HasTags, _SETS, _IDS),
    "lists": st.builds(t.InLists, _SETS, _IDS),
    "companies": st.builds(t.InCompanies, _SETS, _IDS),
    "company": st.builds(
        t.CompanyIs,
        st.sampled_from(["type", "industry"]),
        st.sampled_from(["in", "not_in", "empty", "filled"]),
        st.lists(st.sampled_from(["partner", "VENDOR", "Banking", "other"]), max_size=3).map(tuple),
    ),
    "status": st.lists(st.sampled_from(STATUSES), max_size=4).map(lambda some: t.StatusIn(tuple(some))),
    "search": st.builds(
        t.Search,
        st.sampled_from([*WORDS, "", "  ", "Ada Berlin", "@example", "p1", "%", ",", '", "', "[", "]", '"']),
        st.one_of(st.just(tuple(FIELDS)), st.lists(st.sampled_from([*FIELDS, "none"]), max_size=3).map(tuple)),
    ),
    "mail activity": st.sampled_from(sorted(OPERATORS["moment"] - {"empty", "filled"} | {"never", "ever"})).flatmap(
        _mail
    ),
    "automation activity": st.builds(t.AutomationActivity, st.integers(1, 3), st.sampled_from(t.AUTOMATION_ACTIVITIES)),
    "campaign activity": st.builds(t.CampaignActivity, st.integers(1, 3), st.sampled_from(_ACTIVITIES)),
    "events": st.builds(
        t.HasEvents, st.sampled_from(["in", "not_in"]), st.lists(st.sampled_from(EVENT_KEYS), max_size=3).map(tuple)
    ),
    "event": st.sampled_from(["count", "value", "title"]).flatmap(_event_rules),
    "role": st.builds(
        t.RoleIn,
        st.sampled_from(["in", "not_in"]),
        st.lists(st.sampled_from([*ACCOUNTS.values(), "other"]), max_size=3).map(tuple),
    ),
    "audience": st.builds(t.Audience, _ROWS, _ROWS),
}

trees: st.SearchStrategy = st.recursive(
    st.one_of(st.just(t.Everybody()), st.just(t.Nobody()), *leaves.values()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda some: t.All(tuple(some))),
        st.lists(inner, max_size=4).map(lambda some: t.Any(tuple(some))),
        inner.map(t.Not),
    ),
    max_leaves=8,
)
