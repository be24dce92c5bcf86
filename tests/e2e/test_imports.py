"""The import in a real browser: a wrong file, columns, options, live progress that survives, the report."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.contacts import actions as contacts
from tidings.contacts.queries import count_contacts
from tidings.contacts.types import CustomField
from tidings.imports.running import run_import

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _look(browse: Browse, name: str) -> None:
    """Axe in both themes, no overhang on a phone, a picture."""
    page = browse.page
    for theme in ("light", "dark"):
        await page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
        await browse.check_access()
    await page.set_viewport_size({"width": 360, "height": 740})
    overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overhang <= 0, f"{name} is {overhang} pixels too wide for a phone"
    await page.set_viewport_size({"width": 1280, "height": 860})
    await browse.shoot(name)


def _csv(rows: int) -> str:
    lines = ["E-Mail;Vorname;Nachname;Ort;Plan;Plätze;Leser seit;Bemerkung"]
    lines += [
        f"leser{n}@example.org;{('Zoë', 'Jürgen', 'Márton')[n % 3]};Weber;{('Lyon', 'Köln')[n % 2]};"
        f"{('Free', 'Pro')[n % 2]};{n % 40};2024-0{1 + n % 9}-1{n % 10};{'mag Gedichte' if n % 3 else ''}"
        for n in range(rows)
    ]
    lines[3] = lines[3].replace("@", " at ")
    lines[5] = lines[5].replace("leser4@example.org", "")
    return "\n".join(lines) + "\n"


async def test_a_file_with_mistakes_becomes_contacts_and_a_report(
    administrator: LiveServer, browse: Browse, tmp_path: Path
):
    core = administrator.core
    await contacts.create_list(core, title="Newsletter")
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "single-select", options=("Free", "Pro"))])
    page = await browse.log_in()
    await browse.go("/import")
    await page.get_by_role("button", name="Upload and look").click()
    await expect(page.get_by_text("Choose a CSV file.")).to_be_visible()
    workbook = tmp_path / "contacts.xlsx"
    workbook.write_bytes(b"PK\x03\x04" + b"\0" * 100)
    await page.get_by_label("CSV file").set_input_files(workbook)
    await page.get_by_role("button", name="Upload and look").click()
    await expect(page.get_by_role("alert")).to_contain_text("contacts.xlsx: The file is a ZIP archive")
    await expect(page.get_by_label("CSV file")).to_have_attribute("aria-invalid", "true")
    await _look(browse, "import-refused")
    people = tmp_path / "Leser 2026.csv"
    people.write_text(_csv(4000), encoding="cp1252")
    await page.get_by_label("CSV file").set_input_files(people)
    await page.get_by_role("button", name="Upload and look").click()

    await expect(page).to_have_url(re.compile("/columns$"))
    await expect(page.get_by_label("Separated by")).to_have_value(";")
    await expect(page.get_by_label("Vorname")).to_have_value("first_name")
    await expect(page.get_by_label("Plan", exact=True)).to_have_value("custom.plan")
    await expect(page.get_by_label("Plätze")).to_have_value("")
    await page.get_by_label("Plätze").select_option("new:number")
    await page.get_by_label("Leser seit").select_option("new:date")
    await page.get_by_label("Bemerkung").select_option("first_name")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("#target-7-error")).to_contain_text("both go to first_name")
    await page.get_by_label("Bemerkung").select_option("")
    await _look(browse, "import-columns")
    await page.get_by_role("button", name="Continue").click()

    await expect(page).to_have_url(re.compile("/options$"))
    await page.get_by_label("Newsletter").check()
    await page.get_by_label("New tags").fill("Spring fair")
    await page.get_by_label("Fill in").check()
    await page.get_by_label("Where did they agree to your mails?").fill("Spring fair 2026")
    await _look(browse, "import-options")
    await page.get_by_role("button", name="Start the import").click()

    await expect(page.get_by_role("heading", name="Waiting for its turn")).to_be_visible()
    await browse.check_access()
    # As a worker would, in small chunks so that there is something to see.
    run = asyncio.create_task(run_import(core, 1, max_rows=2))
    await expect(page.get_by_role("heading", name="It is running")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"[\d,]+ rows per second"))).to_be_visible()
    await expect(page.get_by_text(re.compile(r"\w+ left$"))).to_be_visible()
    await browse.go("/")
    await browse.go("/import")
    await expect(page.get_by_role("cell", name="Running")).to_be_visible()
    await page.get_by_role("link", name="Leser 2026.csv").click()
    await expect(page.get_by_role("heading", name="It is running")).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Stop").click()
    await expect(page.get_by_text(re.compile(r"Stopped at \d+% of the file"))).to_be_visible()
    assert (await run).state == "stopped"
    await _look(browse, "import-stopped")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", name="Waiting for its turn")).to_be_visible()
    await browse.shoot("import-waiting")
    assert (await run_import(core, 1)).state == "done"

    await expect(page.get_by_role("link", name="Show contacts")).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("^4 .*at example.org"))).to_be_visible()
    await _look(browse, "import-report")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download").click()
    saved = tmp_path / "rejected.csv"
    await (await download.value).save_as(saved)
    text = saved.read_text(encoding="utf-8-sig")
    assert text.startswith("E-Mail,Vorname,Nachname,Ort,Plan,Plätze,Leser seit,Bemerkung,line,reason")
    assert text.count("\n") == 3
    assert await count_contacts(core) == 3998
    await browse.go("/import")
    await _look(browse, "imports")
