"""What `benchmarks.lists` asks of Furiosa and FluenzR."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from benchmarks.asked import BUSY, LIST, ROOTS, Asked, by_hand, spread, tagged
from tidings.dialects.fluenzr.ids import opaque


def furiosa_cases(contacts: int) -> Iterator[Asked]:
    """Contacts are memberships of audiences; pages and series."""
    some, path = spread(contacts), f"{ROOTS['Furiosa']}/contacts"

    def asked(name: str, given: Sequence[dict[str, object]], raw: Sequence[str] = ()) -> Asked:
        return Asked(
            "Furiosa", f"contacts {name}".strip(), [f"{path}?{urlencode(one)}" for one in given], BUSY, raw, True
        )

    joined = "FROM contact_lists m JOIN lists l ON l.id = m.list_id AND l.parent_id IS NULL JOIN contacts c ON c.id = m.contact_id WHERE"

    def raw(where: str) -> tuple[str, str]:
        return (f"SELECT c.*, m.id {joined} {where} ORDER BY m.id LIMIT 25", f"SELECT count(*) {joined} {where}")

    yield asked("", [{"page": n} for n in range(1, 20)], raw("true"))
    yield asked("page deep", [{"page": contacts // 20 - n} for n in range(5)])
    yield asked("audience_id", [{"audience_id": n} for n in range(1, 6)], raw("m.list_id = 2"))
    yield asked("audience_id, the one of 600,000", [{"audience_id": 16}], raw("m.list_id = 16"))
    yield asked("audience_id, deep", [{"audience_id": 16, "page": 20000 + n} for n in range(5)])
    yield asked("group_id", [{"group_id": n} for n in range(6, 16)])
    yield asked("audience_id and group_id", [{"audience_id": 1, "group_id": n} for n in (6, 11)])
    yield asked(
        "email, whole",
        [{"email": f"person{n}@example{n % 50}.org"} for n in some],
        raw("lower(c.email) LIKE '%person4711@example11.org%'"),
    )
    yield asked("email, a part", [{"email": f"son{n}@"} for n in some], raw("lower(c.email) LIKE '%son4711@%'"))
    yield asked(
        "email, what all have", [{"email": w} for w in ("example", ".org")], raw("lower(c.email) LIKE '%example%'")
    )
    yield asked("phone", [{"phone": f"301{n}"} for n in some], raw("c.phone LIKE '%3014711%'"))
    yield asked(
        "name, last",
        [{"name": f"last{n % 7919}"} for n in some],
        raw("lower(concat_ws(' ', c.first_name, c.last_name)) LIKE '%last4711%'"),
    )
    yield asked("name, both", [{"name": f"first{n % 997} last{n % 7919}"} for n in some])
    yield asked("name in an audience", [{"name": f"last{n % 7919}", "audience_id": 16} for n in some])
    words = """audiences audiences?search=list audiences/1/groups campaigns pages analytics/pages analytics/pages?page_id=1
        analytics/pages?interval=month analytics/campaigns analytics/campaigns?campaign_id=1 analytics/audiences
        analytics/audiences?audience_id=16&interval=week"""
    for word in words.split():
        yield Asked("Furiosa", word, [f"{ROOTS['Furiosa']}/{word}"], LIST)


def fluenzr_cases(contacts: int) -> Iterator[Asked]:
    """Contacts, campaigns and what became of their mails, webhooks and what they were told."""
    some, path = spread(contacts), f"{ROOTS['FluenzR']}/contacts"

    def asked(name: str, given: Sequence[dict[str, object]], raw: Sequence[str] = ()) -> Asked:
        return Asked(
            "FluenzR", f"contacts {name}".strip(), [f"{path}?{urlencode(one)}" for one in given], BUSY, raw, True
        )

    def searched(name: str, given: Sequence[dict[str, object]]) -> Asked:
        return Asked(
            "FluenzR",
            f"contacts/search {name}",
            [f"POST {path}/search {json.dumps(one)}" for one in given],
            BUSY,
            is_busy=True,
        )

    big, group = opaque("grp", 16), opaque("grp", 2)
    yield asked("", [{"page": n} for n in range(1, 20)], by_hand("true"))
    yield asked("page deep", [{"page": contacts // 20 - n} for n in range(5)])
    yield asked(
        "email, whole",
        [{"email": f"person{n}@example{n % 50}.org"} for n in some],
        by_hand("lower(c.email) LIKE '%person4711@example11.org%'"),
    )
    yield asked("email, a part", [{"email": f"son{n}@"} for n in some])
    yield asked(
        "email, what all have", [{"email": w} for w in ("example", ".org")], by_hand("lower(c.email) LIKE '%example%'")
    )
    yield asked(
        "status",
        [{"status": w} for w in ("active", "unsubscribed", "bounced", "blocked", "replied")],
        by_hand("c.status IN ('subscribed','transactional','pending')"),
    )
    yield asked("groupId", [{"groupId": opaque("grp", n)} for n in range(1, 16)])
    yield asked("groupId, the one of 600,000", [{"groupId": big}])
    yield asked("tag", [{"tag": f"Tag {n}"} for n in range(1, 31)], by_hand(tagged("= 5")))
    yield asked("tag and status", [{"tag": f"Tag {n}", "status": "active"} for n in range(1, 31)])
    yield asked("group and tag", [{"tag": f"Tag {n}", "groupId": group} for n in range(1, 31)])
    for sort in (
        "email",
        "firstName",
        "lastName",
        "company",
        "jobTitle",
        "phone",
        "website",
        "createdAt",
        "updatedAt",
        "status",
        "id",
    ):
        yield asked(f"sort {sort}", [{"sort": sort, "order": order} for order in ("asc", "desc")])
    yield searched("query", [{"query": f"last{n % 7919}"} for n in some])
    yield searched("query, what all have", [{"query": w} for w in ("example", "person")])
    yield searched(
        "query, filters", [{"query": f"last{n % 7919}", "filters": {"status": "active", "groups": [big]}} for n in some]
    )
    yield searched("groups and tags", [{"filters": {"groups": [group], "tags": [f"Tag {n}"]}} for n in range(1, 31)])
    yield searched("customFields", [{"filters": {"customFields": {"plan": w}}} for w in ("Team", "Pro")])
    campaign, hook = f"campaigns/{opaque('cmp', 1)}", f"webhooks/{opaque('whk', 1)}"
    words = f"""groups campaigns campaigns?status=archived campaigns?name=77 campaigns?sort=name {campaign}/contacts
        {campaign}/contacts?page=40000 {campaign}/contacts?status=bounced {campaign}/contacts?status=completed
        {campaign}/contacts?status=unsubscribed {campaign}/activity {campaign}/activity?type=email.clicked
        {campaign}/activity?page=2000 {campaign}/activity?contactId={opaque("con", 11)} {campaign}/stats/timeline
        {campaign}/stats/timeline?interval=hour email-accounts pipeline/stages webhooks {hook}/logs {hook}/logs?page=4000
        {hook}/logs?status=failed {hook}/logs?eventType=contact.created"""
    for word in words.split():
        yield Asked("FluenzR", word, [f"{ROOTS['FluenzR']}/{word}"], LIST)
