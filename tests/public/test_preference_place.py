"""The preference form on a landing page: links of mails lead there while it stands there, and it is as the usual page."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.public.door import AJAX, captured_links, form_of, mailed, run_jobs
from tidings.contacts import actions as contacts
from tidings.contacts.queries import contact_by_id
from tidings.contacts.types import Draft
from tidings.forms import actions as forms
from tidings.forms.rules import TEMPLATES
from tidings.forms.types import FormDraft
from tidings.pages import actions, queries
from tidings.pages.placing import PreferencePlace, address_of_preferences, candidates, save_preference_place
from tidings.pages.types import Block, PageDraft
from tidings.platform.core import Core
from tidings.platform.errors import Invalid

BLOCKS = (Block("heading", "Your way <b>"), Block("preferences"), Block("text", "<p>Bye</p>"))
MANAGE = "route=manage_subscription"


async def placed(core: Core, **more: Any) -> int:
    """A published page with the form, chosen as the place."""
    values: dict[str, Any] = {"title": "Your choice", "slug": "choice", "blocks": BLOCKS} | more
    page_id = await actions.create_page(core, PageDraft(**values))
    await actions.publish_page(core, page_id)
    await save_preference_place(core, PreferencePlace(is_on_page=True, page_id=page_id))
    return page_id


@pytest.mark.parametrize(
    "how", [{}, {"mode": "html", "html": "<h1>Hello</h1><p>{{preferences}}</p><p>Bye</p><script>x</script>"}]
)
async def test_the_link_of_a_mail_leads_to_the_page_and_its_form_is_taken(
    core: Core, door: httpx.AsyncClient, how: dict[str, Any]
):
    news = await contacts.create_list(core, title="News", is_public=True)
    sent = await mailed(core)
    await placed(core, **how)
    led = await door.get(sent.address(MANAGE))
    assert led.status_code == 307
    assert led.headers["location"].startswith("/p/choice?secure_hash=")
    page = await door.get(led.headers["location"])
    assert (page.status_code, "<script>" in page.text) == (200, False)
    assert page.text.index("News") < page.text.index("Bye")
    form = form_of(page.text)
    assert (form["first_name"], form["email"]) == ("Ada", "Ad**********@e******.org")
    assert "Ada.Lovelace@example.org" not in page.text
    await door.post(AJAX, data=form | {"first_name": "{{form}}", "lists[]": [str(news)]})
    view = await contact_by_id(core, sent.contact_id)
    assert (view.contact.first_name, [one.title for one in view.lists]) == ("{{form}}", ["News"])
    assert form_of((await door.get(led.headers["location"])).text)["first_name"] == "{{form}}"


async def test_a_persons_page_is_kept_nowhere_and_stands_in_no_frame(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    page_id = await placed(core)
    url = (await door.get(sent.address(MANAGE))).headers["location"]
    own = await door.get(url)
    assert (own.headers["cache-control"], own.headers["x-robots-tag"], "etag" in own.headers) == (
        "no-store",
        "noindex",
        False,
    )
    assert "frame-ancestors" not in own.headers["content-security-policy"]
    assert own.headers["x-frame-options"] == "SAMEORIGIN"
    common = await door.get("/p/choice")
    assert ("Ada" in common.text, "Send me the link" in common.text) == (False, True)
    assert (common.headers["cache-control"], "frame-ancestors *" in common.headers["content-security-policy"]) == (
        "no-cache",
        True,
    )
    assert (await queries.page_by_id(core, page_id)).views == 2, "people are counted in both ways"
    other = (await contacts.write_contact(core, Draft({"email": "eve@example.org", "first_name": "Eve"}))).id
    proof = httpx.URL(url).params["secure_hash"].partition("__")[0]
    for wrong in (f"{proof}__{other}", "x", "", f"{'0' * 32}__{sent.contact_id}"):
        page = await door.get("/p/choice", params={"secure_hash": wrong})
        assert (page.status_code, "Eve" in page.text, "Send me the link" in page.text) == (200, False, True)


async def test_without_a_proof_it_has_a_link_mailed_which_leads_there(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    await placed(core)
    led = await door.get(f"/?fluentcrm=1&{MANAGE}")
    assert (led.status_code, led.headers["location"]) == (307, "/p/choice")
    page = (await door.get("/p/choice")).text
    assert 'target="_top"' in page
    await door.post(AJAX, data=form_of(page) | {"email": "ada.lovelace@example.org"})
    await run_jobs(core)
    [link] = await captured_links(core, "ada.lovelace@example.org")
    assert (await door.get(link)).headers["location"].startswith("/p/choice?secure_hash=")
    assert sent.contact_id


async def test_a_page_that_does_not_show_the_form_is_no_place(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    page_id = await placed(core)
    url = sent.address(MANAGE)
    assert (await door.get(url)).status_code == 307
    await actions.unpublish_page(core, page_id)
    assert "Update your preferences" in (await door.get(url)).text
    await actions.publish_page(core, page_id)
    without = PageDraft("Your choice", "choice", blocks=BLOCKS[:1], html="{{preferences}}")
    await actions.update_page(core, page_id, without)
    assert "Update your preferences" in (await door.get(url)).text
    in_html = PageDraft("Your choice", "choice", "html", BLOCKS, "<p>{{preferences}}</p>")
    await actions.update_page(core, page_id, in_html)
    assert await address_of_preferences(core) == "choice"
    for other in (
        PreferencePlace(page_id=page_id),
        PreferencePlace(is_on_page=True),
        PreferencePlace(is_on_page=True, page_id=99),
    ):
        await save_preference_place(core, other)
        assert (await door.get(url)).status_code == 200
    assert [(one.title, one.is_published) for one in await candidates(core)] == [("Your choice", True)]


async def test_the_form_can_stand_on_a_page_once(core: Core):
    with pytest.raises(Invalid) as refused:
        await actions.create_page(
            core, PageDraft("Twice", "twice", blocks=(Block("preferences"), Block("preferences")))
        )
    assert list(refused.value.fields) == ["blocks"]


async def test_beside_a_sign_up_form_no_two_fields_share_a_name_for_labels(core: Core, door: httpx.AsyncClient):
    form_id = await forms.create_form(core, FormDraft("Join", TEMPLATES["with_name_subscribe"][1]))
    sent = await mailed(core)
    await placed(core, blocks=(*BLOCKS, Block("form")), form_id=form_id)
    page = (await door.get((await door.get(sent.address(MANAGE))).headers["location"])).text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "f-email" in ids
