"""What `benchmarks.lists` asks: each route that answers with a page, with each of its filters and sorts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from tidings.dialects.fluentcrm.table import build as fluentcrm
from tidings.dialects.fluenzr.app import table as fluenzr
from tidings.dialects.fluenzr.ids import opaque
from tidings.dialects.furiosa.app import table as furiosa

_TABLES = {"FluentCRM": fluentcrm, "Furiosa": furiosa, "FluenzR": fluenzr}
_ROOTS = {"FluentCRM": "/wp-json/fluent-crm/v2", "Furiosa": "/api/v1", "FluenzR": "/v1"}
LIST, SEARCH, ESTIMATE, BUSY = 200, 400, 500, 100
# Reads of one thing, of settings or of a report: no page comes of them.
_NO_LIST = {
    "FluentCRM": """/ /openapi.json /tags/{id} /lists/{id} /custom-fields/contacts /subscribers/{id}
        /subscribers/{id}/emails/template-mock /subscribers/{id}/external_view /subscribers/{id}/info-widgets
        /subscribers/{id}/dynamic-item-view /companies/{id} /companies/custom-fields /companies/{id}/custom_tab_view
        /campaigns/{id} /campaigns/{id}/processing-stat /campaigns/{id}/status /campaigns/{id}/share-url
        /campaigns/{id}/overview_stats /campaigns/emails/{id}/preview /reports/subscribers /reports/email-sents
        /reports/email-opens /reports/email-clicks /reports/email-unsubs /reports/ping /reports/advanced-providers
        /reports/automations/{id}/steps /subscribers/export /dynamic-segments/custom-fields /dynamic-segments/stats
        /import/drivers /import/drivers/{driver:word} /webhooks/sms /forms/templates /forms/{form_id}/entries/{id}
        /migrators /migrators/list-tag-mappings /setting /setting/integrations /setting/test /setting/compliance
        /setting/double-optin /setting/auto_subscribe_settings /setting/experiments /setting/experiments/campaigns
        /setting/abandon-cart /setting/bounce_configs /setting/system-logs/export /setting/system-logs/reset
        /public/bounce_handler/{service:word}/handle/{code:any} /public/bounce_handler/{service:word}/{code:any}
        /setting/old_logs /setting/cron_status /setting/db-index-health /campaign-pro-settings/license
        /campaign-pro-settings/sms /ai/settings /mcp/status /mcp/config-snippet /docs /docs/addons /docs/{id}
        /abandon-carts/report-summary /wp/v2/users/me /users/roles""",
    "Furiosa": "/openapi.json /contacts/{id} /audiences/{id} /audiences/{id}/stats /me /campaigns/{id} /campaigns/{id}/metrics",
    "FluenzR": "/openapi.json /contacts/{id:word} /groups/{id:word}",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the table: the addresses, which are asked in turn, and what was promised in milliseconds. `raw`
    are the rows and the total as statements by hand; `is_busy`: also over many connections."""

    dialect: str
    name: str
    requests: Sequence[str]
    limit: int = LIST
    raw: Sequence[str] = ()
    is_busy: bool = False


def cases(contacts: int) -> list[Asked]:
    """All of them; SystemExit names a route that is neither asked nor known to be no list."""
    found = [*_fluentcrm_contacts(contacts), *_fluentcrm_rest(contacts), *_furiosa(contacts), *_fluenzr(contacts)]
    for dialect, make in _TABLES.items():
        known = {_ROOTS[dialect] + path for path in _NO_LIST[dialect].split()}
        asked = {one.requests[0].split("?")[0].split(" ")[0] for one in found if one.dialect == dialect}
        for route in make().routes:
            path = _ROOTS[dialect] + route.path
            if route.method == "GET" and route.handler and path not in known and not _is_asked(path, asked):
                raise SystemExit(f"{dialect}: {route.path} is neither measured nor named as no list")
    return found


