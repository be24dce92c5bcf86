"""Import of contacts: the upload of a CSV file with its suggested mapping, the file page by page, accounts as contacts
(spec §7.7). The import of companies is in `company_tabs`; what an import does stands in the core's `imports`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from tidings.contacts import queries as contacts
from tidings.contacts.types import STATUSES, ContactView, CustomField
from tidings.dialects._engine.calls import Answer, Call, Upload, as_integer, as_list, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import companies_wire, people
from tidings.imports import accounts, pages
from tidings.imports.actions import create_import
from tidings.imports.types import Also, Import, Options
from tidings.messages.optin import ask_to_confirm
from tidings.platform.errors import Invalid, NotFound, Refused
from tidings.platform.modules import is_on

CONTACT_FIELDS = {
    "prefix": "Name Prefix",
    "first_name": "First Name",
    "last_name": "Last Name",
    "full_name": "Full Name",
    "email": "Email",
    "contact_type": "Contact Type",
    "timezone": "Timezone",
    "address_line_1": "Address Line 1",
    "address_line_2": "Address Line 2",
    "city": "City",
    "state": "State",
    "postal_code": "Postal Code",
    "country": "Country",
    "ip": "IP Address",
    "phone": "Phone",
    "source": "Source",
    "date_of_birth": "Date of Birth (Y-m-d Format only)",
}
COMPANY_FIELDS = {
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
_UPLOAD = re.compile(r"fluentcrm-([0-9a-f]{32})-")
_NO_DRIVER = Refused("Sorry no driver found for this import")


async def upload_csv(call: Call) -> Any:
    is_company = call.text("type") == "company"
    fields = dict(COMPANY_FIELDS if is_company else CONTACT_FIELDS)
    if not is_company and await is_on(call.core, companies_wire.MODULE):
        fields["company_id"] = "Primary Company"
    body = {"file": None, "headers": [], "fields": fields, "columns": list(fields), "map": []}
    given = call.get("file")
    if not isinstance(given, Upload):
        return body
    try:
        taken = await create_import(
            call.core, BytesIO(given.data), file_name=given.filename, user_id=call.caller.user.id
        )
        wanted = _DELIMITERS.get(call.text("delimiter"))
        if wanted is not None and wanted != taken.dialect.delimiter:
            taken = await pages.cut_anew(call.core, taken, wanted)
    except Invalid as error:
        raise Refused(next(p.text for problems in error.fields.values() for p in problems)) from error
    custom = await contacts.custom_fields(call.core, "company" if is_company else "contact")
    headers = list(taken.dialect.headers)
    mapping = [{"csv": one, "table": _suggested(one, fields, custom, is_company=is_company)} for one in headers]
    return body | {"file": upload_name(taken), "headers": headers, "map": mapping}


def upload_name(taken: Import) -> str:
    """The name by which a client speaks of an upload."""
    word = re.sub(r"[^\w.\-]+", "-", taken.file_name, flags=re.ASCII).strip("-") or "contacts.csv"
    return f"fluentcrm-{taken.path.removesuffix('.csv')}-fluentcrm-{word[-80:]}"


async def upload_of(call: Call) -> Import:
    """The upload that `file` names; raises Refused."""
    found = _UPLOAD.match(call.text("file"))
    try:
        if found is None:
            raise NotFound("upload", call.text("file"))
        return await pages.import_by_upload(call.core, found.group(1))
    except NotFound as error:
        raise Refused("The uploaded file was not found. Please upload it again.") from error


def _suggested(
    header: str, fields: Mapping[str, str], custom: Mapping[str, CustomField], *, is_company: bool
) -> str | None:
    word = re.sub(r"[^a-z0-9]+", "_", header.strip().lower()).strip("_")
    for slug, one in custom.items():
        # A field the operator made is meant before a column of the same name.
        if word == slug or header.strip().lower() == one.label.strip().lower():
            return f"_custom_{slug}" if is_company else slug
    return word if word in fields else None


async def import_csv(call: Call) -> Any:
    custom = await contacts.custom_fields(call.core)
    mapping = _mapping(call.items("map"), custom)
    if "email" not in mapping.values():
        return Answer({"email": "The email field is required."}, 422)
    taken = await upload_of(call)
    options = _options(call.params, "csv", status_name="new_status")
    number = max(call.integer("importing_page") or 1, 1)
    delimiter = _DELIMITERS.get(call.text("delimiter"))
    try:
        also = _also(call.params, options)
        done = await pages.run_page(call.core, taken.id, number, mapping, options, delimiter=delimiter, also=also)
    except NotFound as error:
        raise Refused("The uploaded file was not found. Please upload it again.") from error
    return await _csv_answer(call, done, options, mapping, custom)


def _also(params: Mapping[str, Any], options: Options) -> Also | None:
    """What is done with new contacts: pending ones are asked to confirm when the import says so."""
    return ask_to_confirm if is_true(params.get("double_optin_email")) and options.status == "pending" else None


def _mapping(rows: Sequence[Any], custom: Mapping[str, CustomField]) -> dict[str, str]:
    """header -> the core's target; what nobody knows is left out."""
    mapping: dict[str, str] = {}
    for row in rows:
        table = str(row.get("table") or "") if isinstance(row, dict) else ""
        header = str(row.get("csv") or "") if isinstance(row, dict) else ""
        target = "companies" if table == "company_id" else table
        if table in custom:
            target = f"custom.{table}"
        elif table not in (*CONTACT_FIELDS, "tags", "lists", "company_id"):
            continue
        if header and target not in mapping.values():
            mapping[header] = target
    return mapping


