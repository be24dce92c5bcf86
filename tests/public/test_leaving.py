"""Leaving: in one click by RFC 8058, on the page with a reason, and by a link that was asked for."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.conftest import StatementCounter
from tests.public.door import AJAX, HOME, captured_links, form_of, hits, mailed, run_jobs, status_of
from tidings.campaigns.queries import message_counts
from tidings.consent.queries import ledger_of
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.public.pages import LEFT, LIST_HEADER, NOT_FOUND

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ASKS = ("fluentcrm_request_unsubscribe_ajax", "fluentcrm_request_manage_subscription_ajax")


async def traces(core: Core) -> tuple[int, int, int]:
    """Lines of the ledger, facts of leaving, notes."""
    return (
        await core.db.fetchval("SELECT count(*) FROM consents"),
        await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'contact_unsubscribed'"),
        await core.db.fetchval("SELECT count(*) FROM notes"),
    )


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
async def test_one_click_leaves_at_once_without_cookie_redirect_or_agent(
    core: Core, door: httpx.AsyncClient, form: str
):
    sent = await mailed(core)
    assert sent.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    headers = {"user-agent": ""}
    if form == "urlencoded":
        answer = await door.post(
            sent.one_click,
            content="List-Unsubscribe=One-Click",
            headers=headers | {"content-type": "application/x-www-form-urlencoded"},
        )
    else:
        answer = await door.post(sent.one_click, files={"List-Unsubscribe": (None, "One-Click")}, headers=headers)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert "set-cookie" not in answer.headers
    assert await status_of(core, sent.contact_id) == "unsubscribed"
    [line] = await ledger_of(core, sent.contact_id)
    assert (line.kind, line.source, line.reason) == ("opt_out", "list_unsubscribe_header", LIST_HEADER)
    told = (await message_counts(core, [sent.campaign_id]))[sent.campaign_id]
    assert told == {"sent": 1, "unsubscribed": 1}


async def test_one_click_again_and_again_is_one_departure(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    answers = [await door.post(sent.one_click, data=ONE_CLICK) for _ in range(3)]
    assert {(one.status_code, one.text) for one in answers} == {(200, answers[0].text)}
    assert await traces(core) == (1, 1, 1)


async def test_a_departure_is_whole_or_nothing(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    await core.db.execute(
        """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'dead'; END $$;
        CREATE TRIGGER die BEFORE UPDATE ON messages EXECUTE FUNCTION die()"""
    )
    assert (await door.post(sent.one_click, data=ONE_CLICK)).status_code == 500
    assert (await status_of(core, sent.contact_id), await traces(core)) == ("subscribed", (0, 0, 0))
    await core.db.execute("DROP TRIGGER die ON messages")
    await door.post(sent.one_click, data=ONE_CLICK)
    assert (await status_of(core, sent.contact_id), await traces(core)) == ("unsubscribed", (1, 1, 1))


async def test_nothing_but_the_post_of_the_word_leaves(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    for url in (sent.one_click, sent.address("route=unsubscribe"), sent.address("route=manage_subscription")):
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
            await door.request(method, url)
        await door.post(url)
        await door.post(url, data={"List-Unsubscribe": "no"})
        await door.get(url + "&List-Unsubscribe=One-Click")
        await door.post(url + "&List-Unsubscribe=One-Click")
    assert await status_of(core, sent.contact_id) == "subscribed"
    assert await traces(core) == (0, 0, 0)
    assert await hits(core) == []


async def test_a_wrong_proof_says_the_same_and_changes_nothing(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    right = httpx.URL(sent.one_click)
    proof = right.params["secure_hash"]
    other = (await contacts.write_contact(core, Draft({"email": "b@example.org"}, status="subscribed"))).id
    answers: list[httpx.Response] = []
    for wrong in (
        "0" * 32 + f"__{sent.contact_id}",
        proof.partition("__")[0] + f"__{other}",
        proof.partition("__")[0] + "__999999",
        proof.partition("__")[0],
        "ü" * 32 + f"__{sent.contact_id}",
        "",
    ):
        answers.append(await door.post(right.copy_set_param("secure_hash", wrong), data=ONE_CLICK))
    assert await status_of(core, sent.contact_id) == "subscribed"
    assert await status_of(core, other) == "subscribed"
    answers.append(await door.post(right, data=ONE_CLICK))
    assert {(one.status_code, one.text) for one in answers} == {(200, answers[0].text)}
    assert await status_of(core, sent.contact_id) == "unsubscribed"


async def test_the_way_out_of_an_old_mail_stays_open(core: Core, door: httpx.AsyncClient, clock: FixedClock):
    sent = await mailed(core)
    clock.set(clock.now() + timedelta(days=4 * 365))
    assert "Please let us know a reason" in (await door.get(sent.one_click)).text
    assert (await door.post(sent.one_click, data=ONE_CLICK)).json()["success"] is True
    assert await status_of(core, sent.contact_id) == "unsubscribed"
    clock.set(clock.now() + timedelta(days=365))
    assert "Enter your address" in (await door.get(sent.one_click)).text


async def test_a_transactional_mail_has_no_way_out_in_its_header(core: Core):
    sent = await mailed(core, is_transactional=True)
    assert sent.mail["List-Unsubscribe"] is None
    assert sent.mail["List-Unsubscribe-Post"] is None


async def test_the_page_shows_whose_it_is_masked_and_takes_a_reason(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    page = (await door.get(sent.address("route=unsubscribe"))).text
    assert "Ad**********@e******.org" in page
    assert "Ada.Lovelace@example.org" not in page
    form = form_of(page) | {"reason": "other", "other_reason": "  <b>too</b>\x00 loud  "}
    answer = await door.post(AJAX, data=form)
    assert (answer.status_code, "successfully unsubscribed" in answer.text) == (200, True)
    [line] = await ledger_of(core, sent.contact_id)
    assert (line.kind, line.source, line.reason) == ("opt_out", "unsubscribe_page", "<b>too</b> loud")
    row = await core.db.fetchrow("SELECT unsubscribed_at FROM messages WHERE id = $1", sent.message_id)
    assert row is not None
    assert row["unsubscribed_at"] is not None


async def test_a_program_gets_json_and_a_known_reason_its_sentence(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    proof = httpx.URL(sent.one_click).params["secure_hash"]
    form = {"action": "fluentcrm_unsubscribe_ajax", "secure_hash": proof, "reason": "emails_spam", "_e_id": "x"}
    answer = await door.post(AJAX, data=form)
    assert answer.json() == {"success": True, "data": {"message": LEFT, "redirect_url": False}}
    [line] = await ledger_of(core, sent.contact_id)
    assert line.reason == "The emails are spam"
    wrong = await door.post(AJAX, data=form | {"secure_hash": "0" * 32 + "__1"})
    assert (wrong.status_code, wrong.json()["data"]["message"]) == (422, NOT_FOUND)


async def test_the_reason_is_not_asked_where_the_installation_does_not_want_it(core: Core, door: httpx.AsyncClient):
    await core.installation.put({"one_click_unsubscribe": True})
    sent = await mailed(core)
    page = (await door.get(sent.one_click)).text
    assert "reason" not in page
    assert await status_of(core, sent.contact_id) == "subscribed"
    assert (await door.post(AJAX, data=form_of(page))).status_code == 200
    assert await status_of(core, sent.contact_id) == "unsubscribed"


async def test_leaving_cancels_what_waits_and_marks_no_mail_of_another(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    other = (await contacts.write_contact(core, Draft({"email": "b@example.org"}))).id
    for contact_id, state in ((sent.contact_id, "queued"), (other, "queued")):
        await core.db.execute(
            "INSERT INTO messages (campaign_id, contact_id, step, email, state) VALUES ($1, $2, 1, 'x@y.co', $3)",
            sent.campaign_id,
            contact_id,
            state,
        )
    theirs = await core.db.fetchval("SELECT id FROM messages WHERE contact_id = $1", other)
    await door.post(httpx.URL(sent.one_click).copy_set_param("ce_id", str(theirs)), data=ONE_CLICK)
    rows = await core.db.fetch("SELECT contact_id, state, unsubscribed_at FROM messages WHERE step = 1 ORDER BY id")
    assert [tuple(row) for row in rows] == [(sent.contact_id, "cancelled", None), (other, "queued", None)]


async def test_who_cannot_be_mailed_leaves_without_becoming_better(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    for status in ("bounced", "complained", "spammed"):
        await core.db.execute("UPDATE contacts SET status = $1", status)
        assert (await door.post(sent.one_click, data=ONE_CLICK)).json()["success"]
        assert await status_of(core, sent.contact_id) == status


@pytest.mark.parametrize("action", ASKS)
async def test_asking_for_a_link_mails_it_and_says_the_same_to_strangers(
    core: Core, door: httpx.AsyncClient, action: str
):
    sent = await mailed(core)
    route = "unsubscribe" if "unsubscribe" in action else "manage_subscription"
    page = (await door.get(f"/?fluentcrm=1&route={route}")).text
    form = form_of(page)
    assert form["action"] == action
    known = await door.post(AJAX, data=form | {"email": "ada.lovelace@EXAMPLE.org"})
    stranger = await door.post(AJAX, data=form | {"email": "nobody@example.org"})
    assert (known.status_code, known.text) == (200, stranger.text)
    await run_jobs(core)
    [link] = await captured_links(core, "ada.lovelace@EXAMPLE.org")
    assert link.startswith(f"{HOME}/?fluentcrm=1&route={route}&secure_hash=")
    assert (await door.get(link)).status_code == 200
    assert await captured_links(core, "nobody@example.org") == []
    assert await status_of(core, sent.contact_id) == "subscribed"


async def test_the_answer_does_the_same_work_for_a_stranger(
    core: Core, door: httpx.AsyncClient, statements: StatementCounter
):
    await mailed(core)
    counts: list[int] = []
    for address in ("warm-up@example.org", "Ada.Lovelace@example.org", "nobody@example.org"):
        await core.installation.values()
        with statements as counted:
            assert (await door.post(AJAX, data={"action": ASKS[0], "email": address})).status_code == 200
        counts.append(counted.count)
    assert counts[1] == counts[2]


async def test_nobody_is_bombed_with_links(core: Core, door: httpx.AsyncClient):
    await mailed(core)
    form = {"action": ASKS[0], "email": "Ada.Lovelace@example.org"}
    codes = [(await door.post(AJAX, data=form)).status_code for _ in range(6)]
    assert codes == [200, 200, 200, 422, 422, 422]
    await run_jobs(core)
    count = "SELECT count(*) FROM captured_mails WHERE recipient ILIKE 'ada%'"
    assert await core.db.fetchval(count) == 2, "the campaign's mail and one link, because the others had not left yet"
    # one visitor cannot ask for all the world either
    codes = [(await door.post(AJAX, data=form | {"email": f"p{n}@example.org"})).status_code for n in range(30)]
    assert codes[-1] == 422


async def test_the_honeypot_and_a_broken_address_are_refused(core: Core, door: httpx.AsyncClient):
    await mailed(core)
    for wrong in ({"website": "x"}, {"email": "no address"}, {"email": ""}, {"email": "a@b.co\r\nBcc: c@d.co"}):
        answer = await door.post(AJAX, data={"action": ASKS[0], "email": "Ada.Lovelace@example.org"} | wrong)
        assert answer.status_code == 422, wrong
    await run_jobs(core)
    assert await core.db.fetchval("SELECT count(*) FROM captured_mails") == 1
