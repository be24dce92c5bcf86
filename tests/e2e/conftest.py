"""A real server on a free port over a fresh database, and a real browser that looks at it.

`live_server` starts the web process exactly as `tidings web` does; `browse` gives pages and fails the test on script
errors, requests to other hosts and breaches of the content policy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.serving import SECRET_KEY, serving
from tidings.access import actions as access
from tidings.platform.core import Core
from tidings.platform.crypto import load_keyring
from tidings.platform.installation import Installation
from tidings.ui.shell.assets import DIST

PASSWORD = "a quiet harbour"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# Names of the shots that a developer looks at; nothing is compared.
SHOTS = os.environ.get("TIDINGS_SCREENSHOTS")
_FAILED = pytest.StashKey[bool]()
# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)


@dataclass(frozen=True, slots=True)
class LiveServer:
    """Where the server answers, and a core over the same database and keys."""

    url: str
    core: Core


@pytest.fixture(scope="session")
def built_interface() -> None:
    """Builds the assets once when they are not there; without Node the browser tests are skipped."""
    if (DIST / "manifest.json").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("the interface is not built and there is no npm")
    frontend = Path(__file__).parents[2] / "frontend"
    subprocess.run([npm, "ci"], cwd=frontend, check=True, capture_output=True)
    subprocess.run([npm, "run", "build"], cwd=frontend, check=True, capture_output=True)


@pytest.fixture
def live_server(built_interface: None, dsn: str, core: Core, tmp_path: Path) -> Iterator[LiveServer]:
    """Tidings on a free port, over the test's own database."""
    with serving(dsn, tmp_path) as url:
        keys = load_keyring(tmp_path, SECRET_KEY)
        yield LiveServer(url, Core(core.db, core.clock, keys, Installation(core.db, keys), tmp_path))


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium of the machine; TIDINGS_CHROMIUM names another one."""
    path = os.environ.get("TIDINGS_CHROMIUM") or next((p for p in CHROMIUM if shutil.which(p)), None)
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        await opened.close()


@dataclass
class Browse:
    """A browser of one person."""

    server: LiveServer
    context: BrowserContext
    page: Page
    problems: list[str] = field(default_factory=list)

    async def go(self, path: str) -> Page:
        """Opens a page of the server and waits until its islands stand."""
        await self.page.goto(self.server.url + path)
        await self.page.wait_for_load_state("networkidle")
        return self.page

    async def log_in(self, login: str = "admin", password: str = PASSWORD) -> Page:
        """Through the form, as a person would."""
        await self.go("/login")
        await self.page.get_by_label("Login or e-mail").fill(login)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Log in").click()
        await self.page.wait_for_url(lambda url: "/login" not in url)
        return self.page

    async def check_access(self) -> None:
        """No breach of WCAG 2.2 A and AA that axe can see on the page as it stands."""
        # Colours in the middle of a transition are nobody's; endless animations (skeletons) are not waited for.
        # A colour that is inherited begins its own transition when its parent's has ended, so it is asked again.
        await self.page.evaluate(
            """async () => {
                const running = () => document.getAnimations()
                    .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
                for (let all = running(); all.length; all = running()) {
                    await Promise.all(all.map((one) => one.finished.catch(() => null)));
                    await new Promise((again) => requestAnimationFrame(again));
                }
            }"""
        )
        # Axe is put in by the debugger's door, because the content policy refuses foreign scripts.
        await self.page.evaluate(AXE_FILE_PATH.read_text())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found: Any = await self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags
        )
        said = [
            f"{v['id']}: {v['help']}\n    " + "\n    ".join(n["html"][:200] for n in v["nodes"][:4])
            for v in found["violations"]
        ]
        assert not said, f"{self.page.url}\n" + "\n".join(said)

    async def shoot(self, name: str) -> None:
        """Pictures in light and dark, on a desk and on a phone, when TIDINGS_SCREENSHOTS names a folder."""
        if not SHOTS:
            return
        before = self.page.viewport_size
        for size, width, height in (("desk", 1280, 860), ("phone", 375, 812)):
            await self.page.set_viewport_size({"width": width, "height": height})
            for theme in ("light", "dark"):
                await self.page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
                await self.page.wait_for_timeout(350)
                path = Path(SHOTS) / f"{name}-{size}-{theme}.png"
                await self.page.screenshot(path=path, full_page=True)
        await self.page.set_viewport_size(before or {"width": 1280, "height": 860})
        await self.page.evaluate("() => dispatchEvent(new Event('tidings:theme'))")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI, where the machine may be busy, a browser test has a second try; the report names those that needed it."""
    if os.environ.get("CI"):
        for item in items:
            if item.get_closest_marker("e2e") is not None:
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps whether the test failed, for `browse` to tell what it saw."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What went wrong with a first try, although the second went well."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.write_sep("-", f"first try of {report.nodeid}")
        terminalreporter.write_line(f"{report.longreprtext[-3000:]}\n{report.capstdout[-3000:]}")


@pytest.fixture
async def browse(live_server: LiveServer, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Browse]:
    """A fresh browser profile on the server; a test that fails prints what the page showed."""
    context = await browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    page = await context.new_page()
    found = Browse(live_server, context, page)
    page.on("pageerror", lambda error: found.problems.append(f"script error on {page.url}: {error}"))
    page.on(
        "console",
        lambda message: (
            message.type == "error" and "Content Security" in message.text and found.problems.append(message.text)
        ),
    )

    def watch(request: Any) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:", "about:")):
            found.problems.append(f"a request to another host: {request.url}")

    answers: list[str] = []
    page.on("request", watch)
    page.on("response", lambda one: answers.append(f"{one.status} {one.request.method} {one.url}"))
    yield found
    if request.node.stash.get(_FAILED, False):
        text = await page.locator("body").inner_text()
        print(f"\n{page.url}\n{text[:3000]}\n" + "\n".join(answers[-10:]))
    await context.close()
    assert not found.problems, found.problems


@pytest.fixture
async def administrator(live_server: LiveServer) -> LiveServer:
    """The server with an administrator (`admin`, PASSWORD) and the first run behind it."""
    await access.create_user(
        live_server.core,
        login="admin",
        email="ada@example.com",
        first_name="Ada",
        last_name="Harbour",
        role="administrator",
        password=PASSWORD,
    )
    await live_server.core.installation.put(
        {"is_set_up": True, "business_name": "Harbour Books", "business_address": "1 Quay, Bristol"}
    )
    return live_server
