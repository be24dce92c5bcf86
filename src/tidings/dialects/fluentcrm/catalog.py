"""Tags, lists and labels (spec §2.2). Tags and lists differ in a few words only, held by `Words`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tidings.contacts import actions, catalog, rules
from tidings.contacts.types import ContactList, Label, Tag
from tidings.dialects._engine import codecs
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.routes import Route
from tidings.dialects._engine.shapes import Field, Shape
from tidings.dialects.fluentcrm import wire
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.platform.pagination import PageRequest

_BASE = (
    Field("id", "id", codecs.integer, is_writable=False),
    Field("title", "title", codecs.text, is_required=True),
    Field("slug", "slug", codecs.text),
    Field("description", "description", codecs.text),
)
_DATES = (
    Field("created_at", "created_at", wire.stamp, is_writable=False),
    Field("updated_at", "updated_at", wire.stamp, is_writable=False),
)
TAG = Shape("Tag", (*_BASE, *_DATES))
LIST = Shape("List", (*_BASE, Field("is_public", "is_public", wire.flag, is_writable=False), *_DATES))
_SORTS = {name: name for name in ("id", "title", "slug", "created_at", "updated_at")} | {
    "subscribersCount": "contacts_count",
    "totalCount": "contacts_count",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Where tags and lists differ on the wire and in the core."""

    plural: str
    singular: str
    ids_param: str
    bulk_message: str
    create: Callable[..., Awaitable[int]]
    update: Callable[..., Awaitable[None]]
    find: Callable[..., Awaitable[Tag | ContactList | None]]
    delete: Callable[..., Awaitable[int]]


TAGS = Words(
    "tags",
    "tag",
    "tagIds",
    "Successfully saved the tags.",
    actions.create_tag,
    actions.update_tag,
    catalog.find_tag,
    actions.delete_tags,
)
LISTS = Words(
    "lists",
    "list",
    "listIds",
    "Provided Lists have been successfully created",
    actions.create_list,
    actions.update_list,
    catalog.find_list,
    actions.delete_lists,
)


def tag_row(call: Call, tag: Tag) -> dict[str, Any]:
    """A tag of a list of tags."""
    row = TAG.encode(tag, call.context)
    return row if call.flag("exclude_counts") else row | {"subscribersCount": tag.contacts_count}


def list_row(call: Call, one: ContactList) -> dict[str, Any]:
    """A list of a list of lists."""
    row = LIST.encode(one, call.context)
    counts = {"totalCount": one.contacts_count, "subscribersCount": one.contacts_count}
    return row if call.flag("exclude_counts") else row | counts


async def list_tags(call: Call) -> Any:
    page = await catalog.list_tags(call.core, page_request(call, sorts=_SORTS), search=call.text("search"))
    body: dict[str, Any] = {"tags": page_object(call, page, lambda tag: tag_row(call, tag))}
    if call.flag("all_tags"):
        body["all_tags"] = _choices((await catalog.list_tags(call.core)).rows)
    return body


def _choices(rows: Sequence[Tag | ContactList]) -> list[dict[str, str]]:
    """Every row for a picker; its ids are text."""
    return [{"id": str(one.id), "title": one.title, "slug": one.slug} for one in rows]


async def list_lists(call: Call) -> Any:
    order = page_request(call, sorts=_SORTS)
    request = PageRequest(per_page=100_000, sort=order.sort, is_descending=order.is_descending)
    page = await catalog.list_lists(call.core, request, search=call.text("search"))
    body = {"lists": [list_row(call, one) for one in page.rows], "pagination": {"total": page.total}}
    if call.flag("all_lists"):
        body["all_lists"] = _choices((await catalog.list_lists(call.core)).rows)
    return body


async def get_tag(call: Call) -> Any:
    tag = await catalog.find_tag(call.core, call.id())
    return {"tag": TAG.encode(tag, call.context) if tag else None}


async def get_list(call: Call) -> Any:
    found = await catalog.find_list(call.core, call.id())
    return LIST.encode(found, call.context) if found else Answer("")


def creator(words: Words) -> Callable[[Call], Awaitable[Any]]:
    """POST of one tag or list."""

    async def create(call: Call) -> Any:
        title, slug = rules.clean_text(call.text("title")), call.text("slug").strip()
        if not title:
            missing = {"title": Problem("required", "The title field is required.")}
            if words is LISTS and not slug:
                missing["slug"] = Problem("required", "The slug field is required.")
            raise FieldErrors(missing)
        description = call.text("description")
        made = await words.create(call.core, title=title, slug=slug or None, description=description)
        item = await words.find(call.core, made)
        assert item is not None
        stamp = call.context.stamp(item.created_at)
        body = {"title": item.title, "slug": item.slug, "description": item.description}
        body |= {"updated_at": stamp, "created_at": stamp, "id": item.id}
        return {"lists": body, "item": body, "message": f"Successfully saved the {words.singular}."}

    return create


def bulk_creator(words: Words) -> Callable[[Call], Awaitable[Any]]:
    """POST of several; empty titles are skipped, an existing slug is updated."""

    async def create(call: Call) -> Any:
        rows = next((call.items(name) for name in (words.plural, "items") if name in call), [])
        ids: list[int] = []
        for row in rows:
            title = rules.clean_text(str(row.get("title") or "")) if isinstance(row, dict) else ""
            if not title:
                continue
            slug = str(row.get("slug") or "") or rules.slug_of(title)
            known = await catalog.find_id_by_slug(call.core, words.plural, slug)
            if known is not None:
                await words.update(call.core, known, title=title)
            ids.append(
                known or await words.create(call.core, title=title, slug=slug, description=row.get("description"))
            )
        return {"message": words.bulk_message, "ids": ids}

    return create


