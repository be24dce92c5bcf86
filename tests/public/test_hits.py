"""Pixel and links: the answer is always the reader's, the hit only where the proof is right."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.public.door import CHROME, HOME, TARGET, counted, hits, mailed, visitor
from tidings.app import SECURITY_HEADERS, Dispatcher
from tidings.campaigns import actions as campaigns
from tidings.campaigns.queries import message_counts
from tidings.platform.core import Core
from tidings.platform.db import Database
from tidings.public import app
from tidings.public.hits import GIF, anonymised, with_utm
from tidings.tracking.collector import CLICK, OPEN

SCANNERS = {
    "a scanner's name": {"user-agent": "Mozilla/5.0 (compatible; Proofpoint URL Defense)"},
    "Barracuda": {"user-agent": "BarracudaCentral/1.0 (+http://barracudacentral.org)"},
    "no name at all": {"user-agent": ""},
    "a prefetch": {"sec-purpose": "prefetch;prerender"},
    "the image proxy of Gmail": {"user-agent": f"{CHROME} (via ggpht.com GoogleImageProxy)"},
}


async def test_the_pixel_of_a_real_mail_is_a_gif_and_counts_one_open(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    answer = await door.get(sent.pixel)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/gif", GIF)
    assert answer.headers["cache-control"] == "no-store"
    assert await hits(core) == [(OPEN, False, False)]
    assert await counted(core, sent.message_id) == (1, 0)


async def test_a_wrong_or_foreign_proof_gets_the_pixel_and_records_nothing(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    url = httpx.URL(sent.pixel)
    for wrong in (
        url.copy_set_param("_e_hash", "x"),
        url.copy_set_param("_e_hash", ""),
        url.copy_set_param("_e_hash", "ü" * 36),
        url.copy_set_param("_e_id", str(sent.message_id + 1)),
        url.copy_set_param("_e_id", "٣"),
        url.copy_set_param("_e_id", "9" * 40),
        url.copy_remove_param("_e_id"),
        url.copy_remove_param("_e_hash"),
    ):
        answer = await door.get(wrong)
        assert (answer.status_code, answer.content) == (200, GIF), wrong
    assert await hits(core) == []


async def test_a_head_request_gets_no_body_and_is_a_machine(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    pixel = await door.head(sent.pixel)
    link = await door.head(sent.link)
    assert (pixel.status_code, pixel.content, pixel.headers["content-length"]) == (200, b"", str(len(GIF)))
    assert (link.status_code, link.headers["location"]) == (307, TARGET)
    assert await hits(core) == [(OPEN, True, False), (CLICK, True, False)]
    assert await counted(core, sent.message_id) == (0, 0)


async def test_machines_are_kept_marked_and_count_nowhere(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    for who, headers in SCANNERS.items():
        await door.get(sent.pixel, headers=headers)
        answer = await door.get(sent.link, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (307, TARGET)
        assert (await hits(core))[-2:] == [(OPEN, True, False), (CLICK, True, False)], who
    assert await counted(core, sent.message_id) == (0, 0)
    assert (await message_counts(core, [sent.campaign_id]))[sent.campaign_id] == {"sent": 1}
    facts = await core.db.fetchval("SELECT count(*) FROM facts WHERE kind IN ('message_opened', 'link_clicked')")
    assert facts == 0


async def test_a_link_of_a_real_mail_leads_to_its_target_unchanged(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    answer = await door.get(sent.link)
    assert (answer.status_code, answer.headers["location"], answer.content) == (307, TARGET, b"")
    assert await counted(core, sent.message_id) == (0, 1)
    # who clicks has read the mail, whatever became of the pixel
    assert await core.db.fetchval("SELECT opened_at IS NOT NULL FROM messages WHERE id = $1", sent.message_id)
    fact = await core.db.fetchrow("SELECT contact_id, object_id, data FROM facts WHERE kind = 'link_clicked'")
    assert fact is not None
    assert (fact["contact_id"], fact["object_id"]) == (sent.contact_id, sent.message_id)
    assert fact["data"]["url"] == TARGET


async def test_a_wrong_proof_redirects_all_the_same_and_records_nothing(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    url = httpx.URL(sent.link)
    for wrong in (
        url.copy_set_param("fch", "00000000"),
        url.copy_remove_param("fch"),
        url.copy_remove_param("mid"),
        url.copy_set_param("mid", "-1"),
        url.copy_set_param("mid", "x'; DROP TABLE hits"),
        url.copy_set_param("mid", str(sent.message_id + 1)),
    ):
        answer = await door.get(wrong)
        assert (answer.status_code, answer.headers["location"]) == (307, TARGET), wrong
    assert await hits(core) == []


async def test_an_unknown_link_leads_home(core: Core, door: httpx.AsyncClient):
    for name in ("zzzz", "", "0", "%00", "-1", "Ä", "1" * 40, "../..", "1zzzzzzzzzzzz"):
        answer = await door.get(f"/?ns_url={name}&mid=1&fch=0")
        assert (answer.status_code, answer.headers["location"]) == (302, f"{HOME}/"), name
    assert await hits(core) == []


async def test_a_stored_link_that_is_no_web_address_is_never_followed(core: Core):
    sent = await mailed(core)
    for url in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc/passwd", " https://x.co"):
        await core.db.execute("UPDATE links SET url = $1", url)
        async with visitor(core) as door:
            answer = await door.get(sent.link)
        assert (answer.status_code, answer.headers["location"]) == (302, f"{HOME}/"), url


async def test_a_line_break_in_a_stored_link_cannot_split_a_header(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    await core.db.execute("UPDATE links SET url = $1", "https://x.example/a\r\nset-cookie: a=b\r\n\r\n<b>\u2028é")
    answer = await door.get(sent.link)
    assert answer.status_code == 307
    assert "set-cookie" not in answer.headers
    assert answer.headers["location"] == "https://x.example/a%0D%0Aset-cookie:%20a=b%0D%0A%0D%0A<b>%E2%80%A8%C3%A9"
    wrong = await door.get(httpx.URL(sent.link).copy_set_param("fch", "0"))
    assert wrong.headers["location"] == answer.headers["location"]


async def test_anonymous_tracking_names_nobody_whatever_the_address_says(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core, tracks_opens="anonymous", tracks_clicks="anonymous")
    await door.get(sent.pixel)
    await door.get(sent.link)
    # the word is taken away, but the campaign still says so
    await door.get(httpx.URL(sent.link).copy_remove_param("ano"))
    assert await hits(core) == [(OPEN, False, True), (CLICK, False, True), (CLICK, False, True)]
    rows = await core.db.fetch("SELECT ip, agent FROM hits")
    assert [tuple(row) for row in rows] == [(None, None)] * 3
    assert await counted(core, sent.message_id) == (0, 0)
    assert await core.db.fetchval("SELECT sum(n) FROM anonymous_hits WHERE kind = $1", CLICK) == 2
    assert await core.db.fetchval("SELECT clicked_at FROM contacts WHERE id = $1", sent.contact_id) is None


async def test_an_untracked_campaign_carries_neither_pixel_nor_tracked_link(core: Core):
    sent = await mailed(core, tracks_opens="no", tracks_clicks="no")
    assert "route=open" not in sent.html
    assert "ns_url=" not in sent.html
    assert TARGET.replace("&", "&amp;") in sent.html


async def test_utm_words_join_the_query_of_the_target(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core, utm={"status": True, "source": "new s&", "medium": "mail", "term": ""})
    answer = await door.get(sent.link)
    wanted = "https://shop.example.org/sale?a=1&b=2&utm_source=new+s%26&utm_medium=mail#top"
    assert answer.headers["location"] == wanted


def test_utm_words_leave_an_address_alone_where_there_are_none():
    assert with_utm("https://x.co/#a", None) == "https://x.co/#a"
    assert with_utm("https://x.co/#a", {"status": False, "source": "s"}) == "https://x.co/#a"
    assert with_utm("https://x.co/#a", {"status": True, "source": ""}) == "https://x.co/#a"
    assert with_utm("https://x.co/p%20q", {"status": True, "source": "s"}) == "https://x.co/p%20q?utm_source=s"


def test_addresses_lose_their_last_part():
    assert anonymised("198.51.100.77") == "198.51.100.0"
    assert anonymised("2001:db8:1:2:3:4:5:6") == "2001:db8:1::"
    assert anonymised("unix:") is None


@pytest.mark.parametrize(("anonymizes", "stored"), [(False, "127.0.0.1"), (True, "127.0.0.0")])
async def test_the_stored_address_is_as_whole_as_the_installation_wants(
    core: Core, door: httpx.AsyncClient, anonymizes: bool, stored: str
):
    await core.installation.put({"anonymize_ip": anonymizes})
    sent = await mailed(core)
    await door.get(sent.pixel)
    assert await core.db.fetchval("SELECT ip FROM hits") == stored


async def test_many_hits_at_once_are_all_kept_and_counted_once(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    answers = await asyncio.gather(*(door.get(sent.link if n % 2 else sent.pixel) for n in range(400)))
    assert {answer.status_code for answer in answers} == {200, 307}
    assert await counted(core, sent.message_id) == (200, 200)


async def test_a_database_that_is_gone_stops_no_reader_on_the_way_to_a_known_link(
    core: Core, dsn: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tidings.tracking.collector.PATIENCE", 0.3)
    sent = await mailed(core)
    db = await Database.open(dsn, max_size=2)
    own = Core(db, core.clock, core.keys, type(core.installation)(db, core.keys), core.data_dir)
    transport = httpx.ASGITransport(Dispatcher(own, {"public": app.build(own)}))
    async with httpx.AsyncClient(transport=transport, base_url=HOME, headers={"user-agent": CHROME}) as door:
        assert (await door.get(sent.link)).status_code == 307
        await db.close()
        link, pixel = await asyncio.gather(door.get(sent.link), door.get(sent.pixel))
        assert (link.status_code, link.headers["location"]) == (307, TARGET)
        assert (pixel.status_code, pixel.content) == (200, GIF)
        for path in (sent.one_click, sent.address("email_preview"), "/?ns_url=zz&mid=1"):
            answer = await door.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "10"), path
            assert "try again" in answer.text
    assert await hits(core) == [(CLICK, False, False)]


async def test_every_public_answer_carries_the_security_headers(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    for url in (sent.pixel, sent.link, sent.one_click, "/?fluentcrm=1&route=nothing", sent.address("email_preview")):
        answer = await door.get(url)
        for name, value in SECURITY_HEADERS:
            wanted = "no-referrer" if name == b"referrer-policy" else value.decode()
            assert answer.headers[name.decode()] == wanted, (url, name)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]
        assert answer.headers["x-robots-tag"] == "noindex"
        assert "set-cookie" not in answer.headers
        assert len(answer.headers.get_list("content-type")) == 1


async def test_a_link_leads_where_it_led_when_the_mail_left(core: Core, door: httpx.AsyncClient):
    """A later version of the mail registers its own links; those of mails that are out stay."""
    sent = await mailed(core)
    await core.db.execute("UPDATE campaigns SET state = 'draft'")
    await campaigns.update_campaign(core, sent.campaign_id, body='<p><a href="https://other.example/">o</a></p>')
    assert (await door.get(sent.link)).headers["location"] == TARGET
