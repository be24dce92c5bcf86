"""Who is a machine."""

from __future__ import annotations

import pytest

from tidings.tracking.machines import is_machine

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


@pytest.mark.parametrize("is_click", [True, False])
def test_a_browser_is_a_person(is_click: bool):
    assert not is_machine("GET", {"user-agent": CHROME}, is_click=is_click)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1)",
        "Barracuda Sentinel (EE)",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com",
        "Mimecast scanner",
        "",
    ],
)
def test_scanners_and_proxies_are_machines(agent: str):
    assert is_machine("GET", {"user-agent": agent}, is_click=False)


def test_head_and_prefetch_are_machines():
    assert is_machine("HEAD", {"user-agent": CHROME}, is_click=True)
    assert is_machine("GET", {"user-agent": CHROME, "sec-purpose": "prefetch;anonymous-client-ip"}, is_click=True)


def test_apples_privacy_proxy_opens_are_machine_opens():
    assert is_machine("GET", {"user-agent": "Mozilla/5.0"}, is_click=False)
    assert not is_machine("GET", {"user-agent": "Mozilla/5.0"}, is_click=True)