def _options(params: Mapping[str, Any], source: str, *, status_name: str) -> Options:
    status = params.get(status_name)
    return Options(
        on_existing="update" if is_true(params.get("update")) else "skip",
        list_ids=_ids(params.get("lists")),
        tag_ids=_ids(params.get("tags")),
        status=status if status in STATUSES else "subscribed",
        source=source,
        is_silent=is_true(params.get("import_silently")),
        may_rise=is_true(params.get("force_update_status")),
    )


def _ids(value: Any) -> list[int]:
    return [one for word in as_list(value) if (one := as_integer(word)) is not None]


async def _csv_answer(
    call: Call, done: pages.PageDone, options: Options, mapping: Mapping[str, str], custom: Mapping[str, CustomField]
) -> dict[str, Any]:
    page = done.page
    left_out = [_row_body(row, custom) for row in done.skipped]
    views = await contacts.contacts_by_ids(call.core, [*done.created, *done.updated])
    bodies = _Bodies(call, options, mapping, await _joined(call, mapping, views))
    return {
        "total": page.rows_total,
        "completed": page.rows_done,
        "total_page": page.pages_total,
        "skipped": len(done.skipped) + len(done.invalid) + page.bad,
        "invalid_contacts": [_row_body(row, custom) for row in done.invalid],
        "skipped_contacts": left_out,
        "invalid_email_counts": len(done.invalid),
        "inserted": len(done.created),
        "updated": len(done.updated),
        "has_more": not page.is_last,
        "last_page": page.number,
        "tags": list(options.tag_ids),
        "lists": list(options.list_ids),
        "offset": page.offset,
        "result": {
            "inserted": [bodies.created(views[one]) for one in done.created if one in views],
            "updated": [bodies.updated(views[one]) for one in done.updated if one in views],
            "skips": left_out,
            "errors": "",
        },
    }


async def _joined(call: Call, mapping: Mapping[str, str], views: Mapping[int, ContactView]) -> Any:
    """Companies of the contacts, when the file names any."""
    if "companies" not in mapping.values():
        return None
    return await companies_wire.joined_of(call, [view.contact for view in views.values()])


class _Bodies:
    """Contacts as the answer to an import shows them: new ones with what the file said, others whole."""

    def __init__(self, call: Call, options: Options, mapping: Mapping[str, str], joined: Any) -> None:
        self.wire = call.context
        self.targets = list(mapping.values())
        self.has_tags = bool(options.tag_ids) or "tags" in self.targets
        self.has_lists = bool(options.list_ids) or "lists" in self.targets
        self.joined = joined

    def created(self, view: ContactView) -> dict[str, Any]:
        whole = people.contact_body(view.contact, self.wire)
        given = [target for target in self.targets if whole.get(target) is not None]
        after = ("hash", "source", "created_at", "status", "updated_at", "id", "full_name", "photo")
        body = {name: whole[name] for name in (*given, *after)}
        if self.joined is not None and view.contact.company_id:
            body["company_id"] = view.contact.company_id
        relations = companies_wire.relations(view.contact, self.joined, self.wire)
        firms = {"companies": relations["companies"]} if relations.get("companies") else {}
        return body | self._terms(view) | firms

    def updated(self, view: ContactView) -> dict[str, Any]:
        body = people.contact_body(view.contact, self.wire)
        body.pop("sms_status", None)
        return body | self._terms(view)

    def _terms(self, view: ContactView) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if self.has_tags:
            body["tags"] = people.terms_body(view.tags, view.contact.id, self.wire, kind="Tag")
        if self.has_lists:
            body["lists"] = people.terms_body(view.lists, view.contact.id, self.wire, kind="Lists")
        return body


