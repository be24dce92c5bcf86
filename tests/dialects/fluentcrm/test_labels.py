"""Labels: no rules but the colour's, and two shapes."""

from __future__ import annotations

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW


async def test_labels_take_everything_but_a_bad_colour(crm: Mouth):
    assert (await crm.get("/labels")).json() == {"labels": []}
    sent = {"slug": "urgent", "title": "Urgent", "color": "#ff0000"}
    made = await crm.post("/labels", {"label": sent})
    label = {"slug": "urgent", "title": "Urgent", "settings": {"color": "#ff0000"}}
    label |= {"updated_at": NOW, "created_at": NOW, "id": 1}
    assert made.json() == {"label": label, "message": "Label has been created successfully"}
    for color in ("red", "#ff00", "#ggg000", "#ff0000;", "", None, 5):
        one = (await crm.post("/labels", {"label": {**sent, "color": color}})).json()["label"]
        assert (one["slug"], one["settings"]) == ("urgent", {"color": None}), color
    empty = (await crm.post("/labels", {})).json()["label"]
    assert (empty["slug"], empty["title"]) == ("", "")
    # As JSON text inside the body it is the same.
    text = (await crm.post("/labels", {"label": '{"title": "T", "slug": "t", "color": "#00ff00"}'})).json()
    assert (text["label"]["title"], text["label"]["settings"]) == ("T", {"color": "#00ff00"})
    rows = (await crm.get("/labels")).json()["labels"]
    assert {"id": 1, "slug": "urgent", "title": "Urgent", "color": "#ff0000"} in rows
    assert len(rows) == 10


async def test_a_label_is_changed_whole_and_removed(crm: Mouth):
    await crm.post("/labels", {"label": {"slug": "q", "title": "Q", "color": "#ff0000"}})
    answer = await crm.put("/labels/1", {"label": {"slug": "q3", "title": "Quarter 3", "color": "#00ff00"}})
    assert answer.json() == {
        "label": {
            "id": 1,
            "parent_id": None,
            "slug": "q3",
            "title": "Quarter 3",
            "position": "1.00",
            "description": None,
            "settings": {"color": "#00ff00"},
            "created_at": NOW,
            "updated_at": NOW,
        },
        "message": "Labels have been updated successfully",
    }
    missing = await crm.put("/labels/9", {"label": {"slug": "q3", "title": "x", "color": ""}})
    assert (missing.status_code, missing.json()["message"]) == (404, "No query results for model [Label] 9")
    assert (await crm.delete("/labels/1")).json() == {"message": "Label has been deleted successfully"}
    assert (await crm.delete("/labels/1")).status_code == 404
    assert (await crm.get("/labels")).json() == {"labels": []}