def _is_asked(path: str, asked: set[str]) -> bool:
    parts = path.split("/")
    return any(
        len(other) == len(parts) and all(a == b or a.startswith("{") for a, b in zip(parts, other, strict=True))
        for other in (one.split("/") for one in asked)
    )


def _raw(where: str, order: str = "c.id DESC") -> tuple[str, ...]:
    return (
        f"SELECT c.* FROM contacts c WHERE {where} ORDER BY {order} LIMIT 25",
        f"SELECT count(*) FROM contacts c WHERE {where}",
    )


def _some(contacts: int, n: int = 20) -> list[int]:
    return [1 + (k * 7919 * 131) % contacts for k in range(1, n + 1)]


def _fluentcrm_contacts(contacts: int) -> Iterator[Asked]:
    path, some = f"{_ROOTS['FluentCRM']}/subscribers", _some(contacts)

    def asked(name: str, given: Sequence[dict[str, object]], limit: int = LIST, raw: Sequence[str] = ()) -> Asked:
        addresses = [f"{path}?{urlencode(one, doseq=True)}" if one else path for one in given]
        return Asked("FluentCRM", f"subscribers {name}".strip(), addresses, limit, raw)

    def advanced(*conditions: tuple[str, str, str, object]) -> dict[str, object]:
        group = [{"source": [p, name], "operator": op, "value": value} for p, name, op, value in conditions]
        return {"filter_type": "advanced", "advanced_filters": json.dumps([group])}

    yield asked("", [{}], raw=_raw("true"))
    yield asked("page deep", [{"page": contacts // 15 - n} for n in range(5)])
    yield asked("page in the middle", [{"page": contacts // 30 - n} for n in range(5)])
    for sort in ("id", "email", "first_name", "last_name", "city", "country", "created_at", "updated_at", "status"):
        for order in ("ASC", "DESC"):
            yield asked(f"sort {sort} {order}", [{"sort_by": sort, "sort_type": order}])
    for sort in ("last_activity", "phone", "postal_code", "total_points", "source", "contact_type", "date_of_birth"):
        yield asked(f"sort {sort}", [{"sort_by": sort, "sort_type": "DESC"}])
    yield asked("sort email, list", [{"lists[]": 16, "sort_by": "email"}])
    yield asked("sort last_name, tag", [{"tags[]": 3, "sort_by": "last_name"}])
    yield asked("tags", [{"tags[]": n} for n in range(1, 31)], raw=_raw(_tagged("= 5")))
    yield asked("two tags", [{"tags[]": [3, 4]}, {"tags[]": [8, 12]}], raw=_raw(_tagged("IN (3, 4)")))
    listed = "EXISTS (SELECT 1 FROM contact_lists m WHERE m.contact_id = c.id AND m.list_id = 16)"
    yield asked("lists, the one of 600,000", [{"lists[]": 16}], raw=_raw(listed))
    yield asked("lists", [{"lists[]": n} for n in range(1, 16)])
    yield asked("two lists", [{"lists[]": [16, 2]}])
    yield asked("tag and list", [{"lists[]": 16, "tags[]": n} for n in range(1, 8)])
    yield asked("statuses", [{"statuses[]": "subscribed"}, {"statuses[]": "unsubscribed"}, {"statuses[]": "pending"}])
    yield asked("statuses, list, tag", [{"statuses[]": "subscribed", "lists[]": 16, "tags[]": 5}])
    yield asked("company_ids", [{"company_ids[]": n} for n in range(1, 60)])
    yield asked("sms_statuses", [{"sms_statuses[]": "sms_pending"}, {"sms_statuses[]": "sms_subscribed"}])
    hay = "lower(concat_ws(' ', c.email, c.first_name, c.last_name, c.city, c.phone)) LIKE"
    yield asked(
        "search an address", [{"search": f"person{n}@example"} for n in some], SEARCH, _raw(f"{hay} '%person4711@e%'")
    )
    yield asked(
        "search a last name", [{"search": f"last{n % 7919}"} for n in some], SEARCH, _raw(f"{hay} '%last4711%'")
    )
    yield asked("search a city", [{"search": f"city {n % 300}"} for n in some], SEARCH, _raw(f"{hay} '%city 77%'"))
    yield asked("search two words", [{"search": f"First{n % 997} Last{n % 7919}"} for n in some], SEARCH)
    yield asked("search what nobody has", [{"search": f"zzz{n}"} for n in some], SEARCH)
    yield asked(
        "search what everybody has",
        [{"search": w} for w in ("example", "person", ".org", "city", "+493")],
        SEARCH,
        _raw(f"{hay} '%example%'"),
    )
    yield asked("search two and three letters", [{"search": w} for w in ("9@", "77", "r12", "x")], SEARCH)
    yield asked(
        "search, list and status",
        [{"search": f"last{n % 79}", "lists[]": 16, "statuses[]": "subscribed"} for n in some],
        SEARCH,
    )
    yield asked(
        "search with custom fields",
        [{"search": w, "custom_fields": "true"} for w in ("last471", "team", "example")],
        SEARCH,
    )
    for column, value in (
        ("email", "person{}@"),
        ("first_name", "irst{}"),
        ("last_name", "ast{}"),
        ("city", "ity {}"),
        ("phone", "301{}"),
    ):
        texts = [value.format(n % 7919 if column != "city" else n % 300) for n in some[:30]]
        yield asked(f"advanced {column} contains", [advanced(("subscriber", column, "contains", t)) for t in texts])
        yield asked(
            f"advanced {column} not_contains", [advanced(("subscriber", column, "not_contains", t)) for t in texts[:5]]
        )
        yield asked(
            f"advanced {column} starts_with",
            [advanced(("subscriber", column, "startsWith", t if column == "email" else t[:3])) for t in texts[:10]],
        )
        yield asked(
            f"advanced {column} ends_with", [advanced(("subscriber", column, "endsWith", t)) for t in texts[:10]]
        )
        yield asked(f"advanced {column} =", [advanced(("subscriber", column, "=", t)) for t in texts[:10]])
        yield asked(f"advanced {column} !=", [advanced(("subscriber", column, "!=", t)) for t in texts[:5]])
    yield asked(
        "advanced email contains what all have",
        [advanced(("subscriber", "email", "contains", w)) for w in ("example", ".org")],
    )
    yield asked(
        "advanced search", [advanced(("subscriber", "search", "contains", f"last{n % 7919}")) for n in some], SEARCH
    )
    yield asked(
        "advanced not search",
        [advanced(("subscriber", "search", "not_contains", f"last{n % 7919}")) for n in some[:5]],
        SEARCH,
    )
    yield asked("advanced country =", [advanced(("subscriber", "country", "=", w)) for w in ("DE", "us", "PL")])
    yield asked("advanced country !=", [advanced(("subscriber", "country", "!=", w)) for w in ("DE", "US")])
    yield asked("advanced source =", [advanced(("subscriber", "source", "=", w)) for w in ("import", "web")])
    yield asked("advanced contact_type in", [advanced(("segment", "contact_type", "in", ["lead"]))])
    yield asked(
        "advanced created_at days_within",
        [advanced(("subscriber", "created_at", "days_within", n)) for n in (7, 30, 365)],
    )
    yield asked(
        "advanced created_at days_before",
        [advanced(("subscriber", "created_at", "days_before", n)) for n in (7, 30, 365)],
    )
    yield asked(
        "advanced updated_at days_within",
        [advanced(("subscriber", "updated_at", "days_within", n)) for n in (7, 30, 365)],
    )
    yield asked("advanced id >", [advanced(("subscriber", "id", ">", n)) for n in some[:10]])
    yield asked("advanced total_points =", [advanced(("subscriber", "total_points", "=", n)) for n in (0, 5)])
    for op in ("in", "not_in", "in_all", "not_in_all"):
        yield asked(
            f"advanced tags {op}", [advanced(("segment", "tags", op, [3, 4])), advanced(("segment", "tags", op, [7]))]
        )
        yield asked(
            f"advanced lists {op}",
            [advanced(("segment", "lists", op, [16, 2])), advanced(("segment", "lists", op, [1]))],
        )
    yield asked("advanced companies in", [advanced(("segment", "companies", "in", [n])) for n in range(1, 20)])
    yield asked("advanced companies not_in", [advanced(("segment", "companies", "not_in", [5]))])
    yield asked("advanced company_type in", [advanced(("segment", "company_type", "in", ["Partner"]))])
    yield asked("advanced status in", [advanced(("segment", "status", "in", ["subscribed"]))])
    yield asked("advanced status not_in", [advanced(("segment", "status", "not_in", ["unsubscribed"]))])
    yield asked("advanced custom plan =", [advanced(("custom_fields", "plan", "=", w)) for w in ("Team", "Pro")])
    yield asked("advanced custom score >", [advanced(("custom_fields", "score", ">", n)) for n in (10, 500, 990)])
    for name in ("email_opened", "email_link_clicked", "email_sent"):
        yield asked(
            f"advanced {name} days_within", [advanced(("activities", name, "days_within", n)) for n in (2, 30, 400)]
        )
        yield asked(f"advanced {name} never", [advanced(("activities", name, "never", ""))])
    for op in ("open", "not_open", "clicked", "not_clicked", "in", "not_in"):
        yield asked(
            f"advanced campaign {op}",
            [
                advanced(("activities", "campaign_email_activity", op, [1])),
                advanced(("activities", "campaign_email_activity", op, [5])),
            ],
        )
    yield asked(
        "advanced event key in",
        [advanced(("event_tracking", "event_tracking_key", "in", [f"key_{n}"])) for n in range(5)],
    )
    five = advanced(
        ("segment", "tags", "in", [3, 4]),
        ("subscriber", "country", "=", "DE"),
        ("custom_fields", "plan", "=", "Team"),
        ("activities", "email_opened", "days_within", 30),
        ("activities", "campaign_email_activity", "not_clicked", [1]),
    )
    yield asked("advanced, five together", [five])


def _tagged(which: str) -> str:
    return f"EXISTS (SELECT 1 FROM contact_tags m WHERE m.contact_id = c.id AND m.tag_id {which})"


def _fluentcrm_rest(contacts: int) -> Iterator[Asked]:
    last = contacts
    words = f"""
        tags tags?search=tag tags?sort_by=title tags?all_tags=1 lists lists?search=list lists?all_lists=1 labels
        subscribers/prev-next-ids?filter_type=simple&current_id={last // 2}
        subscribers/prev-next-ids?filter_type=simple&current_id={last // 2}&lists[]=16
        subscribers/prev-next-ids?filter_type=simple&current_id={last // 2}&search=last4711
        subscribers/{last}/notes subscribers/{last}/notes?search=note subscribers/1/emails subscribers/1/emails?filter=open
        subscribers/1/url-metrics subscribers/1/tracking-events subscribers/1/purchase-history
        subscribers/18/form-submissions subscribers/1/support-tickets
        companies companies?search=company+77 companies?sort_by=name&sort_type=ASC companies?sort_by=employees_number
        companies?company_types[]=Partner companies?company_categories[]=Food companies?page=1300
        companies/search?search=77 companies/search-unattached-contacts?company_id=5
        companies/search-unattached-contacts?company_id=5&search=last47 companies/7/notes
        campaigns campaigns?searchBy=77 campaigns?statuses[]=archived campaigns?sort_by=title&sort_type=ASC campaigns?with[]=stats
        campaigns/1/emails campaigns/1/emails?filter_type=open campaigns/1/emails?filter_type=click
        campaigns/1/emails?search=person77 campaigns/1/emails?search=example campaigns/1/emails?page=60000 campaigns/1/link-report campaigns/1/unsubscribers
        campaigns/1/contacts-by-segment?segment=click campaigns/1/contacts-by-segment?segment=open campaigns/1/revenues
        reports/dashboard-stats reports/email-performance reports/emails reports/emails?status=sent reports/emails?status=bounced
        reports/emails?status=failed reports/emails?type=campaign reports/emails?search=person77 reports/emails?search=example
        reports/emails?page=90000 reports/contacts-by-status reports/contacts-by-tags reports/contacts-by-lists reports/contacts-by-country
        reports/recent-tags reports/campaigns-list reports/campaign-options reports/automations
        reports/options?fields=tags,lists,campaigns,countries,statuses,companies reports/ajax-options?option_key=campaigns
        reports/ajax-options?option_key=companies&search=77 reports/taxonomy-terms?taxonomy=tags reports/cascade_selections
        global-search?search=last4711 global-search?search=person77 global-search?search=company global-search?search=order&scope=subscriber_notes
        subscribers/search-contacts?search=last47 subscribers/search-contacts?search=example subscribers/search-contacts?load_default=1
        dynamic-segments dynamic-segments/custom_segment/subscribers/1
        dynamic-segments/custom_segment/subscribers/1?search=last47 webhooks webhooks?search=77 forms forms?search=77
        forms/1/entries forms/1/entries?search=person forms/1/entries?page=9000 smart-links smart-links?search=77
        setting/system-logs setting/system-logs?search=thing setting/activity-logs setting/activity-logs?action=contact.update
        setting/activity-logs?search=bench campaign-pro-settings/managers setting/rest-keys abandon-carts users users?search=ben
    """.split()
    for word in words:
        limit = SEARCH if "search=" in word else LIST
        yield Asked("FluentCRM", word, [f"{_ROOTS['FluentCRM']}/{word}"], limit)
    yield Asked(
        "FluentCRM",
        "campaigns/{id}/estimated-recipients-count",
        [f"{_ROOTS['FluentCRM']}/campaigns/1/estimated-recipients-count"],
        ESTIMATE,
    )
    tag = [
        [
            {"source": ["segment", "tags"], "operator": "not_in", "value": ["3", "4"]},
            {"source": ["segment", "status"], "operator": "in", "value": ["subscribed"]},
        ]
    ]
    yield Asked(
        "FluentCRM",
        "dynamic-segments/estimated-contacts",
        [f"POST {_ROOTS['FluentCRM']}/dynamic-segments/estimated-contacts {json.dumps({'filters': tag})}"],
        ESTIMATE,
    )


def _furiosa(contacts: int) -> Iterator[Asked]:
    some, path = _some(contacts), f"{_ROOTS['Furiosa']}/contacts"

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
    for path in ("audiences", "audiences?search=list", "audiences/1/groups", "campaigns"):
        yield Asked("Furiosa", path, [f"{_ROOTS['Furiosa']}/{path}"], LIST)


def _fluenzr(contacts: int) -> Iterator[Asked]:
    some, path = _some(contacts), f"{_ROOTS['FluenzR']}/contacts"

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
    yield asked("", [{"page": n} for n in range(1, 20)], _raw("true"))
    yield asked("page deep", [{"page": contacts // 20 - n} for n in range(5)])
    yield asked(
        "email, whole",
        [{"email": f"person{n}@example{n % 50}.org"} for n in some],
        _raw("lower(c.email) LIKE '%person4711@example11.org%'"),
    )
    yield asked("email, a part", [{"email": f"son{n}@"} for n in some])
    yield asked(
        "email, what all have", [{"email": w} for w in ("example", ".org")], _raw("lower(c.email) LIKE '%example%'")
    )
    yield asked(
        "status",
        [{"status": w} for w in ("active", "unsubscribed", "bounced", "blocked", "replied")],
        _raw("c.status IN ('subscribed','transactional','pending')"),
    )
    yield asked("groupId", [{"groupId": opaque("grp", n)} for n in range(1, 16)])
    yield asked("groupId, the one of 600,000", [{"groupId": big}])
    yield asked("tag", [{"tag": f"Tag {n}"} for n in range(1, 31)], _raw(_tagged("= 5")))
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
    yield Asked("FluenzR", "groups", [f"{_ROOTS['FluenzR']}/groups"], LIST)
