"""Reads of forms and of what was sent by them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal

from tidings.contacts.counting import count
from tidings.forms import store
from tidings.forms.types import Form, Submission
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound
from tidings.platform.listing import Listing
from tidings.platform.pagination import Page, PageRequest

SORTS = {"id": "f.id", "title": "lower(f.title)", "created_at": "f.created_at", "updated_at": "f.updated_at"}
_FORMS = Listing(f"SELECT {store.SELECTED} FROM forms f", "forms f", ("f.title",), SORTS, store.form_from)


async def list_forms(core: Core, request: PageRequest | None = None, *, search: str = "") -> Page[Form]:
    """A page of forms, the newest first unless sorted otherwise."""
    return await _FORMS.page(core, request, search)


async def form_by_id(core: Core, form_id: int) -> Form:
    """The form; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} FROM forms f WHERE f.id = $1", form_id)
    if row is None:
        raise NotFound("form", form_id)
    return store.form_from(row)


async def find_form(core: Core, slug: str) -> Form | None:
    """The form by its public name."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} FROM forms f WHERE f.slug = $1", slug)
    return store.form_from(row) if row is not None else None


async def count_submissions(core: Core, form_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many submissions each form has, and how many of them nobody has looked at; forms without any are left out."""
    rows = await core.db.fetch(
        """SELECT form_id, count(*) AS total, count(*) FILTER (WHERE state = 'unread') AS unread
        FROM form_submissions WHERE form_id = ANY($1::bigint[]) GROUP BY form_id""",
        list(form_ids),
    )
    return {row["form_id"]: (row["total"], row["unread"]) for row in rows}


async def list_submissions(
    core: Core, form_id: int, request: PageRequest, *, search: str = ""
) -> tuple[Page[Submission], list[int]]:
    """A page of submissions, the newest first, and their numbers within the form, from 1."""
    return await _submissions(core, "form_id", form_id, request, search)


async def submissions_on_page(
    core: Core, page_id: int, request: PageRequest, *, search: str = ""
) -> tuple[Page[Submission], list[int]]:
    """The same of a landing page, whichever forms stood on it."""
    return await _submissions(core, "page_id", page_id, request, search)


async def _submissions(
    core: Core, owner: Literal["form_id", "page_id"], owner_id: int, request: PageRequest, search: str
) -> tuple[Page[Submission], list[int]]:
    text = escape_like(search.strip())
    rows = await core.db.fetch(
        store.sql.list_submissions.replace("{columns}", store.SUBMITTED).replace("{owner}", owner),
        owner_id,
        text,
        request.per_page,
        request.offset,
    )
    total = request.total_seen(len(rows))
    if total is None:
        statement = f"""SELECT count(*) FROM form_submissions s WHERE s.{owner} = $1
        AND ($2::text = '' OR s.answers::text ILIKE '%' || $2 || '%' OR s.state = $2)"""
        total = await count(core, [statement], [owner_id, text])
    return Page([store.submission_from(row) for row in rows], total, request), [row["number"] for row in rows]


async def submissions_of(core: Core, contact_id: int, request: PageRequest) -> tuple[Page[Submission], list[str]]:
    """A page of what a contact sent, the newest first, and the titles of the forms."""
    rows = await core.db.fetch(
        f"""SELECT {store.SUBMITTED}, f.title FROM form_submissions s JOIN forms f ON f.id = s.form_id
        WHERE s.contact_id = $1 ORDER BY s.id DESC LIMIT $2 OFFSET $3""",
        contact_id,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval("SELECT count(*) FROM form_submissions WHERE contact_id = $1", contact_id)
    return Page([store.submission_from(row) for row in rows], total, request), [row["title"] for row in rows]


async def submission_by_id(core: Core, form_id: int, submission_id: int) -> Submission:
    """One submission of a form; raises NotFound."""
    row = await core.db.fetchrow(
        f"SELECT {store.SUBMITTED} FROM form_submissions s WHERE s.form_id = $1 AND s.id = $2", form_id, submission_id
    )
    if row is None:
        raise NotFound("submission", submission_id)
    return store.submission_from(row)


async def submissions_by_ids(core: Core, ids: Sequence[int]) -> dict[int, Submission]:
    """Several submissions at once, keyed by id; unknown ids are left out."""
    rows = await core.db.fetch(
        f"SELECT {store.SUBMITTED} FROM form_submissions s WHERE s.id = ANY($1::bigint[])", list(ids)
    )
    return {one.id: one for one in map(store.submission_from, rows)}


def form_url(home: str, form: Form) -> str:
    """The public page of a form."""
    return f"{home.rstrip('/')}/?fluentcrm=1&route=form&form={form.slug}"


def embed_codes(home: str, form: Form) -> tuple[str, str]:
    """What a site puts into its page: as a frame, or as a script that makes the frame."""
    url = form_url(home, form)
    return embedding(url, url.replace("route=form&", "route=form_script&"), form.title, "26rem")


def embedding(url: str, script_url: str, title: str, height: str) -> tuple[str, str]:
    """The two codes for an address of ours that may stand in a frame."""
    frame = f'<iframe src="{escape(url)}" title="{escape(title)}" loading="lazy"'
    frame += f' style="width:100%;border:0;min-height:{height}"></iframe>'
    return frame, f'<script async src="{escape(script_url)}"></script>'