def _row_body(row: Mapping[str, str], custom: Mapping[str, CustomField]) -> dict[str, Any]:
    """A row of the file as it was read."""
    body: dict[str, Any] = {}
    values = {target[7:]: cell for target, cell in row.items() if target.startswith("custom.") and target[7:] in custom}
    if values:
        body["custom_values"] = values
    for target, cell in row.items():
        if target in ("tags", "lists"):
            body[target] = [word.strip() for word in cell.split(",") if word.strip()]
        elif target == "companies":
            body["company_id"] = cell
        elif not target.startswith("custom."):
            body[target] = cell
    return body


async def list_drivers(call: Call) -> Any:
    images = f"{call.context.public_url}/static/img"
    return {
        "drivers": {
            "csv": {"label": "CSV File", "logo": f"{images}/csv.svg", "disabled": False},
            "users": {"label": "WordPress Users", "logo": f"{images}/wordpress.svg", "disabled": False},
        }
    }


async def get_driver(call: Call) -> Any:
    if call.path["driver"] != "users":
        raise _NO_DRIVER
    if call.flag("summary"):
        page = await accounts.accounts(call.core, _roles(call.record("config")), rows=5)
        flags = ("list", "tag", "status", "update", "silent")
        return {
            "import_info": {
                "subscribers": [{"name": one.display_name, "email": one.email} for one in page.rows],
                "total": page.total,
                **{f"has_{flag}_config": True for flag in flags},
            }
        }
    options = [{"id": role, "label": role.capitalize()} for role in _ROLES]
    return {
        "config": {"roles": []},
        "fields": {
            "roles": {
                "label": "Select User Roles",
                "inline_help": "Accounts of the chosen roles become contacts; choose none to take everybody.",
                "type": "checkbox-group",
                "options": options,
            }
        },
        "labels": {"step_2": "Next [Review Data]", "step_3": "Import Users Now"},
    }


_ROLES = ("administrator", "editor", "author", "contributor", "subscriber")


def _roles(config: Mapping[str, Any]) -> list[str]:
    return [str(one) for one in as_list(config.get("roles"))]


async def run_driver(call: Call) -> Any:
    if call.path["driver"] != "users":
        raise _NO_DRIVER
    return await _run_users(call, call.record("config"), "status")


async def import_users(call: Call) -> Any:
    return {"message": "Processing"} | await _run_users(call, call.params, "new_status")


async def _run_users(call: Call, config: Mapping[str, Any], status_name: str) -> dict[str, Any]:
    number = max(call.integer("importing_page") or call.integer("page") or 1, 1)
    options = _options(config, "wp_users", status_name=status_name)
    done = await accounts.import_accounts(call.core, _roles(config), number, options, also=_also(config, options))
    return {
        "page_total": -(-done.page.total // accounts.PAGE_ROWS),
        "record_total": done.page.total,
        # A client asks until a page is empty.
        "has_more": bool(done.page.rows),
        "current_page": number,
        "next_page": number + 1,
    }


_NEEDS = "fcrm_manage_contacts"
ROUTES = [
    Route("POST", "/import/csv-upload", "uploadCsvImport", _NEEDS, "ack", upload_csv),
    Route("POST", "/import/csv-import", "importCsvContacts", _NEEDS, "ack", import_csv),
    Route("GET", "/import/drivers", "getImportDrivers", _NEEDS, "view", list_drivers),
    Route("GET", "/import/drivers/{driver:word}", "getImportDriver", _NEEDS, "view", get_driver),
    Route("POST", "/import/drivers/{driver:word}", "importDriverData", _NEEDS, "ack", run_driver),
    Route("POST", "/import/users", "importWpUsers", _NEEDS, "ack", import_users),
]
