"""Landing pages of the Furiosa dialect: listed in pages, read, never written."""

from __future__ import annotations

from tests.conftest import StatementCounter
from tests.dialects.furiosa.test_keys import refused
from tests.dialects.mouth import Mouth
from tidings.pages import actions as pages
from tidings.pages.types import Block, PageDraft
from tidings.platform.core import Core


async def test_pages_are_listed_in_pages_and_only_read(core: Core, furiosa: Mouth, statements: StatementCounter):
    assert (await furiosa.get("/pages")).json() == {"data": [], "total": 0, "page": 1, "per_page": 25, "total_pages": 1}
    for n in range(3):
        made = await pages.create_page(core, PageDraft(f"Page {n}", f"page-{n}", blocks=[Block("divider")]))
        await pages.count_view(core, made)
    await pages.publish_page(core, 2)
    await pages.publish_page(core, 3)
    await pages.unpublish_page(core, 3)
    page = (await furiosa.get("/pages", per_page=2, page=2)).json()
    assert ([one["slug"] for one in page["data"]], page["total"], page["total_pages"]) == (["page-2"], 3, 2)
    everything = (await furiosa.get("/pages", unknown="x")).json()["data"]
    assert [one["status"] for one in everything] == ["draft", "published", "unpublished"]
    assert [(one["views_count"], one["audience_id"]) for one in everything] == [(1, None)] * 3
    for name, value in (("per_page", 101), ("per_page", "x"), ("page", 0)):
        answer = await furiosa.get("/pages", **{name: value})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [name])
    for path in ("/pages/99", "/pages/page-1", "/pages/0"):
        refused(await furiosa.get(path), 404)
    for method, path in (("POST", "/pages"), ("PUT", "/pages/1"), ("DELETE", "/pages/1")):
        answer = await furiosa.ask(method, path, {})
        refused(answer, 405)
        assert answer.headers["allow"] == "GET"
    with statements as small:
        await furiosa.get("/pages", per_page=1)
    with statements as large:
        await furiosa.get("/pages", per_page=3)
    assert small.count == large.count
