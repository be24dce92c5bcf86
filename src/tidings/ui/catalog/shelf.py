"""What lists and tags have in common as screens: a table, a drawer to make and change one, deleting.

`lists` and `tags` say what is theirs in a `Shelf`; `routes_of` makes the handlers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.platform.pagination import Page, PageRequest
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _, ngettext
from tidings.ui.shell.visit import Visit, Visiting

READ, WRITE, DELETE = "fcrm_read_contacts", "fcrm_manage_contact_cats", "fcrm_manage_contact_cats_delete"


@dataclass(frozen=True, slots=True)
class Words:
    """What is said about one kind of thing; in English, translated when shown."""

    title: str
    made: str
    saved: str
    deleted_one: str
    deleted_many: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of thing. `fields`: what the form shows, so that no error is swallowed."""

    name: str
    words: Words
    fields: Sequence[str]
    page: Callable[[Core, PageRequest, str], Awaitable[Page[Any]]]
    find: Callable[[Core, int], Awaitable[Any]]
    create: Callable[[Core, Form], Awaitable[int]]
    update: Callable[[Core, int, Form], Awaitable[None]]
    delete: Callable[[Core, Sequence[int]], Awaitable[int]]
    shown: Callable[[Any], dict[str, Any]]
    extras: Callable[[Core, Page[Any] | None], Awaitable[Mapping[str, Any]]]

    @property
    def href(self) -> str:
        """Where the table is."""
        return f"/{self.name}"


async def _sheet(visit: Visiting, shelf: Shelf, form: Form, one: Any = None, status: int = 200) -> Response[Any]:
    """The form, in the drawer for htmx, else as a page."""
    return await visit.page(
        f"catalog/{shelf.name}_form.html",
        block="sheet" if visit.is_partial else None,
        shelf=shelf,
        form=form,
        one=one,
        status=status,
        **await shelf.extras(visit.core, None),
    )


async def _found(visit: Visiting, shelf: Shelf, number: int) -> Any:
    one = await shelf.find(visit.core, number)
    if one is None:
        raise NotFound(shelf.name[:-1], number)
    return one


def routes_of(shelf: Shelf) -> list[Any]:
    """The handlers of a shelf."""
    return [_table(shelf), *_making(shelf), *_changing(shelf), *_deleting(shelf)]


def _table(shelf: Shelf) -> Any:
    @get(shelf.href, permission=READ)
    async def table_page(visit: Visiting) -> Response[Any]:
        """A page of them; htmx gets the table alone."""
        table = visit.table(sort="title", is_descending=False)
        rows = await shelf.page(visit.core, table.request, table.search)
        return await visit.page(
            f"catalog/{shelf.name}.html",
            block="table" if visit.request.headers.get("hx-target") == "shelf" else None,
            shelf=shelf,
            table=table,
            rows=rows,
            **await shelf.extras(visit.core, rows),
        )

    return table_page


def _making(shelf: Shelf) -> list[Any]:
    @get(f"{shelf.href}/new", permission=WRITE)
    async def new_form(visit: Visiting) -> Response[Any]:
        """An empty form."""
        return await _sheet(visit, shelf, Form({"parent": visit.query().text("parent")}))

    @post(f"{shelf.href}/new", permission=WRITE)
    async def make(visit: Visiting) -> Response[Any]:
        """Makes one; a bad field is told at the field."""
        form = await visit.form()
        try:
            await shelf.create(visit.core, form)
        except (Invalid, NotFound) as error:
            return await _sheet(visit, shelf, form.refused(error), None, 422)
        return visit.redirect(shelf.href, _(shelf.words.made))

    return [new_form, make]


def _changing(shelf: Shelf) -> list[Any]:
    @get(f"{shelf.href}/{{number:int}}/edit", permission=WRITE)
    async def edit_form(visit: Visiting, number: FromPath[int]) -> Response[Any]:
        """The form with what is there."""
        one = await _found(visit, shelf, number)
        return await _sheet(visit, shelf, Form(shelf.shown(one)), one)

    @post(f"{shelf.href}/{{number:int}}/edit", permission=WRITE)
    async def save(visit: Visiting, number: FromPath[int]) -> Response[Any]:
        """Changes what the form shows."""
        form, one = await visit.form(), await _found(visit, shelf, number)
        try:
            await shelf.update(visit.core, number, form)
        except Invalid as error:
            return await _sheet(visit, shelf, form.refused(error), one, 422)
        return visit.redirect(shelf.href, _(shelf.words.saved))

    return [edit_form, save]


def _deleting(shelf: Shelf) -> list[Any]:
    def gone(visit: Visit, done: int) -> Response[Any]:
        said = ngettext(shelf.words.deleted_one, shelf.words.deleted_many, done) % {"n": done}
        return visit.redirect(shelf.href, said)

    @post(f"{shelf.href}/delete", permission=DELETE)
    async def delete_some(visit: Visiting) -> Response[Any]:
        """Deletes those that were picked; the contacts stay."""
        ids = (await visit.form()).ids()
        done = await shelf.delete(visit.core, ids) if ids else 0
        await visit.note(f"{shelf.name}_deleted", shelf.name, count=done)
        return gone(visit, done)

    @post(f"{shelf.href}/{{number:int}}/delete", permission=DELETE)
    async def delete_one(visit: Visiting, number: FromPath[int]) -> Response[Any]:
        """Deletes one; the contacts stay."""
        await _found(visit, shelf, number)
        done = await shelf.delete(visit.core, [number])
        await visit.note(f"{shelf.name}_deleted", f"{shelf.name[:-1]} {number}", count=done)
        return gone(visit, done)

    return [delete_some, delete_one]
