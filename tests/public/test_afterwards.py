"""Where people are taken after leaving and confirming: to what the installation says, whatever their own data say."""

from __future__ import annotations

import httpx
import pytest

from tests.public.door import AJAX, captured_links, form_of, mailed, status_of
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.messages.optin import send_opt_in
from tidings.messages.optin_settings import OptIn, TagRedirect, save_opt_in_settings
from tidings.platform.core import Core

HOSTILE = "x&admin=1#@evil.example/../ \"'<b>\r\nset-cookie: a=b {{contact.email}}"


async def link_for(core: Core, **values: str) -> tuple[int, str]:
    draft = Draft({"email": "ada@example.org", **values}, status="pending", tags=["vip"])
    made = (await contacts.write_contact(core, draft)).id
    # as an older version may have stored it
    await core.db.execute("UPDATE contacts SET first_name = $2 WHERE id = $1", made, values.get("first_name"))
    await send_opt_in(core, made)
    [link] = await captured_links(core, "ada@example.org")
    return made, link


async def test_who_leaves_on_the_page_is_taken_on_and_a_program_is_told_where(core: Core, door: httpx.AsyncClient):
    await core.installation.put({"unsubscribe_redirect": "https://www.example.org/bye?a=1&b=2"})
    sent = await mailed(core)
    form = form_of((await door.get(sent.address("route=unsubscribe"))).text)
    page = await door.post(AJAX, data=form)
    assert page.headers["refresh"] == "0; url=https://www.example.org/bye?a=1&b=2"
    assert 'href="https://www.example.org/bye?a=1&amp;b=2"' in page.text
    told = await door.post(AJAX, data={name: value for name, value in form.items() if name != "page"})
    assert told.json()["data"]["redirect_url"] == "https://www.example.org/bye?a=1&b=2"
    one_click = await door.post(sent.one_click, data={"List-Unsubscribe": "One-Click"})
    assert (one_click.status_code, "refresh" in one_click.headers, "location" in one_click.headers) == (
        200,
        False,
        False,
    )


async def test_a_target_that_is_no_web_address_is_not_gone_to(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    form = form_of((await door.get(sent.address("route=unsubscribe"))).text)
    for target in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "https://x.co/\r\nset-cookie: a=b"):
        await core.installation.put({"unsubscribe_redirect": target})
        page = await door.post(AJAX, data=form)
        assert ("refresh" in page.headers, "set-cookie" in page.headers) == (False, False), target
        assert "successfully unsubscribed" in page.text


async def test_a_name_in_the_address_after_confirming_cannot_change_where_it_leads(core: Core, door: httpx.AsyncClient):
    url = "https://www.example.org/hello?name={{contact.first_name}}&x=1"
    await save_opt_in_settings(core, OptIn(after="redirect", redirect_url=url))
    contact, link = await link_for(core, first_name=HOSTILE)
    answer = await door.get(link)
    assert answer.status_code == 307
    assert "set-cookie" not in answer.headers
    target = httpx.URL(answer.headers["location"])
    assert (target.host, target.path, target.fragment) == ("www.example.org", "/hello", "")
    assert list(target.params) == ["name", "x"]
    assert "ada@example.org" not in answer.headers["location"], "what people write is never read as a code"
    assert await status_of(core, contact) == "subscribed"
    again = await door.post(link)
    assert (again.status_code, "set-cookie" in again.headers) == (200, False)
    assert again.headers["refresh"].startswith("0; url=https://www.example.org/hello?name=")


async def test_a_name_that_makes_up_the_whole_address_leads_nowhere(core: Core, door: httpx.AsyncClient):
    await save_opt_in_settings(core, OptIn(after="redirect", redirect_url="https://www.example.org/"))
    stored = await core.installation.get("double_opt_in")
    await core.installation.put({"double_opt_in": stored | {"redirect_url": "{{contact.first_name}}"}})
    _, link = await link_for(core, first_name="javascript:alert(1)")
    answer = await door.get(link)
    assert (answer.status_code, "location" in answer.headers) == (200, False)


@pytest.mark.parametrize("tagged", [True, False])
async def test_the_first_tag_that_fits_decides(core: Core, door: httpx.AsyncClient, tagged: bool):
    vip, other = await contacts.create_tag(core, title="vip"), await contacts.create_tag(core, title="other")
    redirects = [TagRedirect([other], "https://other.example/"), TagRedirect([vip], "https://vip.example/")]
    await save_opt_in_settings(
        core, OptIn(uses_tag_redirects=True, tag_redirects=redirects if tagged else redirects[:1])
    )
    _, link = await link_for(core)
    answer = await door.get(link)
    assert answer.headers.get("location") == ("https://vip.example/" if tagged else None)


async def test_the_message_after_confirming_is_html_without_scripts_and_names_are_text(
    core: Core, door: httpx.AsyncClient
):
    message = '<h1>Hi {{contact.first_name}}</h1><script>alert(1)</script><a href="javascript:alert(2)">x</a><p onclick="a()">y</p>'
    await save_opt_in_settings(core, OptIn(message=message))
    _, link = await link_for(core, first_name=HOSTILE)
    page = (await door.get(link)).text
    assert "<h1>Hi x&amp;admin=1" in page
    for wrong in ("<script", "javascript:", "onclick", "<b>", "ada@example.org"):
        assert wrong not in page, wrong
