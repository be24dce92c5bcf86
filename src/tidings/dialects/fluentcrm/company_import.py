"""Companies from a CSV file that was uploaded, page by page (spec §7.7)."""

from __future__ import annotations

import re
from typing import Any

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.companies import WRITE, switchable
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.imports.companies import PER_PAGE, import_company_page
from tidings.platform.errors import NotFound, Problem, Refused

_DELIMITERS = {"comma": ",", "semicolon": ";"}
# The name of an upload stands somewhere in the word that the upload was answered with.
_UPLOAD = re.compile(r"[0-9a-f]{32}")


async def import_companies(call: Call) -> Any:
    rows = call.structure("map")
    mapping = {
        str(row["csv"]): str(row["table"])
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and row.get("csv") and row.get("table")
    }
    if "name" not in mapping.values():
        raise FieldErrors({"name": Problem("required", "The name field is required.")})
    upload = _UPLOAD.search(call.text("file"))
    page = max(call.integer("importing_page") or 1, 1)
    try:
        done = await import_company_page(
            call.core,
            f"{upload[0]}.csv" if upload else "",
            mapping,
            page=page,
            delimiter=_DELIMITERS.get(call.text("delimiter")),
            updates=call.flag("update"),
            creates_owners=call.flag("create_owner") and call.caller.may("fcrm_manage_contacts"),
        )
    except NotFound as error:
        raise Refused("The uploaded file was not found. Upload it again.") from error
    return {
        "total": done.total,
        "completed": done.rows,
        "total_page": -(-done.total // PER_PAGE),
        "skipped": done.skipped,
        "has_more": done.has_more,
        "last_page": page,
        "offset": (page - 1) * PER_PAGE,
    }


ROUTES = [
    Route("POST", "/companies/csv-import", "import-companies-csv", WRITE, "ack", switchable(import_companies)),
]
