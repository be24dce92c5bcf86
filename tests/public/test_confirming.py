"""The opt-in link: people are confirmed, machines and who has left see a button, and nobody rises twice."""

from __future__ import annotations

import httpx

from tests.public.door import captured_links, status_of
from tidings.consent.queries import ledger_of
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.messages.optin import send_opt_in
from tidings.messages.optin_settings import OptIn, TagRedirect, save_list_opt_in_settings, save_opt_in_settings
from tidings.platform.core import Core


async def asked(core: Core, address: str = "ada@example.org") -> tuple[int, str]:
    """A pending contact and the link that was mailed."""
    made = (await contacts.write_contact(core, Draft({"email": address}, status="pending"))).id
    await send_opt_in(core, made)
    [link] = await captured_links(core, address)
    return made, link


async def test_a_person_is_confirmed_by_the_link_and_a_repeat_shows_the_same(core: Core, door: httpx.AsyncClient):
    contact, link = await asked(core)
    first, again = await door.get(link), await door.get(link)
    assert (first.status_code, first.text) == (200, again.text)
    assert "Your subscription is confirmed" in first.text
    assert await status_of(core, contact) == "subscribed"
    [line] = await ledger_of(core, contact)
    assert (line.kind, line.source, line.ip) == ("opt_in", "double_opt_in", "127.0.0.1")
    changed = await core.db.fetch("SELECT data FROM facts WHERE kind = 'contact_status_changed'")
    assert [(row["data"]["was"], row["data"]["now"]) for row in changed] == [("pending", "subscribed")]


async def test_the_ledger_holds_the_address_as_whole_as_the_installation_wants(core: Core, door: httpx.AsyncClient):
    await core.installation.put({"anonymize_ip": True})
    contact, link = await asked(core)
    await door.get(link)
    [line] = await ledger_of(core, contact)
    assert line.ip == "127.0.0.0"


async def test_a_machine_confirms_nothing_and_the_person_behind_it_presses_a_button(
    core: Core, door: httpx.AsyncClient
):
    machines: list[tuple[str, dict[str, str]]] = [
        ("HEAD", {}),
        ("GET", {"sec-purpose": "prefetch"}),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; SafeLinks scanner)"}),
        ("GET", {"user-agent": ""}),
    ]
    for n, (method, headers) in enumerate(machines):
        contact, link = await asked(core, f"ada{n}@example.org")
        page = await door.request(method, link, headers=headers)
        assert page.status_code == 200
        assert await status_of(core, contact) == "pending", headers
        assert method == "HEAD" or ("Confirm my subscription" in page.text and f"ada{n}@example.org" not in page.text)
        assert "is confirmed" in (await door.post(link)).text
        assert await status_of(core, contact) == "subscribed"


async def test_a_wrong_secret_confirms_nobody(core: Core, door: httpx.AsyncClient):
    contact, link = await asked(core)
    other = (await contacts.write_contact(core, Draft({"email": "b@example.org"}, status="pending"))).id
    url = httpx.URL(link)
    proof = url.params["secure_hash"].partition("__")[0]
    for wrong in (
        url.copy_set_param("secure_hash", "0" * 32),
        url.copy_set_param("secure_hash", "é"),
        url.copy_set_param("secure_hash", f"{proof}__{other}"),
        url.copy_set_param("secure_hash", f"{proof}__999999"),
        url.copy_set_param("secure_hash", f"{proof}__{contact}x"),
        url.copy_set_param("secure_hash", proof),
        url.copy_set_param("secure_hash", proof).copy_set_param("c", str(other)),
        url.copy_remove_param("secure_hash"),
    ):
        for method in ("GET", "POST"):
            answer = await door.request(method, wrong)
            assert (answer.status_code, "not valid" in answer.text) == (200, True), wrong
    assert (await status_of(core, contact), await status_of(core, other)) == ("pending", "pending")


