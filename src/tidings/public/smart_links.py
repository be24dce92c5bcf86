"""The address of a smart link (fluentcrm.md §7.4): who follows it from a mail is known by the mail's proof."""

from __future__ import annotations

from tidings.platform.core import Core
from tidings.platform.modules import is_on
from tidings.public.http import Reply, Visit, header_url
from tidings.public.pages import Pages
from tidings.smart_links.actions import follow, look
from tidings.smart_links.queries import find_link
from tidings.tracking import tokens
from tidings.tracking.machines import is_machine

MODULE = "smart_links"


async def smart_url(core: Core, pages: Pages, visit: Visit) -> Reply:
    """Leads on. Programs that look ahead of the person are led on too, but change and count nothing."""
    link = await find_link(core, visit.query.get("slug", ""))
    if link is None or not await is_on(core, MODULE):
        return await pages.say("Nothing here", "This address leads nowhere.", status=404)
    contact_id = await _contact(core, visit)
    if visit.method != "GET" or is_machine(visit.method, visit.headers, is_click=True):
        target = await look(core, link, contact_id)
    else:
        target = await follow(core, link, contact_id)
    if not target:
        return await pages.say("Nothing here", "This address leads nowhere.", status=404)
    return Reply(307, headers=[(b"location", header_url(target))])


async def _contact(core: Core, visit: Visit) -> int | None:
    """The contact whose mail the visitor comes from, when the proof is right."""
    known = tokens.read_secure_hash(core.keys, visit.query.get("secure_hash", ""), core.clock.now())
    if known is not None:
        return known
    message_id = tokens.number_from(visit.query.get("mid"))
    if message_id is None:
        return None
    if not tokens.is_same(visit.query.get("fch", ""), tokens.click_proof(core.keys, message_id)):
        return None
    return await core.db.fetchval("SELECT contact_id FROM messages WHERE id = $1", message_id)
