"""The stages of the pipeline."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.dialects.fluenzr.wire import actor_of, done, problems_of, whole_answer
from tidings.pipeline import actions, queries
from tidings.pipeline.types import Stage
from tidings.platform.errors import Invalid, NotFound, Problem

_TYPES = {"name": str, "color": str, "position": int}
_CORE = {"name": "title"}


def stage_body(stage: Stage) -> dict[str, Any]:
    """A stage."""
    return {
        "id": opaque("stg", stage.id),
        "name": stage.title,
        "color": stage.color,
        "position": stage.position,
        "contactsCount": stage.contacts_count,
        "createdAt": rfc3339(stage.created_at),
        "updatedAt": rfc3339(stage.updated_at),
    }


def _number(call: Call) -> int:
    number = number_of("stg", call.path["id"])
    if number is None:
        raise NotFound("stage", call.path["id"])
    return number


def _values(call: Call) -> dict[str, Any]:
    problems = problems_of(call.params, _TYPES)
    if problems:
        raise Invalid(problems)
    return {_CORE.get(name, name): call.params[name] for name in _TYPES if call.params.get(name) is not None}


async def list_stages(call: Call) -> Any:
    return whole_answer([stage_body(stage) for stage in await queries.list_stages(call.core)])


async def create_stage(call: Call) -> Any:
    values = _values(call)
    if "title" not in values:
        raise Invalid({"name": Problem("required", "Name is required")})
    made = await actions.create_stage(call.core, **values)
    return done(stage_body(await queries.stage_by_id(call.core, made)), 201)


async def update_stage(call: Call) -> Any:
    stage = await queries.stage_by_id(call.core, _number(call))
    await actions.update_stage(call.core, stage.id, **_values(call))
    return done(stage_body(await queries.stage_by_id(call.core, stage.id)))


async def delete_stage(call: Call) -> Any:
    stage = await queries.stage_by_id(call.core, _number(call))
    given = call.params.get("moveTo")
    move_to = number_of("stg", given)
    if given is not None and move_to is None:
        raise Invalid({"moveTo": Problem("id", f"{given!r} is not an id of a pipeline stage (stg_…)")})
    moved = await actions.delete_stage(call.core, stage.id, move_to=move_to, actor=actor_of(call))
    return done({"id": opaque("stg", stage.id), "deleted": True, "moved": moved})


_READ, _WRITE, _DELETE = "fcrm_read_contacts", "fcrm_manage_contact_cats", "fcrm_manage_contact_cats_delete"
ROUTES = [
    Route("GET", "/pipeline/stages", "listPipelineStages", _READ, "crud", list_stages),
    Route("POST", "/pipeline/stages", "createPipelineStage", _WRITE, "crud", create_stage, answer=201),
    Route("PUT", "/pipeline/stages/{id:word}", "updatePipelineStage", _WRITE, "crud", update_stage),
    Route("DELETE", "/pipeline/stages/{id:word}", "deletePipelineStage", _DELETE, "crud", delete_stage),
]
