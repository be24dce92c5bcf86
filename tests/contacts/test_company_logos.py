"""The logo of a company is the icon that its web site names."""

from __future__ import annotations

import asyncio

import pytest

from tidings.contacts.companies import actions, queries
from tidings.contacts.companies.logos import icon_of, look_up_logo
from tidings.contacts.companies.types import CompanyDraft
from tidings.platform.core import Core


@pytest.mark.parametrize(
    ("html", "icon"),
    [
        ('<link rel="icon" href="/a.png"><link rel="apple-touch-icon" href="b.png">', "https://acme.test/x/b.png"),
        ("<LINK REL='shortcut icon' HREF='//cdn.test/f.ico'>", "https://cdn.test/f.ico"),
        ('<link rel="icon" href="data:image/png;base64,xx">', None),
        ('<link rel="icon" href="javascript:alert(1)"><link rel="icon">', None),
        ('<link rel="icon" href="/a.png"><![odd[ ]]>', "https://acme.test/a.png"),
        ('<link rel="stylesheet" href="/a.css"> no icon', None),
    ],
)
def test_the_best_icon_of_a_page_is_taken(html: str, icon: str | None):
    assert icon_of(html, "https://acme.test/x/") == icon


async def test_a_logo_is_looked_up_and_a_site_that_fails_changes_nothing(core: Core):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        status = b"500 No" if b" /broken " in head else b"200 OK"
        body = b'<link rel="icon" href="/icon.png">'
        length = str(len(body)).encode()
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: " + length + b"\r\nConnection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    site = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    made = [
        await actions.create_company(core, CompanyDraft({"name": str(n), "website": website}))
        for n, website in enumerate([f"{site}/", f"{site}/broken", None])
    ]
    # A private address is not asked unless the installation allows it.
    assert await look_up_logo(core, made[0]) is None
    await core.installation.put({"allow_private_targets": True})
    assert [await look_up_logo(core, one) for one in made] == [f"{site}/icon.png", None, None]
    assert (await queries.company_by_id(core, made[0])).company.logo == f"{site}/icon.png"
    server.close()
    await server.wait_closed()
    assert await look_up_logo(core, made[0]) is None
