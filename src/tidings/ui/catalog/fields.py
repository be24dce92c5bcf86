"""Custom fields of contacts and of companies: the ordered list of definitions, which the core replaces as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts import actions
from tidings.contacts import queries as contacts
from tidings.contacts.rules import field_slug
from tidings.contacts.types import CustomField
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.ui.companies.switch import GUARDS
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

READ, WRITE = "fcrm_read_contacts", "fcrm_manage_settings"
SHOWN = ("label", "slug", "kind", "group", "options", "help")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Whose fields they are, where their page is, and who guards it."""

    subject: str
    href: str
    guards: Sequence[Any] = ()


CONTACTS = Shelf("contact", "/fields")
COMPANIES = Shelf("company", "/companies/fields", GUARDS)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of field as people choose it."""

    key: str
    word: str
    about: str
    has_options: bool = False


KINDS = (
    Kind("text", "Text", "One line"),
    Kind("textarea", "Long text", "Several lines"),
    Kind("number", "Number", "Compared as a number"),
    Kind("date", "Date", "A day"),
    Kind("date_time", "Date and time", "A moment"),
    Kind("single-select", "Choice", "One of several options", has_options=True),
    Kind("radio", "Choice, all shown", "One of several options, as buttons", has_options=True),
    Kind("multi-select", "Several choices", "Any of several options", has_options=True),
    Kind("checkbox", "Boxes", "Any of several options, as boxes", has_options=True),
)


async def _all(core: Core, shelf: Shelf) -> list[CustomField]:
    return list((await contacts.custom_fields(core, shelf.subject)).values())


async def _sheet(
    visit: Visiting, shelf: Shelf, form: Form, one: CustomField | None = None, status: int = 200
) -> Response[Any]:
    return await visit.page(
        "catalog/fields_form.html",
        block="sheet" if visit.is_partial else None,
        shelf=shelf,
        form=form,
        one=one,
        kinds=KINDS,
        shown=SHOWN,
        status=status,
    )


def _definition(form: Form, one: CustomField | None) -> CustomField:
    """The definition that the form asks for; raises Invalid. Slug and kind of an existing one stay: values hang on them."""
    problems: dict[str, Problem] = {}
    label = form.text("label")
    kind = one.kind if one else form.text("kind")
    options = tuple(dict.fromkeys(line for raw in form.text("options").splitlines() if (line := raw.strip())))
    if not label:
        problems["label"] = Problem("required", _("Give the field a name."))
    chosen = next((known for known in KINDS if known.key == kind), None)
    if chosen is None:
        problems["kind"] = Problem("in", _("Choose a kind."))
    elif chosen.has_options and not options:
        problems["options"] = Problem("required", _("Write at least one option."))
    if problems:
        raise Invalid(problems)
    slug = one.slug if one else form.text("slug") or field_slug(label)
    return CustomField(slug, label, kind, form.text("group") or "default", options, form.text("help"))


async def _one(core: Core, shelf: Shelf, slug: str) -> tuple[list[CustomField], int]:
    present = await _all(core, shelf)
    place = next((n for n, one in enumerate(present) if one.slug == slug), None)
    if place is None:
        raise NotFound("custom field", slug)
    return present, place


def _routes(shelf: Shelf) -> list[Any]:
    """The pages of one shelf."""
    return [_table(shelf), *_making(shelf), *_changing(shelf), *_arranging(shelf)]


def _table(shelf: Shelf) -> Any:
    @get(shelf.href, permission=READ, guards=shelf.guards)
    async def fields_page(visit: Visiting) -> Response[Any]:
        """All definitions in their order."""
        return await visit.page(
            "catalog/fields.html",
            shelf=shelf,
            fields=await _all(visit.core, shelf),
            kinds={one.key: one for one in KINDS},
        )

    return fields_page


def _making(shelf: Shelf) -> list[Any]:
    @get(f"{shelf.href}/new", permission=WRITE, guards=shelf.guards)
    async def new_field(visit: Visiting) -> Response[Any]:
        """An empty form."""
        return await _sheet(visit, shelf, Form({"kind": "text"}))

    @post(f"{shelf.href}/new", permission=WRITE, guards=shelf.guards)
    async def make_field(visit: Visiting) -> Response[Any]:
        """Adds a definition at the end."""
        form = await visit.form()
        try:
            present, made = await _all(visit.core, shelf), _definition(form, None)
            if any(one.slug == made.slug for one in present):
                raise Invalid({"slug": Problem("unique", _("Another field has this short name."))})
            await actions.replace_custom_fields(visit.core, [*present, made], subject=shelf.subject)
        except Invalid as error:
            return await _sheet(visit, shelf, form.refused(error), None, 422)
        return visit.redirect(shelf.href, _("The field is there."))

    return [new_field, make_field]


def _changing(shelf: Shelf) -> list[Any]:
    @get(f"{shelf.href}/{{slug:str}}/edit", permission=WRITE, guards=shelf.guards)
    async def edit_field(visit: Visiting, slug: FromPath[str]) -> Response[Any]:
        """The form with what is there."""
        present, place = await _one(visit.core, shelf, slug)
        one = present[place]
        group = "" if one.group_name == "default" else one.group_name
        values = {"label": one.label, "slug": one.slug, "kind": one.kind, "group": group, "help": one.help}
        return await _sheet(visit, shelf, Form(values | {"options": "\n".join(one.options)}), one)

    @post(f"{shelf.href}/{{slug:str}}/edit", permission=WRITE, guards=shelf.guards)
    async def save_field(visit: Visiting, slug: FromPath[str]) -> Response[Any]:
        """Changes name, options, group and hint."""
        form = await visit.form()
        present, place = await _one(visit.core, shelf, slug)
        try:
            present[place] = _definition(form, present[place])
            await actions.replace_custom_fields(visit.core, present, subject=shelf.subject)
        except Invalid as error:
            return await _sheet(visit, shelf, form.refused(error), present[place], 422)
        return visit.redirect(shelf.href, _("Saved."))

    return [edit_field, save_field]


def _arranging(shelf: Shelf) -> list[Any]:
    @post(f"{shelf.href}/{{slug:str}}/move", permission=WRITE, guards=shelf.guards)
    async def move_field(visit: Visiting, slug: FromPath[str]) -> Response[Any]:
        """One place up or down."""
        present, place = await _one(visit.core, shelf, slug)
        other = place + (-1 if (await visit.form()).text("way") == "up" else 1)
        if 0 <= other < len(present):
            present[place], present[other] = present[other], present[place]
            await actions.replace_custom_fields(visit.core, present, subject=shelf.subject)
        return visit.redirect(shelf.href)

    @post(f"{shelf.href}/{{slug:str}}/delete", permission=WRITE, guards=shelf.guards)
    async def delete_field(visit: Visiting, slug: FromPath[str]) -> Response[Any]:
        """Takes the definition away; what contacts hold stays until the field is made again or they go."""
        present, place = await _one(visit.core, shelf, slug)
        await actions.replace_custom_fields(
            visit.core, [one for n, one in enumerate(present) if n != place], subject=shelf.subject
        )
        await visit.note("custom_field_deleted", f"custom field {slug}")
        return visit.redirect(shelf.href, _("The field is gone."))

    return [move_field, delete_field]


ROUTES = [*_routes(CONTACTS), *_routes(COMPANIES)]
