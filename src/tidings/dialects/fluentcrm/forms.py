"""Forms on the wire (spec §7.6): our own forms where the dialect's clients expect those of a form plug-in."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec

from tidings.contacts import catalog
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.envelope import page_request
from tidings.dialects.fluentcrm.kept import plain
from tidings.forms import actions, queries
from tidings.forms.rules import TEMPLATES
from tidings.forms.types import Form, FormDraft, FormSettings, Submission
from tidings.platform.errors import Invalid, NotFound, Refused
from tidings.platform.modules import is_on, require
from tidings.platform.pagination import Page

MODULE = "forms"
_IMAGES = {"inline_subscribe": "form_1.svg", "simple_optin": "form_2.svg", "with_name_subscribe": "form_3.svg"}
_SORTS = {name: name for name in ("id", "title", "created_at", "updated_at")}
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))


def _links(call: Call, form: Form) -> dict[str, Any]:
    home = call.context.public_url
    frame, script = queries.embed_codes(home, form)
    return {
        "shortcode": f'[fluentform id="{form.id}"]',
        "embed_iframe": frame,
        "embed_script": script,
        "edit_url": f"{home}/forms/{form.id}",
        "feed_url": f"{home}/forms/{form.id}",
        "preview_url": queries.form_url(home, form),
    }


def _page_words(page: Page[Any]) -> dict[str, Any]:
    return {
        "page": page.request.page,
        "per_page": page.request.per_page,
        "total": page.total,
        "last_page": page.pages,
    }


async def list_forms(call: Call) -> Any:
    if not await is_on(call.core, MODULE):
        return {"installed": False, "forms": {"data": [], "total": 0}}
    page = await queries.list_forms(
        call.core, page_request(call, per_page=10, sorts=_SORTS), search=call.text("search")
    )
    tags = {one.id: one.title for one in (await catalog.list_tags(call.core)).rows} if page.rows else {}
    lists = {one.id: one.title for one in (await catalog.list_lists(call.core)).rows} if page.rows else {}
    rows = [
        {
            "id": form.id,
            "title": form.title,
            "status": "published" if form.state == "published" else "unpublished",
            "created_at": call.context.stamp(form.created_at),
            "associate_tags": ", ".join(tags[one] for one in form.tag_ids if one in tags),
            "associate_lists": ", ".join(lists[one] for one in form.list_ids if one in lists),
            "funnel_url": "",
            **_links(call, form),
        }
        for form in page.rows
    ]
    return {"installed": True, "forms": {"data": rows, **_page_words(page)}}


async def list_templates(call: Call) -> Any:
    images = f"{call.context.public_url}/static/img/forms"
    return {
        "templates": {
            name: {
                "label": label,
                "image": f"{images}/{_IMAGES[name]}",
                "id": name,
                "form_fields": msgspec.json.encode({"fields": fields}).decode(),
                "custom_css": "",
                "map_fields": {one.target: one.name for one in fields},
            }
            for name, (label, fields) in TEMPLATES.items()
        }
    }


async def create_form(call: Call) -> Any:
    await require(call.core, MODULE)
    template = call.text("template_id")
    if template not in TEMPLATES:
        raise Refused("Please choose one of the templates")
    list_id = call.integer("selected_list")
    draft = FormDraft(
        plain(call.get("title")),
        TEMPLATES[template][1],
        [list_id] if list_id else [],
        call.ids("selected_tags"),
        FormSettings(has_double_opt_in=call.flag("double_optin", default=True)),
        template,
    )
    try:
        made = await actions.create_form(call.core, draft)
    except Invalid as error:
        errors = {name: [problem.text for problem in problems] for name, problems in error.fields.items()}
        return Answer({"message": "Unprocessable Entity", "errors": errors}, 422)
    form = await queries.form_by_id(call.core, made)
    return {"message": "Form has been created", "created_form": {"id": made, **_links(call, form)}}


async def _form(call: Call, name: str = "id") -> Form:
    if not await is_on(call.core, MODULE):
        raise Refused("Forms are switched off", flags={"entries": []})
    try:
        return await queries.form_by_id(call.core, call.id(name))
    except NotFound as error:
        raise Refused("The form was not found", flags={"entries": []}) from error


async def list_entries(call: Call) -> Any:
    form = await _form(call)
    page, numbers = await queries.list_submissions(
        call.core, form.id, page_request(call, per_page=10, sorts={}), search=call.text("search")
    )
    rows = [_entry(call, one, number) for one, number in zip(page.rows, numbers, strict=True)]
    return {"entries": {"data": rows, **_page_words(page)}, "form": {"id": form.id, "title": form.title}}


def _entry(call: Call, one: Submission, number: int) -> dict[str, Any]:
    agent = one.agent or ""
    return {
        "id": one.id,
        "serial_number": number,
        "status": one.state,
        "created_at": call.context.stamp(one.created_at),
        "response": one.answers,
        "user_id": None,
        "subscriber_id": one.contact_id,
        "browser": next((name for word, name in _BROWSERS if word in agent), ""),
        "device": "Mobile" if "Mobile" in agent else "Desktop" if agent else "",
        "ip": one.ip or "",
        "entry_url": f"{call.context.public_url}/forms/{one.form_id}#{one.id}",
    }


async def get_entry(call: Call) -> Any:
    form = await _form(call, "form_id")
    one = await queries.submission_by_id(call.core, form.id, call.id())
    await actions.mark_read(call.core, one.id)
    labels = {field.name: field.label for field in form.fields}
    cells = "".join(
        f"<tr><td>{escape(labels.get(name, name))}</td>"
        f"<td>{escape(', '.join(answer) if isinstance(answer, list) else str(answer))}</td></tr>"
        for name, answer in one.answers.items()
    )
    return {"entry": {"content_html": f"<table>{cells}</table>"}}


_NEEDS = "fcrm_manage_forms"
ROUTES = [
    Route("GET", "/forms", "listForms", _NEEDS, "crud", list_forms),
    Route("POST", "/forms", "createForm", _NEEDS, "crud", create_form),
    Route("GET", "/forms/templates", "getFormTemplates", _NEEDS, "view", list_templates),
    Route("GET", "/forms/{id}/entries", "getFormEntries", _NEEDS, "view", list_entries),
    Route("GET", "/forms/{form_id}/entries/{id}", "getFormEntry", _NEEDS, "view", get_entry),
]