async def test_a_link_of_an_older_mail_has_the_person_beside_the_secret(core: Core, door: httpx.AsyncClient):
    contact, link = await asked(core)
    url = httpx.URL(link)
    old = url.copy_set_param("secure_hash", url.params["secure_hash"].partition("__")[0]).copy_set_param(
        "c", str(contact)
    )
    assert "is confirmed" in (await door.get(old)).text
    assert await status_of(core, contact) == "subscribed"


async def test_who_left_after_the_mail_was_asked_comes_back_only_by_the_button(core: Core, door: httpx.AsyncClient):
    contact, link = await asked(core)
    await core.db.execute("UPDATE contacts SET status = 'unsubscribed'")
    assert "Confirm my subscription" in (await door.get(link)).text
    assert await status_of(core, contact) == "unsubscribed"
    await door.post(link)
    assert await status_of(core, contact) == "subscribed"


async def test_who_only_got_receipts_is_subscribed_by_the_own_confirmation(core: Core, door: httpx.AsyncClient):
    contact, link = await asked(core)
    await core.db.execute("UPDATE contacts SET status = 'transactional'")
    assert "is confirmed" in (await door.get(link)).text
    assert await status_of(core, contact) == "subscribed"


async def test_the_mail_and_the_page_say_what_the_installation_wants(core: Core, door: httpx.AsyncClient):
    said = OptIn(
        subject="Confirm, {{contact.first_name|friend}}",
        body='<p>Hello {{contact.first_name|you}} <a href="#activate_link#">Yes</a></p>',
        message='<h2 style="color: red; position: fixed" onclick="x">Welcome {{contact.first_name}}</h2>'
        "<script>alert(1)</script>",
    )
    await save_opt_in_settings(core, said)
    draft = Draft({"email": "ada@example.org", "first_name": "<b>Ada</b>"}, status="pending")
    made = (await contacts.write_contact(core, draft)).id
    await core.db.execute("UPDATE contacts SET first_name = '<i>Ada' WHERE id = $1", made)
    await send_opt_in(core, made)
    [link] = await captured_links(core, "ada@example.org")
    page = await door.get(link)
    assert '<h2 style="color:red">Welcome &lt;i&gt;Ada</h2>' in page.text
    assert not any(word in page.text for word in ("alert", "onclick", "fixed"))


async def test_who_confirmed_is_led_where_the_installation_the_list_or_a_tag_wants(core: Core, door: httpx.AsyncClient):
    await save_opt_in_settings(
        core, OptIn(after="redirect", redirect_url="https://example.com/thanks?name={{contact.first_name}}")
    )
    contact, link = await asked(core)
    await core.db.execute("UPDATE contacts SET first_name = 'Re Dir\r\nX: 1'")
    answer = await door.get(link)
    assert answer.status_code == 307
    assert answer.headers["location"].startswith("https://example.com/thanks?name=Re%20Dir")
    # A form's answer may not redirect to another site, so the page leads on.
    assert (await door.post(link)).headers["refresh"].startswith("0; url=https://example.com/thanks")
    await core.db.execute("INSERT INTO lists (title, slug) VALUES ('News', 'news')")
    await core.db.execute("INSERT INTO tags (title, slug) VALUES ('A', 'a'), ('B', 'b')")
    own = OptIn(
        uses_tag_redirects=True,
        tag_redirects=[TagRedirect([1], "https://example.com/a"), TagRedirect([1, 2], "https://example.com/b")],
    )
    await save_list_opt_in_settings(core, 1, own, follows_global=False)
    await contacts.write_contact(core, Draft({}, id=contact, lists=[1]))
    assert "Your subscription is confirmed" in (await door.get(link)).text
    await contacts.write_contact(core, Draft({}, id=contact, tags=[2]))
    assert (await door.get(link)).headers["location"] == "https://example.com/b"
    await save_list_opt_in_settings(core, 1, own, follows_global=True)
    assert "thanks" in (await door.get(link)).headers["location"]


async def test_a_confirmation_for_somebody_deleted_leads_nowhere(core: Core, door: httpx.AsyncClient):
    contact, link = await asked(core)
    await contacts.delete_contacts(core, [contact])
    assert "not valid" in (await door.get(link)).text
