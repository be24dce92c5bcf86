"""Writes of smart links: making, changing, deleting, and what a click does."""

from __future__ import annotations

import secrets
from typing import Any

from tidings.contacts.actions.people import checked_drafts, write_checked
from tidings.contacts.rules import clean_text
from tidings.contacts.types import Draft, WritePolicy
from tidings.content import MailLinks, Person, render_text_template
from tidings.messages import mailing
from tidings.messages.preview import find_person
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.facts import Fact, write_facts
from tidings.smart_links import rules, store
from tidings.smart_links.types import LinkDraft, SmartLink

_COUNT = "INSERT INTO smart_link_tallies (link_id, contacts, clicks) SELECT id, $2, 1 FROM smart_links WHERE id = $1"


async def create_link(core: Core, draft: LinkDraft, *, user_id: int | None = None) -> int:
    """Makes a link with a short name of its own; raises Invalid."""
    rules.checked(draft)
    made = None
    while made is None:
        slug = secrets.token_hex(4)
        made = await core.db.fetchval(store.sql.insert, slug, *_columns(draft), user_id, core.clock.now())
    return made


async def update_link(core: Core, link_id: int, draft: LinkDraft) -> None:
    """Replaces what the operator decided; the short name stays. Raises NotFound, Invalid."""
    rules.checked(draft)
    if await core.db.fetchval(store.sql.update, link_id, *_columns(draft), core.clock.now()) is None:
        raise NotFound("SmartLink", link_id)


def _columns(draft: LinkDraft) -> tuple[Any, ...]:
    ids = (draft.tag_ids, draft.list_ids, draft.remove_tag_ids, draft.remove_list_ids)
    return (
        clean_text(draft.title),
        draft.target_url.strip(),
        *(list(one) for one in ids),
        draft.signs_in,
        clean_text(draft.notes),
    )


async def delete_link(core: Core, link_id: int) -> None:
    """Deletes a link with its counts; its address leads nowhere from then on. Raises NotFound."""
    if not await core.db.fetchval("DELETE FROM smart_links WHERE id = $1 RETURNING 1", link_id):
        raise NotFound("SmartLink", link_id)


async def follow(core: Core, link: SmartLink, contact_id: int | None) -> str:
    """Counts a click of a person, changes the contact's tags and lists, and answers where to go ("" for nowhere).

    A repeat changes nothing more. An unknown or deleted contact is nobody.
    """
    person = await find_person(core, contact_id) if contact_id is not None else None
    if person is None:
        await core.db.execute(_COUNT, link.id, 0)
        return await _target(core, link, None)
    draft = Draft(
        tags=list(link.tag_ids),
        lists=list(link.list_ids),
        remove_tags=list(link.remove_tag_ids),
        remove_lists=list(link.remove_list_ids),
        id=person.id,
    )
    checked = await checked_drafts(core, [draft])
    async with core.db.transaction() as tx:
        await tx.execute(_COUNT, link.id, 1)
        if draft.tags or draft.lists or draft.remove_tags or draft.remove_lists:
            await write_checked(core, tx, checked, WritePolicy(reason="smart link"))
        await write_facts(tx, [Fact("smart_link_clicked", person.id, link.id, data={"title": link.title})])
    return await _target(core, link, person)


async def look(core: Core, link: SmartLink, contact_id: int | None) -> str:
    """Where a click would lead, for programs that look ahead: nothing is counted or changed."""
    return await _target(core, link, await find_person(core, contact_id) if contact_id is not None else None)


async def _target(core: Core, link: SmartLink, person: Person | None) -> str:
    url = link.target_url
    if "{{" in url or "##" in url:
        site = await mailing.site(core)
        url = render_text_template(url, "smartcodes", person or Person(id=0, email=""), site, MailLinks(), escape="url")
    return url if rules.is_web_address(url) else ""
