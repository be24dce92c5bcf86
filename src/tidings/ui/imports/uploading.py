"""The list of imports with the upload above it.

With scripts a file comes as the bare body of its request and goes straight to where it stays; without, as a form.
"""

from __future__ import annotations

from typing import Any, BinaryIO, cast
from urllib.parse import unquote

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from tidings.imports import actions, queries
from tidings.imports.types import Import
from tidings.platform.errors import Invalid, Problem
from tidings.ui.imports.drafts import WRITE
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

RAW = "application/octet-stream"
# What one request of the interface may carry.
MAX_UPLOAD = 2 * 1024**3


@get("/import", permission=WRITE)
async def list_imports(visit: Visiting) -> Response[Any]:
    """The upload, and the imports so far."""
    return await _list(visit, Form())


async def _list(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    table = visit.table(sort="id")
    rows = await queries.list_imports(visit.core, table.request)
    return await visit.page(
        "imports/index.html", form=form, table=table, rows=rows, max_upload=MAX_UPLOAD, status=status
    )


@post("/import", permission=WRITE)
async def upload(visit: Visiting) -> Response[Any]:
    """Takes the file in; what is wrong with it stands at the field, with its name and line."""
    name, request = "", visit.request
    try:
        if request.content_type[0] == RAW:
            name = unquote(request.headers.get("x-file-name", ""))
            made = await actions.create_import(visit.core, request.stream(), file_name=name, user_id=visit.user.id)
        else:
            given = (await request.form()).get("file")
            name = given.filename if isinstance(given, UploadFile) else ""
            made = await _from_form(visit, given)
    except Invalid as error:
        about = [Problem(one.rule, f"{name}: {one.text}" if name else one.text) for one in error.fields.get("file", [])]
        return await _list(visit, Form().refused(Invalid({"file": about} if about else error.fields)), 422)
    await visit.note("import_uploaded", f"import {made.id}", file=made.file_name)
    return visit.redirect(f"/import/{made.id}/columns")


async def _from_form(visit: Visiting, given: Any) -> Import:
    if not isinstance(given, UploadFile) or not given.filename:
        raise Invalid({"file": Problem("required", _("Choose a CSV file."))})
    file = cast(BinaryIO, given.file)
    return await actions.create_import(visit.core, file, file_name=given.filename, user_id=visit.user.id)


ROUTES = [list_imports, upload]
