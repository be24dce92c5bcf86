"""Writes of forms: making, changing, deleting, and taking in what people send."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import Any

import msgspec

from tidings.access.actions import count_try
from tidings.consent.actions import record_consent
from tidings.contacts.actions.people import checked_drafts, write_checked
from tidings.contacts.outside import draft_from_outside
from tidings.contacts.queries import custom_fields, find_contact_by_email
from tidings.contacts.rules import clean_text
from tidings.contacts.types import Contact, Draft, WritePolicy
from tidings.forms import queries, rules, store
from tidings.forms.types import Form, FormDraft, Placed, Sent, Taken
from tidings.messages.optin import ask_to_confirm
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem
from tidings.platform.facts import Fact, write_facts

# Within five minutes: of one visitor, and for one address.
PER_VISITOR, PER_ADDRESS = 20, 3
_TAKEN = Invalid({"title": Problem("unique", "The title has already been taken.")})


async def create_form(core: Core, draft: FormDraft) -> int:
    """Makes a form with a public name of its own; raises Invalid (`unique` for a title that stands already)."""
    rules.checked(draft)
    slug = secrets.token_hex(8)
    made = await core.db.fetchval(store.sql.insert, slug, *_columns(draft), core.clock.now())
    if made is None:
        raise _TAKEN
    return made


async def update_form(core: Core, form_id: int, draft: FormDraft) -> None:
    """Replaces what the operator decided. Raises NotFound, Invalid."""
    rules.checked(draft)
    await queries.form_by_id(core, form_id)
    if await core.db.fetchval(store.sql.update, form_id, *_columns(draft), core.clock.now()) is None:
        raise _TAKEN


def _columns(draft: FormDraft) -> tuple[Any, ...]:
    plain = msgspec.to_builtins
    fields, ids = [plain(one) for one in draft.fields], (list(draft.list_ids), list(draft.tag_ids))
    return (clean_text(draft.title), draft.template, draft.state, fields, *ids, plain(draft.settings))


async def delete_form(core: Core, form_id: int) -> None:
    """Deletes a form with its submissions; contacts stay. Raises NotFound."""
    if not await core.db.fetchval("DELETE FROM forms WHERE id = $1 RETURNING 1", form_id):
        raise NotFound("form", form_id)


async def mark_read(core: Core, submission_id: int) -> None:
    """Somebody looked at it."""
    await core.db.execute("UPDATE form_submissions SET state = 'read' WHERE id = $1", submission_id)


async def submit(core: Core, form: Form, sent: Sent, placed: Placed | None = None) -> Taken:
    """Takes a submission in: the contact, its lists and tags, and what was answered, in one transaction.

    `placed` says of which landing page it comes.

    Nobody's status rises by a form. New people are pending until they confirm, unless the form does without; who left
    or never confirmed is mailed the link and stays where it is until it is followed. Raises Conflict when the form is
    closed, Invalid by field name, RateLimited. A filled trap is answered like the rest and changes nothing.
    """
    if form.state != "published":
        raise Conflict("This form is closed.", code="closed")
    if sent.trap:
        return Taken()
    if sent.ip:
        await count_try(core, f"form-visitor:{sent.ip}", PER_VISITOR)
    answers = rules.checked_answers(form.fields, sent.answers)
    source = placed.source if placed else f"form: {form.title}"[:100]
    given = {"source": source} | rules.values_of(form.fields, answers)
    draft = draft_from_outside(given, await custom_fields(core))
    email = str(draft.values["email"])
    name = hashlib.sha256(email.lower().encode()).hexdigest()[:32]
    await count_try(core, f"form-address:{form.id}:{name}", PER_ADDRESS)
    view = await find_contact_by_email(core, email)
    known = view.contact if view else None
    draft = _for(draft, form, known)
    if placed:
        draft = replace(draft, lists=[*draft.lists, *placed.list_ids])
    is_asked = _is_asked(form, known)
    contact_id, outcome = await _write(core, form, draft, answers, sent, placed, is_asked=is_asked)
    return Taken(contact_id, outcome, {one: str(text) for one, text in answers.items()})


def _for(draft: Draft, form: Form, known: Contact | None) -> Draft:
    status = None
    if known is None:
        status = "pending" if form.settings.has_double_opt_in else "subscribed"
    elif form.settings.on_existing == "skip":
        # Lists and tags are joined even where the values of who is known stay as they are.
        draft = Draft({"email": draft.values["email"]})
    return replace(draft, status=status, lists=list(form.list_ids), tags=list(form.tag_ids))


def _is_asked(form: Form, known: Contact | None) -> bool:
    """Whether the link that confirms is mailed."""
    if known is None:
        return form.settings.has_double_opt_in
    return known.status in ("pending", "unsubscribed", "transactional")


async def _write(
    core: Core,
    form: Form,
    draft: Draft,
    answers: dict[str, Any],
    sent: Sent,
    placed: Placed | None,
    *,
    is_asked: bool,
) -> tuple[int, str]:
    [checked] = await checked_drafts(core, [draft])
    on_existing = "update" if form.settings.on_existing == "update" else "fill"
    async with core.db.transaction() as tx:
        [written] = await write_checked(core, tx, [checked], WritePolicy(on_existing, reason="form"))
        made = await tx.fetchval(
            store.sql.submit,
            form.id,
            written.id,
            answers,
            sent.shown_ip,
            sent.agent[:500] or None,
            sent.page_url[:2000] or None,
            placed.page_id if placed else None,
            core.clock.now(),
        )
        if written.outcome == "created" and draft.status == "subscribed":
            source = f"form {form.id}"
            await record_consent(core, tx, written.id, kind="opt_in", source=source, ip=sent.shown_ip or "")
        data: dict[str, Any] = {"title": form.title, "is_new": written.outcome == "created"}
        if placed:
            data["page_id"] = placed.page_id
        await write_facts(tx, [Fact("form_submitted", written.id, form.id, made, data)])
        if placed:
            await placed.also(tx, written.id, made)
        if is_asked:
            await ask_to_confirm(tx, [written.id], may_return=True)
    return written.id, "created" if written.outcome == "created" else "updated"
