"""The pipeline without a browser: board, moves, stages and numbers, and what is refused."""

from __future__ import annotations

import re

import pytest

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.access import actions as access
from tidings.contacts.actions import add_lists, create_list, write_contacts
from tidings.contacts.types import Draft
from tidings.pipeline import actions, queries
from tidings.platform.core import Core

LEAD, QUALIFIED, WON = 1, 2, 5


async def people(core: Core, n: int) -> list[int]:
    drafts = [Draft({"email": f"p{i}@example.com", "first_name": f"P{i}"}) for i in range(n)]
    return [one.id for one in await write_contacts(core, drafts)]


def cards(text: str) -> list[int]:
    return [int(one) for one in re.findall(r'data-contact="(\d+)"', text)]


async def test_the_board_comes_in_pieces(door: Door, core: Core, statements: StatementCounter):
    empty = (await door.client.get("/pipeline")).text
    assert "Nobody is in the pipeline yet" in empty
    ids = await people(core, 45)
    await actions.move_contacts(core, ids[:1], LEAD)
    with statements as small:
        await door.client.get("/pipeline")
    await actions.move_contacts(core, ids, LEAD)
    with statements as large:
        page = (await door.client.get("/pipeline")).text
    assert small.count == large.count
    seen = cards(page)
    assert len(seen) == 20
    while (more := re.search(r'hx-get="(/pipeline/column/[^"]+)"', page)) is not None:
        page = (await door.client.get(more[1].replace("&amp;", "&"), headers={"hx-request": "true"})).text
        seen += cards(page)
    assert sorted(seen) == ids
    for bad in ("at=x&after=1", "at=2026-01-01&after=1", "at=2026-01-01T00:00:00Z"):
        assert (await door.client.get(f"/pipeline/column/1?{bad}")).status_code == 404


async def test_the_board_is_narrowed(door: Door, core: Core):
    ids = await people(core, 3)
    listed = await create_list(core, title="News")
    await add_lists(core, [ids[1]], [listed])
    await actions.move_contacts(core, ids, LEAD)
    assert cards((await door.client.get("/pipeline?q=P2")).text) == [ids[2]]
    narrowed = await door.client.get(f"/pipeline?list={listed}", headers={"hx-request": "true", "hx-target": "board"})
    assert cards(narrowed.text) == [ids[1]]
    assert "<html" not in narrowed.text


async def test_people_move_by_drag_by_dialog_by_profile_and_in_bulk(door: Door, core: Core):
    a, b, c = await people(core, 3)
    dragged = await door.post("/pipeline/drag", {"contact": a, "stage": LEAD})
    assert dragged.json()["counts"]["1"] == 1
    assert (await door.post("/pipeline/drag", {"contact": a, "stage": 999})).status_code >= 400
    assert "P1" in (await door.client.get(f"/pipeline/move/{b}")).text
    await door.post(f"/pipeline/move/{b}", {"stage": QUALIFIED, "note": "Called <b>them</b>"})
    assert (await door.post(f"/pipeline/move/{b}", {"note": "x"})).status_code == 422
    await door.post(f"/contacts/{c}/stage", {"stage": WON, "note": "Signed"})
    card = await door.post(f"/contacts/{c}/stage", {"stage": LEAD}, {"hx-request": "true"})
    assert "Won → Lead" in card.text
    profile = (await door.client.get(f"/contacts/{b}")).text
    assert "Qualified" in profile
    assert "Called them" in profile
    chosen = await door.post("/contacts/bulk/choose", {"what": "stage", "ids": [a, b]})
    assert "For 2 contacts." in chosen.text
    assert (await door.post("/contacts/bulk", {"what": "stage", "ids": [a, b]})).status_code == 422
    await door.post("/contacts/bulk", {"what": "stage", "ids": [a, b], "stage": WON, "note": "All"})
    standings = await queries.standings_of(core, [a, b, c])
    assert {one: standing.title for one, standing in standings.items()} == {a: "Won", b: "Won", c: "Lead"}
    await door.post(f"/pipeline/move/{c}", {"stage": "out"})
    assert c not in await queries.standings_of(core, [c])
    assert {move.actor for move in await queries.history_of(core, b)} == {"ada"}


async def test_stages_are_made_ordered_and_deleted(door: Door, core: Core):
    await door.post("/pipeline/stages", {"title": "Demo", "color": "#123456", "outcome": "open"})
    made = (await queries.list_stages(core))[-1]
    assert (made.title, made.color) == ("Demo", "#123456")
    for form in ({"title": "", "color": "#123456", "outcome": "open"}, {"title": "demo", "color": "x", "outcome": "y"}):
        assert (await door.post("/pipeline/stages", form)).status_code == 422
    await door.post(f"/pipeline/stages/{made.id}/place", {"position": 0})
    assert (await queries.list_stages(core))[0].id == made.id
    at = f"/pipeline/stages/{made.id}"
    await door.post(at, {"title": "Call", "color": "#000000", "outcome": "won"})
    assert (await queries.stage_by_id(core, made.id)).title == "Call"
    assert (await door.post(at, {"title": "Lead", "color": "#000000", "outcome": "won"})).status_code == 422
    ids = await people(core, 2)
    await actions.move_contacts(core, ids, made.id)
    assert "Where its 2 contacts go" in (await door.client.get(at)).text
    assert "Name the stage" in (await door.post(f"{at}/delete", {})).text
    assert (await door.post(f"{at}/delete", {"move_to": made.id})).status_code == 422
    await door.post(f"{at}/delete", {"move_to": LEAD})
    assert (await queries.list_stages(core))[0].contacts_count == 2
    assert (await door.client.get(at)).status_code == 404
    numbers = (await door.client.get("/pipeline/numbers?days=30")).text
    assert "Lead" in numbers
    assert "Median stay" in numbers


@pytest.mark.parametrize("path", ["/pipeline", "/pipeline/stages", "/pipeline/numbers", "/pipeline/stages/1"])
async def test_who_may_not_read_contacts_sees_no_pipeline(door: Door, core: Core, path: str):
    await access.create_user(core, login="sub", email="s@example.com", password="correct horse battery")
    door.client.cookies.clear()
    await door.log_in("sub", "correct horse battery")
    assert (await door.client.get(path)).status_code == 403
    assert (await door.post("/pipeline/drag", {"contact": 1, "stage": 1})).status_code == 403
