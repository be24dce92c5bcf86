"""Companies from a CSV file (spec §7.6): what an upload may be mapped to, and the import page by page.

The upload itself is the same as that of contacts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tidings.contacts import queries
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.companies import WRITE, switchable
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.imports.companies import CUSTOM_PREFIX, PER_PAGE, import_company_page
from tidings.platform.core import Core
from tidings.platform.errors import NotFound, Problem, Refused

FIELDS = {
    "name": "Company Name *",
    "owner_email": "Owner Email",
    "owner_name": "Owner Name",
    "industry": "Industry",
    "description": "Company Description",
    "logo": "Company Logo URL",
    "type": "Type",
    "email": "Company Email",
    "phone": "Company Phone",
    "address_line_1": "Address Line 1",
    "address_line_2": "Address Line 2",
    "postal_code": "Postal Code",
    "city": "City",
    "state": "State",
    "country": "Country",
    "employees_number": "Employees Number",
    "linkedin_url": "LinkedIn URL",
    "facebook_url": "Facebook URL",
    "twitter_url": "Twitter URL",
    "website": "Website URL",
}
_DELIMITERS = {"comma": ",", "semicolon": ";"}
# The name of an upload stands somewhere in the word that the upload was answered with.
_UPLOAD = re.compile(r"[0-9a-f]{32}")


async def company_targets(core: Core, headers: Sequence[str]) -> dict[str, Any]:
    """`fields`, `columns` and the suggested `map` of an upload of companies."""
    custom = {
        f"{CUSTOM_PREFIX}{slug}": one.label for slug, one in (await queries.custom_fields(core, "company")).items()
    }
    fields = {**FIELDS, **custom}

    def suggested(header: str) -> str | None:
        word = re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_")
        return next((one for one in (word, f"{CUSTOM_PREFIX}{word}") if one in fields), None)

    suggestions = [{"csv": header, "table": suggested(header)} for header in headers]
    return {"fields": fields, "columns": list(FIELDS), "map": suggestions}


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
