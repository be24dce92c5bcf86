"""What `benchmarks.lists` asks: each route that answers with a page, with each of its filters and sorts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from benchmarks.asked import ESTIMATE, LIST, ROOTS, SEARCH, Asked, by_hand, spread, tagged
from benchmarks.bearer_cases import fluenzr_cases, furiosa_cases
from tidings.dialects.fluentcrm.table import build as fluentcrm
from tidings.dialects.fluenzr.app import table as fluenzr
from tidings.dialects.furiosa.app import table as furiosa

_TABLES = {"FluentCRM": fluentcrm, "Furiosa": furiosa, "FluenzR": fluenzr}
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
        /funnels/triggers /funnels/templates /funnels/{id} /funnels/{id}/subscribers/{contact_id} /funnels/{id}/email_reports
        /migrators /migrators/list-tag-mappings /setting /setting/integrations /setting/test /setting/compliance
        /setting/double-optin /setting/auto_subscribe_settings /setting/experiments /setting/experiments/campaigns
        /setting/abandon-cart /setting/bounce_configs /setting/system-logs/export /setting/system-logs/reset
        /public/bounce_handler/{service:word}/handle/{code:any} /public/bounce_handler/{service:word}/{code:any}
        /setting/old_logs /setting/cron_status /setting/db-index-health /campaign-pro-settings/license
        /campaign-pro-settings/sms /ai/settings /mcp/status /mcp/config-snippet /docs /docs/addons /docs/{id}
        /abandon-carts/report-summary /templates/{id} /templates/smartcodes /templates/built-in-templates /email-patterns/{id} /wp/v2/users/me /users/roles""",
    "Furiosa": """/openapi.json /contacts/{id} /audiences/{id} /audiences/{id}/stats /me /campaigns/{id} /campaigns/{id}/metrics
        /pages/{id}""",
    "FluenzR": """/openapi.json /contacts/{id:word} /groups/{id:word} /campaigns/{id:word} /campaigns/{id:word}/stats
        /campaigns/{id:word}/stats/emails /email-accounts/{id:word} /webhooks/{id:word}""",
}


def cases(contacts: int) -> list[Asked]:
    """All of them; SystemExit names a route that is neither asked nor known to be no list."""
    found = [
        *_fluentcrm_contacts(contacts),
        *_fluentcrm_rest(contacts),
        *furiosa_cases(contacts),
        *fluenzr_cases(contacts),
    ]
    for dialect, make in _TABLES.items():
        known = {ROOTS[dialect] + path for path in _NO_LIST[dialect].split()}
        asked = {one.requests[0].split("?")[0].split(" ")[0] for one in found if one.dialect == dialect}
        for route in make().routes:
            path = ROOTS[dialect] + route.path
            if route.method == "GET" and route.handler and path not in known and not _is_asked(path, asked):
                raise SystemExit(f"{dialect}: {route.path} is neither measured nor named as no list")
    return found


def _is_asked(path: str, asked: set[str]) -> bool:
    parts = path.split("/")
    return any(
        len(other) == len(parts) and all(a == b or a.startswith("{") for a, b in zip(parts, other, strict=True))
        for other in (one.split("/") for one in asked)
    )


