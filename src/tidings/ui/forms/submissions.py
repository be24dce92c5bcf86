"""What people sent by a form: a table, one of them in full."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from tidings.contacts.queries import contacts_by_ids
from tidings.forms import actions, queries
from tidings.forms.types import Form, Submission
from tidings.ui.forms.editing import HREF, MAY
from tidings.ui.shell.visit import Visiting

# Of the answers of a row; the others are counted.
SUMMED = 3


def _answers(form: Form, one: Submission) -> list[tuple[str, str]]:
    """Question and answer, in the order of the form; answers to questions that are gone last."""
    labels = {field.name: field.label for field in form.fields}
    names = [*(name for name in labels if name in one.answers), *(name for name in one.answers if name not in labels)]
    return [(labels.get(name, name), _text(one.answers[name])) for name in names]


def _text(answer: Any) -> str:
    return ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer)


@get(f"{HREF}/{{form_id:int}}/submissions", permission=MAY)
async def submissions_page(visit: Visiting, form_id: FromPath[int]) -> Response[Any]:
    """A page of submissions, the newest first; htmx gets the table alone."""
    core, table = visit.core, visit.table(sort="id")
    form = await queries.form_by_id(core, form_id)
    rows, numbers = await queries.list_submissions(core, form_id, table.request, search=table.search)
    people = await contacts_by_ids(core, [one.contact_id for one in rows.rows]) if rows.rows else {}
    return await visit.page(
        "forms/submissions.html",
        block="table" if visit.request.headers.get("hx-target") == "submissions" else None,
        one=form,
        table=table,
        rows=rows,
        lines=[
            (number, sent, people.get(sent.contact_id), _answers(form, sent))
            for number, sent in zip(numbers, rows.rows, strict=True)
        ],
        summed=SUMMED,
    )


@get(f"{HREF}/{{form_id:int}}/submissions/{{submission_id:int}}", permission=MAY)
async def submission_page(visit: Visiting, form_id: FromPath[int], submission_id: FromPath[int]) -> Response[Any]:
    """All that was sent; from now on it counts as read."""
    core = visit.core
    form = await queries.form_by_id(core, form_id)
    sent = await queries.submission_by_id(core, form_id, submission_id)
    await actions.mark_read(core, submission_id)
    return await visit.page(
        "forms/submission.html",
        block="sheet" if visit.is_partial else None,
        one=form,
        sent=sent,
        person=(await contacts_by_ids(core, [sent.contact_id])).get(sent.contact_id),
        answers=_answers(form, sent),
    )


ROUTES = [submissions_page, submission_page]
