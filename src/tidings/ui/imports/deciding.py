"""The two steps between upload and start: where the columns go, then what becomes of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts.actions import ensure_lists, ensure_tags
from tidings.contacts.queries import custom_fields
from tidings.contacts.types import STATUSES
from tidings.imports import actions, queries
from tidings.imports.rules import words_of
from tidings.imports.types import Import, Options, Preview
from tidings.platform.errors import Invalid, Problem, TidingsError
from tidings.ui.imports import drafts, targets
from tidings.ui.imports.drafts import MAKE, WRITE, undecided
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

DELIMITERS = [(",", "Comma ,"), (";", "Semicolon ;"), ("\t", "Tab"), ("|", "Bar |")]
ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("cp1252", "Western (Windows-1252)"),
    ("iso8859_15", "Western (ISO 8859-15)"),
    ("cp1250", "Central European (Windows-1250)"),
    ("cp1251", "Cyrillic (Windows-1251)"),
    ("cp1253", "Greek (Windows-1253)"),
    ("cp1254", "Turkish (Windows-1254)"),
    ("shift_jis", "Japanese (Shift JIS)"),
    ("gb18030", "Chinese (GB 18030)"),
    ("euc_kr", "Korean (EUC-KR)"),
    ("big5", "Chinese (Big5)"),
]
OPTION_FIELDS = ("lists", "tags", "on_existing", "status", "consent_source", "may_rise", "creates_missing", "is_silent")


@get("/import/{import_id:int}/columns", permission=WRITE)
async def columns_page(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """The first rows, and where each column goes; the address may say another delimiter or encoding."""
    found, asked = await undecided(visit, import_id), visit.query()
    try:
        preview = await _preview(visit, found, asked)
    except Invalid as error:
        preview = await _preview(visit, found, Form())
        return await _columns(visit, found, preview, targets.shown(preview.dialect.headers, {}).refused(error), 422)
    is_same = preview.dialect.headers == found.dialect.headers
    mapping = found.mapping if is_same and found.mapping else preview.mapping
    return await _columns(visit, found, preview, targets.shown(preview.dialect.headers, mapping))


async def _preview(visit: Visiting, found: Import, asked: Form) -> Preview:
    """Read as asked if that is one of the choices, else as it was read before."""
    delimiter, encoding = str(asked.value("delimiter")), asked.text("encoding")
    return await queries.preview_import(
        visit.core,
        found.id,
        delimiter=delimiter if delimiter in dict(DELIMITERS) else found.dialect.delimiter,
        encoding=encoding if encoding in dict(ENCODINGS) else found.dialect.encoding,
    )


async def _columns(visit: Visiting, found: Import, preview: Preview, form: Form, status: int = 200) -> Response[Any]:
    fields, may_make = await custom_fields(visit.core), visit.me.may(MAKE)
    columns: list[tuple[str, list[str], list[targets.Group]]] = []
    for place, header in enumerate(preview.dialect.headers):
        values = targets.examples(preview, place)
        columns.append((header, values, targets.groups(fields, values, may_make=may_make)))
    return await visit.page(
        "imports/columns.html",
        imported=found,
        preview=preview,
        columns=columns,
        form=form,
        delimiters=_with(DELIMITERS, preview.dialect.delimiter),
        encodings=_with(ENCODINGS, preview.dialect.encoding),
        status=status,
    )


def _with(options: Sequence[tuple[str, str]], value: str) -> list[tuple[str, str]]:
    """The options, with one more for a value that is none of them."""
    rest = [] if value in dict(options) else [(value, value)]
    return [*((key, _(word)) for key, word in options), *rest]


@post("/import/{import_id:int}/columns", permission=WRITE)
async def save_columns(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """Stores the mapping; new custom fields are made here."""
    found, form = await undecided(visit, import_id), await visit.form()
    preview = await _preview(visit, found, form)
    headers = preview.dialect.headers
    mapping = targets.read(form, headers)
    if not visit.me.may(MAKE):
        mapping = {header: "" if target.startswith("new") else target for header, target in mapping.items()}
    try:
        await actions.configure_import(
            visit.core,
            import_id,
            mapping=mapping,
            delimiter=preview.dialect.delimiter,
            encoding=preview.dialect.encoding,
        )
    except Invalid as error:
        return await _columns(visit, found, preview, form.refused(targets.at_columns(error, headers)), 422)
    return visit.redirect(f"/import/{import_id}/options")


@get("/import/{import_id:int}/options", permission=WRITE)
async def options_page(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """Lists, tags, known addresses, status, consent."""
    found = await undecided(visit, import_id)
    if not found.mapping:
        return visit.redirect(f"/import/{import_id}/columns")
    chosen = found.options
    form = Form(
        {
            "lists": [str(one) for one in chosen.list_ids],
            "tags": [str(one) for one in chosen.tag_ids],
            "on_existing": chosen.on_existing,
            "status": chosen.status or "",
            "consent_source": chosen.consent_source,
            "may_rise": chosen.may_rise,
            "creates_missing": chosen.creates_missing,
            "is_silent": chosen.is_silent,
        }
    )
    return await _options(visit, found, form)


async def _options(visit: Visiting, found: Import, form: Form, status: int = 200) -> Response[Any]:
    core = visit.core
    return await visit.page(
        "imports/options.html",
        imported=found,
        form=form,
        offer=await drafts.offer(core, form.ids("lists"), form.ids("tags")),
        taken=targets.words_of(found, await custom_fields(core)),
        statuses=STATUSES,
        may_make=visit.me.may(MAKE),
        shown=[*OPTION_FIELDS, "new_lists", "new_tags"],
        status=status,
    )


def _read(form: Form, *, may_make: bool) -> Options:
    """The submitted options with the existing lists and tags; raises Invalid."""
    status, policy = form.text("status"), form.text("on_existing")
    if policy not in ("update", "fill", "skip"):
        raise Invalid({"on_existing": Problem("required", _("Choose what happens to known addresses."))})
    if status and status not in STATUSES:
        raise Invalid({"status": Problem("in", _("Choose a status."))})
    consent = " ".join(form.text("consent_source").replace("\0", "").split())
    if len(consent) > 500:
        raise Invalid({"consent_source": Problem("max", _("At most 500 characters."))})
    return Options(
        on_existing=policy,
        list_ids=form.ids("lists"),
        tag_ids=form.ids("tags"),
        status=status or None,
        consent_source=consent,
        is_silent=form.flag("is_silent"),
        may_rise=form.flag("may_rise"),
        creates_missing=form.flag("creates_missing") and may_make,
    )


@post("/import/{import_id:int}/options", permission=WRITE)
async def start(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """Stores the options and starts; lists and tags are made only when the rest is right."""
    core, may_make = visit.core, visit.me.may(MAKE)
    found, form = await undecided(visit, import_id), await visit.form()
    try:
        await _store(visit, found, _read(form, may_make=may_make))
        if may_make and (form.text("new_lists") or form.text("new_tags")):
            lists = await ensure_lists(core, words_of(form.text("new_lists")))
            tags = await ensure_tags(core, words_of(form.text("new_tags")))
            both = Form(
                {"lists": [*form.texts("lists"), *map(str, lists)], "tags": [*form.texts("tags"), *map(str, tags)]}
            )
            await _store(visit, found, _read(Form({**form.values, **both.values}), may_make=may_make))
        await actions.start_import(core, import_id)
    except TidingsError as error:
        return await _options(visit, found, form.refused(error), 422)
    await visit.note("import_started", f"import {import_id}", file=found.file_name)
    return visit.redirect(f"/import/{import_id}")


async def _store(visit: Visiting, found: Import, options: Options) -> None:
    await actions.configure_import(
        visit.core,
        found.id,
        mapping=found.mapping,
        options=options,
        delimiter=found.dialect.delimiter,
        encoding=found.dialect.encoding,
    )


ROUTES = [columns_page, save_columns, options_page, start]
