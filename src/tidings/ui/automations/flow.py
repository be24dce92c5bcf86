"""One automation as a flow from top to bottom, and its steps: added, changed, moved, taken out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.automations import actions, editing, queries
from tidings.automations.rules import Graph, graph_of
from tidings.automations.types import StepDraft
from tidings.campaigns.queries import campaigns_by_ids
from tidings.contacts.queries import custom_fields
from tidings.platform.errors import Invalid, NotFound
from tidings.ui.automations import kinds
from tidings.ui.automations.browsing import HREF, READ, WRITE, trigger_of, trigger_sheet
from tidings.ui.forms.shelves import offered
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visit, Visiting

ONE = f"{HREF}/{{automation_id:int}}"
_MAIL = {"design": "simple"}
_SHOWN = (
    "title",
    "subject",
    "body",
    "amount",
    "unit",
    "how",
    "at",
    "days",
    "time",
    "tags",
    "lists",
    "share_a",
    "field",
)
_SHOWN += ("value", "note_title", "text", "url", "about", "is_required", "may_enter")


def _tree(graph: Graph, row: Sequence[int]) -> list[dict[str, Any]]:
    """Steps in their order, with their ways: [(word, branch, steps)]."""
    found: list[dict[str, Any]] = []
    for step in (graph.steps[one] for one in row):
        words = {"condition": (_("Yes"), _("No")), "split": (_("A"), _("B"))}.get(step.kind, ())
        ways = [
            (word, branch, _tree(graph, graph.rows.get((step.id, branch), ())))
            for word, branch in zip(words, ("yes", "no"), strict=False)
        ]
        found.append({"step": step, "ways": ways})
    return found


@get(ONE, permission=READ)
async def automation_page(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """The flow with the numbers of each step."""
    view = await queries.automation_view(visit.core, automation_id)
    steps = await queries.steps_of(visit.core, automation_id)
    mailings = await campaigns_by_ids(visit.core, [one.mailing_id for one in steps if one.mailing_id is not None])
    shelves = await offered(visit.core)
    titles = {"tags": shelves.tag_titles, "lists": shelves.list_titles}
    graph = graph_of(steps)
    noun = kinds.noun_of(view.automation.trigger)
    return await visit.page(
        "automations/flow.html",
        view=view,
        one=view.automation,
        tree=_tree(graph, graph.rows.get((None, ""), ())),
        counts=await queries.step_counts(visit.core, automation_id),
        says={one.id: kinds.says(one, _subject(mailings, one.mailing_id), titles) for one in steps},
        begins=[titles[noun].get(one, _("deleted")) for one in view.automation.asks.ids] if noun else [],
        triggers=kinds.TRIGGERS,
        kinds=kinds.KINDS,
        simple={one.id for one in steps if kinds.is_simple(one)},
    )


def _subject(mailings: Any, mailing_id: int | None) -> str:
    found = mailings.get(mailing_id)
    return found.subject if found else ""


@get(f"{ONE}/trigger", permission=WRITE)
async def show_trigger(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """Title and trigger as they are."""
    one = await queries.automation_by_id(visit.core, automation_id)
    return await trigger_sheet(
        visit, Form({"title": one.title, "trigger": one.trigger} | kinds.start_values(one.asks)), one
    )


@post(f"{ONE}/trigger", permission=WRITE)
async def save_trigger(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """Changes title and trigger; what another door kept of it beside the core is forgotten."""
    form, one = await visit.form(), await queries.automation_by_id(visit.core, automation_id)
    try:
        trigger = trigger_of(form)
        start = kinds.start_from(trigger, form, await offered(visit.core), one.asks)
        await actions.update_automation(
            visit.core, one.id, title=form.text("title"), trigger=trigger, start=start, extras={}
        )
    except Invalid as error:
        return await trigger_sheet(visit, form.refused(error), one, 422)
    return visit.redirect(f"{HREF}/{automation_id}", _("Saved."))


async def _step_sheet(
    visit: Visit, action: str, kind: str, form: Form, *, is_new: bool, status: int = 200
) -> Response[Any]:
    fields = [(name, name.replace("_", " ").capitalize()) for name in kinds.FIELDS]
    fields += [(slug, one.label) for slug, one in (await custom_fields(visit.core)).items()]
    return await visit.page(
        "automations/step.html",
        block="sheet" if visit.is_partial else None,
        action=action,
        kind=kind,
        named=kinds.KINDS[kind],
        form=form,
        is_new=is_new,
        home=f"{HREF}/{action.split('/')[2]}",
        fields=fields,
        units=[(one, _(one)) for one in kinds.UNITS],
        days=[(one, _(one)) for one in kinds.WEEKDAYS],
        shelves=await offered(visit.core),
        shown=_SHOWN,
        status=status,
    )


@get(f"{ONE}/add", permission=WRITE)
async def choose_step(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """The kinds of steps to choose from; with a kind, its form. `after`, `parent` and `branch` say where it goes."""
    query = visit.query()
    await queries.automation_by_id(visit.core, automation_id)
    where = "&".join(
        f"{name}={query.text(name)}" for name in ("after", "parent", "branch") if query.text(name).isalnum()
    )
    action, kind = f"{HREF}/{automation_id}/add?{where}", query.text("kind")
    if kind in kinds.KINDS:
        form = Form(
            {"unit": "days", "how": "for", "share_a": "50", "about": "tags", "title": _(kinds.KINDS[kind].title)}
        )
        return await _step_sheet(visit, f"{action}&kind={kind}", kind, form, is_new=True)
    return await visit.page(
        "automations/choose.html",
        block="sheet" if visit.is_partial else None,
        action=action,
        kinds=kinds.KINDS,
        home=f"{HREF}/{automation_id}",
    )


def _mail(kind: str, form: Form) -> dict[str, Any] | None:
    return {"subject": form.text("subject"), "body": form.text("body")} if kind == "send_mail" else None


@post(f"{ONE}/add", permission=WRITE)
async def add_step(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """Puts a step where it was asked for."""
    form, query = await visit.form(), visit.query()
    kind = query.text("kind")
    if kind not in kinds.KINDS:
        raise NotFound("step", kind)
    try:
        params = kinds.params_from(kind, form, await offered(visit.core))
        mail = _mail(kind, form)
        draft = StepDraft(
            kind, params, title=form.text("title") or _(kinds.KINDS[kind].title), mail=_MAIL | mail if mail else None
        )
        await editing.add_step(
            visit.core,
            automation_id,
            draft,
            after=next(iter(query.ids("after")), None),
            parent=next(iter(query.ids("parent")), None),
            branch="yes" if query.text("branch") == "yes" else "no",
            by=visit.user.id,
        )
    except Invalid as error:
        action = f"{visit.request.url.path}?{visit.request.url.query}"
        return await _step_sheet(visit, action, kind, form.refused(error), is_new=True, status=422)
    return visit.redirect(f"{HREF}/{automation_id}", _("The step is there."))


@get(f"{ONE}/steps/{{step_id:int}}", permission=WRITE)
async def show_step(visit: Visiting, automation_id: FromPath[int], step_id: FromPath[int]) -> Response[Any]:
    """The form of a step."""
    step = await queries.step_by_id(visit.core, step_id)
    if step.automation_id != automation_id or not kinds.is_simple(step):
        raise NotFound("step", step_id)
    values = kinds.values_of(step)
    mailing = (await campaigns_by_ids(visit.core, [step.mailing_id or 0])).get(step.mailing_id or 0)
    if mailing is not None:
        values |= {"subject": mailing.subject, "body": mailing.body}
    return await _step_sheet(visit, f"{HREF}/{automation_id}/steps/{step_id}", step.kind, Form(values), is_new=False)


@post(f"{ONE}/steps/{{step_id:int}}", permission=WRITE)
async def save_step(visit: Visiting, automation_id: FromPath[int], step_id: FromPath[int]) -> Response[Any]:
    """Changes a step; who waits in it goes on as they were told."""
    form, step = await visit.form(), await queries.step_by_id(visit.core, step_id)
    if step.automation_id != automation_id or not kinds.is_simple(step):
        raise NotFound("step", step_id)
    try:
        params = kinds.params_from(step.kind, form, await offered(visit.core))
        title = form.text("title") or step.title
        await editing.change_step(
            visit.core,
            automation_id,
            step_id,
            params=params,
            title=title,
            mail=_mail(step.kind, form),
            by=visit.user.id,
        )
    except Invalid as error:
        action = f"{HREF}/{automation_id}/steps/{step_id}"
        return await _step_sheet(visit, action, step.kind, form.refused(error), is_new=False, status=422)
    return visit.redirect(f"{HREF}/{automation_id}", _("Saved."))


@post(f"{ONE}/steps/{{step_id:int}}/move", permission=WRITE)
async def move_step(visit: Visiting, automation_id: FromPath[int], step_id: FromPath[int]) -> Response[Any]:
    """Changes places with its neighbour."""
    up = (await visit.form()).text("to") == "up"
    await editing.move_step(visit.core, automation_id, step_id, up=up, by=visit.user.id)
    return visit.redirect(f"{HREF}/{automation_id}")


@post(f"{ONE}/steps/{{step_id:int}}/delete", permission=WRITE)
async def delete_step(visit: Visiting, automation_id: FromPath[int], step_id: FromPath[int]) -> Response[Any]:
    """Takes it out; who waits there goes on at the next one."""
    await editing.delete_step(visit.core, automation_id, step_id, by=visit.user.id)
    return visit.redirect(f"{HREF}/{automation_id}", _("The step is gone."))


ROUTES = [
    automation_page,
    show_trigger,
    save_trigger,
    choose_step,
    add_step,
    show_step,
    save_step,
    move_step,
    delete_step,
]
