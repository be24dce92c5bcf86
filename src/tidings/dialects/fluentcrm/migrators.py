"""Moving in from other systems on the wire (spec §7.7): drivers, credentials, mappings, a summary, page after page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from tidings.contacts.queries import custom_fields
from tidings.dialects._engine.calls import Call, as_ids, as_integer, as_list, as_structure, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.kept import keep, kept
from tidings.migrators import actions
from tidings.migrators.types import Choice, Moved, Overview, Plan, RemoteTerm
from tidings.migrators.vendors import VENDORS
from tidings.platform.errors import Refused

_NO_DRIVER = Refused("Sorry no driver found for the selected CRM")
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 32 32" fill="none">'
    '<rect width="32" height="32" rx="6" fill="#1f5fd6"/><path d="M8 11h16v11H8z" stroke="#fff" stroke-width="2"/></svg>'
)
_LOGOS = {"ConvertKit": "convertkit", "ActiveCampaign": "active_campaign", "MailerLite": "mailerlite", "Drip": "drip"}
_FIELDS_INFO = "Choose where each field of the other system goes to."
# What the editor offers for each system, beside what all have.
_MORE: dict[str, dict[str, Any]] = {
    "mailchimp": {
        "supports": {
            "tags": True,
            "lists": True,
            "empty_tags": True,
            "active_imports_only": True,
            "auto_tag_mapper": True,
        },
        "refresh_on_list_change": True,
    },
    "ConvertKit": {
        "formerly": "ConvertKit",
        "supports": {"tags": True, "lists": False, "empty_tags": False, "active_imports_only": False},
        "field_map_info": _FIELDS_INFO,
        "tags_map_info": "Only Selected tags will be imported from ConvertKit",
    },
    "MailerLite": {
        "supports": {"tags": True, "lists": False, "empty_tags": False, "active_imports_only": True},
        "field_map_info": _FIELDS_INFO,
        "tags_map_info": "Only Selected Groups will be imported from MailerLite",
    },
    "Drip": {
        "supports": {"tags": True, "lists": False, "empty_tags": True, "active_imports_only": True},
        "field_map_info": _FIELDS_INFO,
    },
    "ActiveCampaign": {
        "supports": {
            "tags": False,
            "lists": False,
            "empty_tags": True,
            "active_imports_only": True,
            "has_list_mapper": True,
        },
        "field_map_info": _FIELDS_INFO,
    },
    "FluentCRM": {"supports": {"tags": True, "lists": True, "empty_tags": True, "active_imports_only": True}},
    "listmonk": {"supports": {"tags": False, "lists": True, "empty_tags": True, "active_imports_only": True}},
}
# These bring in the people of the chosen tags only.
_BY_TAG = ("ConvertKit", "MailerLite")


async def list_drivers(call: Call) -> Any:
    home = call.context.public_url
    return {"drivers": {name: _driver(home, name) for name in VENDORS}}


def _driver(home: str, name: str) -> dict[str, Any]:
    vendor = VENDORS[name]
    return {
        "title": vendor.title,
        "description": f"Bring your contacts over from {vendor.title}, with their tags and fields",
        "logo": f"{home}/static/img/migrators/{_LOGOS.get(name, name.lower())}.png",
        "logo_svg": _LOGO,
        "credentials": {one.name: "" for one in vendor.credentials},
        "credential_fields": {
            one.name: {
                "label": one.label,
                "placeholder": f"{vendor.title} {one.label}",
                "data_type": one.kind,
                "type": "input-text",
                "inline_help": one.help,
            }
            for one in vendor.credentials
        },
        "refresh_on_list_change": False,
        "doc_url": f"{home}/help/moving-in",
        **_MORE[name],
    }


def _given(call: Call) -> tuple[str, dict[str, str]]:
    """The driver and its credentials; raises Refused."""
    name = call.text("driver")
    if name not in VENDORS:
        raise _NO_DRIVER
    credential = call.record("credential")
    return name, {key: str(value) for key, value in credential.items() if not isinstance(value, dict | list)}


async def verify(call: Call) -> Any:
    name, credential = _given(call)
    await actions.verify(call.core, name, credential)
    return {"message": "Your provided API key is valid"}


async def list_mappings(call: Call) -> Any:
    name, credential = _given(call)
    chosen = [str(one) for one in as_list(call.get("list_id") or call.record("map_settings").get("lists"))]
    found = await actions.overview(call.core, name, credential, Choice(chosen))
    fields = [
        {
            "remote_tag": one.key,
            "remote_label": one.label,
            "fluentcrm_field": one.target.removeprefix("custom."),
            "will_skip": "no" if one.target else "yes",
        }
        for one in found.fields
    ]
    return {
        "options": {
            "lists": [_term(one) for one in found.lists],
            "tags": [_term(one) for one in found.tags],
            "contact_fields": fields,
        }
    }


def _term(one: RemoteTerm) -> dict[str, Any]:
    mapping = {"remote_id": one.id, "remote_name": one.name, "fluentcrm_id": "", "will_create": "no"}
    return {"id": one.id, "name": one.name, "count": one.count, **mapping}


def _chosen(settings: Mapping[str, Any], name: str) -> dict[str, int | str | None]:
    """Remote id -> our id, a title to make, or None where the remote name has to be looked up."""
    chosen: dict[str, int | str | None] = {}
    for row in as_list(settings.get(name)):
        if not isinstance(row, dict):
            chosen[str(row)] = None
            continue
        remote = row.get("remote_id", row.get("id"))
        ours = as_integer(row.get("fluentcrm_id", row.get("local_id")))
        if remote in (None, "") or is_true(row.get("will_skip")):
            continue
        if ours:
            chosen[str(remote)] = ours
        elif is_true(row.get("will_create")):
            title = str(row.get("remote_name") or row.get("name") or "").strip()
            chosen[str(remote)] = title[:192] or None
    return chosen


def _named(chosen: Mapping[str, int | str | None], terms: list[RemoteTerm]) -> dict[str, int | str]:
    names = {one.id: one.name[:192] for one in terms}
    return {remote: found for remote, ours in chosen.items() if (found := names.get(remote) if ours is None else ours)}


async def _plan(call: Call, name: str, credential: dict[str, str]) -> Plan:
    settings = call.record("map_settings")
    lists, tags = _chosen(settings, "lists"), _chosen(settings, "tags")
    is_active = any(is_true(settings.get(word)) for word in ("import_active_only", "active_imports_only"))
    choice = Choice(list(lists), list(tags) if name in _BY_TAG else (), is_active)
    found = Overview([], [], [])
    if None in lists.values() or None in tags.values():
        found = await actions.overview(call.core, name, credential, choice)
    extra = _ids(settings.get("local_list_id")) + _ids(settings.get("fluentcrm_lists"))
    return Plan(
        choice,
        _named(tags, list(found.tags)),
        _named(lists, list(found.lists)),
        _fields(settings),
        _ids(settings.get("fluentcrm_tags")),
        extra,
        "skip" if str(settings.get("update", "yes")).lower() in ("no", "false", "0") else "update",
    )


def _ids(value: Any) -> list[int]:
    return as_ids(as_list(value))


def _fields(settings: Mapping[str, Any]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for row in as_list(settings.get("contact_fields")):
        if isinstance(row, dict) and row.get("fluentcrm_field") and not is_true(row.get("will_skip")):
            fields[str(row.get("remote_tag"))] = str(row["fluentcrm_field"])
    return fields


async def summary(call: Call) -> Any:
    name, credential = _given(call)
    settings = call.record("map_settings")
    lists, tags = _chosen(settings, "lists"), _chosen(settings, "tags")
    choice = Choice(list(lists), list(tags) if name in _BY_TAG else ())
    found = await actions.overview(call.core, name, credential, choice)
    page = await actions.first_page(call.core, name, credential, choice)
    total = page.total if page.total is not None else len(page.people)

    def words(terms: list[RemoteTerm], wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        shown = [one for one in terms if one.id in wanted] if wanted else terms
        return [{"id": one.id, "name": one.name, "count": one.count} for one in shown]

    return {
        "import_summary": {
            "total_contacts": total,
            "lists": words(list(found.lists), lists),
            "tags": words(list(found.tags), tags),
            "message": f"{total} contacts were found.",
        }
    }


async def import_page(call: Call) -> Any:
    """One page. Where the next begins is remembered, so that a client may just ask again; `page=1` begins anew."""
    name, credential = _given(call)
    asked = [name, credential, as_structure(call.get("map_settings"))]
    digest = hashlib.sha256(msgspec.json.encode(asked, order="sorted")).hexdigest()
    before = (await kept(call, "migration")) or {}
    number = call.integer("page") or call.integer("importing_page")
    goes_on = before.get("digest") == digest and number != 1 and bool(before.get("next"))
    at: dict[str, Any] = before if goes_on else {"page": 0, "next": "", "inserted": 0, "updated": 0, "skipped": 0}
    plan = await _custom_targets(call, await _plan(call, name, credential))
    moved = await actions.move_page(call.core, name, credential, plan, str(at["next"]))
    now = {
        "digest": digest,
        "page": at["page"] + 1,
        "next": moved.next,
        "inserted": at["inserted"] + moved.created,
        "updated": at["updated"] + moved.updated,
        "skipped": at["skipped"] + moved.skipped,
    }
    await keep(call, "migration", now)
    return {"import_info": _info(now, moved)}


async def _custom_targets(call: Call, plan: Plan) -> Plan:
    """Slugs of custom fields stand bare on the wire."""
    custom = await custom_fields(call.core)
    fields = {key: f"custom.{target}" if target in custom else target for key, target in plan.fields.items()}
    return replace(plan, fields=fields)


def _info(now: Mapping[str, Any], moved: Moved) -> dict[str, Any]:
    done = now["inserted"] + now["updated"] + now["skipped"]
    has_more = bool(moved.next)
    total = moved.total if moved.total is not None else done
    return {
        "inserted": now["inserted"],
        "updated": now["updated"],
        "skipped": now["skipped"],
        "completed": done,
        "total": max(total, done),
        "has_more": has_more,
        "current_page": now["page"],
        "next_page": now["page"] + 1,
        "message": f"{done} contacts so far" if has_more else "Import completed successfully",
    }


_NEEDS = "fcrm_manage_contacts"
ROUTES = [
    Route("GET", "/migrators", "getMigratorDrivers", _NEEDS, "view", list_drivers),
    Route("POST", "/migrators/verify-cred", "verifyMigratorCredential", _NEEDS, "ack", verify),
    Route("GET", "/migrators/list-tag-mappings", "getMigratorListTagMappings", _NEEDS, "view", list_mappings),
    Route("POST", "/migrators/summary", "getMigratorImportSummary", _NEEDS, "view", summary),
    Route("POST", "/migrators/import", "handleMigratorImport", _NEEDS, "ack", import_page),
]