def updater(words: Words) -> Callable[[Call], Awaitable[Any]]:
    """PUT replaces: a missing description is emptied, a missing slug derived again unless another row has it."""

    async def update(call: Call) -> Any:
        title, slug, row_id = rules.clean_text(call.text("title")), call.text("slug").strip(), call.id()
        if call.text("update_by") == "slug":
            row_id = await catalog.find_id_by_slug(call.core, words.plural, slug) or 0
        if not title:
            raise FieldErrors({"title": Problem("required", "The title field is required.")})
        if not slug:
            derived = rules.slug_of(title)
            holder = await catalog.find_id_by_slug(call.core, words.plural, derived)
            slug = derived if holder in (None, row_id) else ""
        changes = {"title": title, "description": call.text("description")} | ({"slug": slug} if slug else {})
        try:
            await words.update(call.core, row_id, **changes)
        except Invalid as error:
            if "slug" in error.fields:
                return Answer({"message": error.message}, 422)
            raise
        return {"lists": 1, "message": f"Successfully saved the {words.singular}."}

    return update


async def delete_tag(call: Call) -> Any:
    if not await actions.delete_tags(call.core, [call.id()]):
        return Answer({"message": "Tag not found", "data": {"wpfluent": {"env": "production"}}}, 404)
    return {"message": "Successfully removed the tag."}


async def delete_list(call: Call) -> Any:
    await actions.delete_lists(call.core, [call.id()])
    return {"message": "Successfully removed the list."}


def bulk_deleter(words: Words) -> Callable[[Call], Awaitable[Any]]:
    """The bulk action, which only ever deletes."""

    async def delete(call: Call) -> Any:
        await words.delete(call.core, call.ids(words.ids_param))
        return {"message": f"Selected {words.plural.capitalize()} have been removed permanently"}

    return delete


def label_body(call: Call, label: Label) -> dict[str, Any]:
    """A label whole."""
    return {
        "id": label.id,
        "parent_id": None,
        "slug": label.slug,
        "title": label.title,
        "position": f"{label.position:.2f}",
        "description": label.description or None,
        "settings": {"color": label.color},
        "created_at": call.context.stamp(label.created_at),
        "updated_at": call.context.stamp(label.updated_at),
    }


def label_row(label: Label) -> dict[str, Any]:
    """A label as campaigns and the list of labels show it."""
    return {"id": label.id, "slug": label.slug, "title": label.title, "color": label.color}


async def list_labels(call: Call) -> Any:
    return {"labels": [label_row(label) for label in await catalog.list_labels(call.core)]}


def _label_input(call: Call) -> dict[str, Any]:
    given = call.record("label")
    return {name: str(given.get(name) or "") for name in ("slug", "title", "color")}


async def create_label(call: Call) -> Any:
    made = await actions.create_label(call.core, **_label_input(call))
    body = label_body(call, (await catalog.list_labels(call.core, [made]))[0])
    shown = {name: body[name] for name in ("slug", "title", "settings", "updated_at", "created_at", "id")}
    return {"label": shown, "message": "Label has been created successfully"}


async def update_label(call: Call) -> Any:
    await actions.update_label(call.core, call.id(), **_label_input(call))
    label = (await catalog.list_labels(call.core, [call.id()]))[0]
    return {"label": label_body(call, label), "message": "Labels have been updated successfully"}


async def delete_label(call: Call) -> Any:
    if not await actions.delete_label(call.core, call.id()):
        raise NotFound("label", call.id())
    return {"message": "Label has been deleted successfully"}


def _rows(words: Words, index: Any, get: Any, delete: Any) -> list[Route]:
    base, one = f"/{words.plural}", words.singular
    write, remove = "fcrm_manage_contact_cats", "fcrm_manage_contact_cats_delete"
    return [
        Route("GET", base, f"list-{words.plural}", write, "crud", index),
        Route("POST", base, f"create-{one}", write, "crud", creator(words)),
        Route("POST", f"{base}/bulk", f"bulk-create-{words.plural}", write, "ack", bulk_creator(words)),
        Route("POST", f"{base}/do-bulk-action", f"bulk-delete-{words.plural}", remove, "ack", bulk_deleter(words)),
        Route("GET", f"{base}/{{id}}", f"get-{one}", write, "crud", get),
        Route("PUT", f"{base}/{{id}}", f"update-{one}", write, "crud", updater(words)),
        Route("DELETE", f"{base}/{{id}}", f"delete-{one}", remove, "crud", delete),
    ]


_LABEL_READ = "fcrm_manage_contact_cats|fcrm_manage_emails|fcrm_write_funnels|fcrm_read_contacts"
_LABEL_WRITE = "fcrm_manage_contact_cats|fcrm_manage_emails|fcrm_write_funnels|fcrm_manage_settings"
ROUTES = [
    *_rows(TAGS, list_tags, get_tag, delete_tag),
    *_rows(LISTS, list_lists, get_list, delete_list),
    Route("GET", "/labels", "list-labels", _LABEL_READ, "crud", list_labels),
    Route("POST", "/labels", "create-label", _LABEL_WRITE, "crud", create_label),
    Route("PUT", "/labels/{id}", "update-label", _LABEL_WRITE, "crud", update_label),
    Route("DELETE", "/labels/{id}", "delete-label", _LABEL_WRITE, "crud", delete_label),
]