def _fluentcrm_contacts(contacts: int) -> Iterator[Asked]:
    path, some = f"{ROOTS['FluentCRM']}/subscribers", spread(contacts)

    def asked(name: str, given: Sequence[dict[str, object]], limit: int = LIST, raw: Sequence[str] = ()) -> Asked:
        addresses = [f"{path}?{urlencode(one, doseq=True)}" if one else path for one in given]
        return Asked("FluentCRM", f"subscribers {name}".strip(), addresses, limit, raw)

    def advanced(*conditions: tuple[str, str, str, object]) -> dict[str, object]:
        group = [{"source": [p, name], "operator": op, "value": value} for p, name, op, value in conditions]
        return {"filter_type": "advanced", "advanced_filters": json.dumps([group])}

    yield asked("", [{}], raw=by_hand("true"))
    yield asked("page deep", [{"page": contacts // 15 - n} for n in range(5)])
    yield asked("page in the middle", [{"page": contacts // 30 - n} for n in range(5)])
    for sort in ("id", "email", "first_name", "last_name", "city", "country", "created_at", "updated_at", "status"):
        for order in ("ASC", "DESC"):
            yield asked(f"sort {sort} {order}", [{"sort_by": sort, "sort_type": order}])
    for sort in ("last_activity", "phone", "postal_code", "total_points", "source", "contact_type", "date_of_birth"):
        yield asked(f"sort {sort}", [{"sort_by": sort, "sort_type": "DESC"}])
    yield asked("sort email, list", [{"lists[]": 16, "sort_by": "email"}])
    yield asked("sort last_name, tag", [{"tags[]": 3, "sort_by": "last_name"}])
    yield asked("tags", [{"tags[]": n} for n in range(1, 31)], raw=by_hand(tagged("= 5")))
    yield asked("two tags", [{"tags[]": [3, 4]}, {"tags[]": [8, 12]}], raw=by_hand(tagged("IN (3, 4)")))
    listed = "EXISTS (SELECT 1 FROM contact_lists m WHERE m.contact_id = c.id AND m.list_id = 16)"
    yield asked("lists, the one of 600,000", [{"lists[]": 16}], raw=by_hand(listed))
    yield asked("lists", [{"lists[]": n} for n in range(1, 16)])
    yield asked("two lists", [{"lists[]": [16, 2]}])
    yield asked("tag and list", [{"lists[]": 16, "tags[]": n} for n in range(1, 8)])
    yield asked("statuses", [{"statuses[]": "subscribed"}, {"statuses[]": "unsubscribed"}, {"statuses[]": "pending"}])
    yield asked("statuses, list, tag", [{"statuses[]": "subscribed", "lists[]": 16, "tags[]": 5}])
    yield asked("company_ids", [{"company_ids[]": n} for n in range(1, 60)])
    yield asked("sms_statuses", [{"sms_statuses[]": "sms_pending"}, {"sms_statuses[]": "sms_subscribed"}])
    hay = "lower(concat_ws(' ', c.email, c.first_name, c.last_name, c.city, c.phone)) LIKE"
    yield asked(
        "search an address",
        [{"search": f"person{n}@example"} for n in some],
        SEARCH,
        by_hand(f"{hay} '%person4711@e%'"),
    )
    yield asked(
        "search a last name", [{"search": f"last{n % 7919}"} for n in some], SEARCH, by_hand(f"{hay} '%last4711%'")
    )
    yield asked("search a city", [{"search": f"city {n % 300}"} for n in some], SEARCH, by_hand(f"{hay} '%city 77%'"))
    yield asked("search two words", [{"search": f"First{n % 997} Last{n % 7919}"} for n in some], SEARCH)
    yield asked("search what nobody has", [{"search": f"zzz{n}"} for n in some], SEARCH)
    yield asked(
        "search what everybody has",
        [{"search": w} for w in ("example", "person", ".org", "city", "+493")],
        SEARCH,
        by_hand(f"{hay} '%example%'"),
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
        templates templates?search=77 templates?orderBy=post_title&order=asc templates?types[]=publish templates?page=60
        templates/all email-patterns?per_page=15 email-patterns?search=77 email-patterns?category=Tops&per_page=15
        email-patterns/wp-format?per_page=15 editor-patterns?per_page=15 email-patterns/categories editor-pattern-categories
        funnels funnels?search=77 funnels?sort_by=title&sort_type=ASC funnels/1/subscribers funnels/1/subscribers?page=9000
        funnels/1/subscribers?status=completed funnels/1/subscribers?sequence_id=1 funnels/1/subscribers?search=person77
        funnels/1/subscribers?search=example funnels/all-activities funnels/all-activities?page=9000
        funnels/all-activities?status=active funnels/all-activities?search=person77 funnels/subscriber/7/automations
        funnels/1/report funnels/1/syncable-counts
        setting/activity-logs?search=bench campaign-pro-settings/managers setting/rest-keys abandon-carts users users?search=ben
    """.split()
    for word in words:
        limit = SEARCH if "search=" in word else LIST
        yield Asked("FluentCRM", word, [f"{ROOTS['FluentCRM']}/{word}"], limit)
    yield Asked(
        "FluentCRM",
        "campaigns/{id}/estimated-recipients-count",
        [f"{ROOTS['FluentCRM']}/campaigns/1/estimated-recipients-count"],
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
        [f"POST {ROOTS['FluentCRM']}/dynamic-segments/estimated-contacts {json.dumps({'filters': tag})}"],
        ESTIMATE,
    )
