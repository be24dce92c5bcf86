"""Pages and sorting as this dialect spells them (spec §1.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from tidings.dialects._engine.bodies import pairs_of_query
from tidings.dialects._engine.calls import Call
from tidings.platform.pagination import Page, PageRequest

T = TypeVar("T")
MAX_PER_PAGE = 1000


def page_request(
    call: Call, *, per_page: int = 15, sorts: Mapping[str, str] | None = None, default_sort: str = "id"
) -> PageRequest:
    """The page asked for. Any spelling of the sort is taken; `sorts` maps wire words to the core's.

    Zero, negative and non-numeric numbers fall back to the defaults; an unknown column or direction to id DESC.
    """
    page = call.integer("page") or 0
    size = call.integer("per_page") or 0
    column = next((w for n in ("sort_by", "orderBy", "order_by") if (w := call.text(n))), "")
    direction = next((w for n in ("sort_type", "sort_order", "order", "order_type") if (w := call.text(n))), "").lower()
    names = sorts if sorts is not None else {}
    sort, is_descending = names.get(column, column if sorts is None else ""), direction not in ("asc", "ascending")
    if not sort or (direction and direction not in ("asc", "desc", "ascending", "descending")):
        sort, is_descending = default_sort, True
    return PageRequest(max(page, 1), min(size, MAX_PER_PAGE) if size > 0 else per_page, sort, is_descending)


def page_object(call: Call, page: Page[T], encode: Callable[[T], Any]) -> dict[str, Any]:
    """The page with its links around encoded rows."""
    return page_of_rows(call, [encode(row) for row in page.rows], page.total, page.request)


def page_of_rows(call: Call, rows: Sequence[Any], total: int, request: PageRequest) -> dict[str, Any]:
    """The same for rows that are encoded already."""
    last = max(1, -(-total // request.per_page))
    path = f"{call.context.public_url}/wp-json/fluent-crm/v2{call.request.path.rstrip('/')}/"
    asked = pairs_of_query(call.request.query)
    if any(name == "rest_route" and value for name, value in asked):
        path = call.context.public_url
    rest = [(k, v) for k, v in asked if k not in ("page", "rest_route")]
    base = f"{path}{'' if path.endswith('/') else '/'}?{urlencode([*rest, ('page', '')])}"

    def url(number: int | None) -> str | None:
        return None if number is None else f"{base}{number}"

    here = request.page
    before = here - 1 if here > 1 else None
    after = here + 1 if here < last else None
    window = _window(here, last)
    links: list[dict[str, Any]] = [{"url": url(before), "label": "pagination.previous", "active": False}]
    for at, number in enumerate(window):
        if at and number - window[at - 1] > 1:
            links.append({"url": None, "label": "...", "active": False})
        links.append({"url": url(number), "label": str(number), "active": number == here})
    links.append({"url": url(after), "label": "pagination.next", "active": False})
    return {
        "current_page": here,
        "data": list(rows),
        "first_page_url": url(1),
        "from": request.offset + 1 if rows else None,
        "last_page": last,
        "last_page_url": url(last),
        "links": links,
        "next_page_url": url(after),
        "path": path.rstrip("/"),
        "per_page": request.per_page,
        "prev_page_url": url(before),
        "to": request.offset + len(rows) if rows else None,
        "total": total,
    }


def _window(here: int, last: int) -> list[int]:
    """Which page numbers are shown: all of a few, else both ends and three around the present one."""
    if last < 14:
        return list(range(1, last + 1))
    if here <= 7:
        return [*range(1, 11), last - 1, last]
    if here > last - 7:
        return [1, 2, *range(last - 9, last + 1)]
    return [1, 2, *range(here - 3, here + 4), last - 1, last]
