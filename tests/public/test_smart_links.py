"""Smart links as visitors meet them: from a mail, from elsewhere, and by machines."""

from __future__ import annotations

from typing import Any

import httpx

from tests.public.door import HOME, mailed
from tidings.contacts import actions as contacts
from tidings.contacts.queries import contact_by_id
from tidings.platform import modules
from tidings.platform.core import Core
from tidings.smart_links import actions, queries
from tidings.smart_links.types import LinkDraft, SmartLink
from tidings.workers.scheduler import fold_tallies


async def made(core: Core, **more: Any) -> SmartLink:
    given: dict[str, Any] = {"title": "Sale", "target_url": "https://shop.test/sale?a=1", **more}
    return await queries.link_by_id(core, await actions.create_link(core, LinkDraft(**given)))


async def counts(core: Core, link: SmartLink) -> tuple[int, int]:
    now = await queries.link_by_id(core, link.id)
    return now.contact_clicks, now.clicks


async def test_who_follows_it_from_a_mail_gets_and_loses_tags_and_lists(core: Core, door: httpx.AsyncClient):
    add, take = await contacts.create_tag(core, title="Warm"), await contacts.create_tag(core, title="Cold")
    list_id = await contacts.create_list(core, title="Offers")
    link = await made(core, tag_ids=[add], remove_tag_ids=[take], list_ids=[list_id, 999])
    await core.installation.put({"public_url": HOME})
    url = queries.link_url(HOME, link)
    sent = await mailed(core, body=f'<p><a href="{url.replace("&", "&amp;")}">sale</a></p>')
    await contacts.add_tags(core, [sent.contact_id], [take])
    tracked = await door.get(sent.link)
    assert tracked.status_code == 307
    for _ in range(2):
        onward = await door.get(tracked.headers["location"])
        assert (onward.status_code, onward.headers["location"]) == (307, "https://shop.test/sale?a=1")
    view = await contact_by_id(core, sent.contact_id)
    assert [one.title for one in view.tags] == ["Warm"]
    assert [one.title for one in view.lists] == ["Offers"]
    assert await counts(core, link) == (2, 2)
    await fold_tallies(core)
    assert await core.db.fetchval("SELECT count(*) FROM smart_link_tallies") == 1
    assert await counts(core, link) == (2, 2)
    assert await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'smart_link_clicked'") == 2


async def test_strangers_count_and_machines_do_not(core: Core, door: httpx.AsyncClient):
    tag = await contacts.create_tag(core, title="Warm")
    link = await made(core, tag_ids=[tag], target_url="https://shop.test/{{contact.first_name|friend}}?x=1")
    url = queries.link_url("", link)
    sent = await mailed(core)
    plain = await door.get(url)
    assert plain.headers["location"] == "https://shop.test/friend?x=1"
    forged = await door.get(f"{url}&mid={sent.message_id}&fch=00000000")
    assert forged.headers["location"] == "https://shop.test/friend?x=1"
    scanner = {"user-agent": "Mozilla/5.0 (compatible; SafeLinks scanner)"}
    assert (await door.get(url, headers=scanner)).status_code == 307
    assert (await door.head(url)).status_code == 307
    assert await counts(core, link) == (0, 2)
    assert await core.db.fetchval("SELECT count(*) FROM contact_tags") == 0


async def test_an_address_that_is_none_any_more_leads_nowhere(core: Core, door: httpx.AsyncClient):
    link = await made(core)
    url = queries.link_url("", link)
    # A row that some other way got into the table.
    await core.db.execute("UPDATE smart_links SET target_url = 'javascript:alert(1)'")
    assert (await door.get(url)).status_code == 404
    await core.db.execute("UPDATE smart_links SET target_url = 'https://shop.test/'")
    assert (await door.get(url)).status_code == 307
    await modules.switch(core, {"smart_links": False})
    assert (await door.get(url)).status_code == 404
    await modules.switch(core, {"smart_links": True})
    await actions.delete_link(core, link.id)
    assert (await door.get(url)).status_code == 404
    assert (await door.get("/?fluentcrm=1&route=smart_url")).status_code == 404
