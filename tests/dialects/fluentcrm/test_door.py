"""The way in: credentials, permissions, routes, methods, forms and JSON, before any resource is touched."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.dialects.mouth import Mouth, changed, rows
from tidings.access import actions as access
from tidings.platform.core import Core

DENIED = {"code": "rest_forbidden", "message": "Sorry, you are not allowed to do that."}
NO_ROUTE = {
    "code": "rest_no_route",
    "message": "No route was found matching the URL and request method.",
    "data": {"status": 404},
}
# One route per permission: what the holder of it alone (with what it depends on) may do.
BY_PERMISSION = {
    "fcrm_view_dashboard": [("GET", "/reports/dashboard-stats"), ("GET", "/reports/email-sents")],
    "fcrm_read_contacts": [("GET", "/subscribers"), ("GET", "/subscribers/1/notes"), ("GET", "/labels")],
    "fcrm_manage_contacts": [("POST", "/subscribers"), ("PUT", "/subscribers/1"), ("GET", "/users")],
    "fcrm_manage_contacts_delete": [("DELETE", "/subscribers/1"), ("DELETE", "/subscribers")],
    "fcrm_manage_contact_cats": [("GET", "/tags"), ("PUT", "/lists/1"), ("POST", "/tags/bulk"), ("POST", "/labels")],
    "fcrm_manage_contact_cats_delete": [("DELETE", "/tags/1"), ("POST", "/lists/do-bulk-action")],
    "fcrm_read_emails": [("GET", "/campaigns"), ("POST", "/campaigns/estimated-contacts")],
    "fcrm_manage_emails": [("POST", "/campaigns"), ("POST", "/campaigns/1/schedule")],
    "fcrm_manage_email_delete": [("DELETE", "/campaigns/1"), ("DELETE", "/campaigns/1/emails")],
    "fcrm_manage_settings": [("GET", "/setting"), ("PUT", "/custom-fields/contacts")],
}
DEPENDS = {
    "fcrm_manage_contacts": "fcrm_read_contacts",
    "fcrm_manage_contacts_delete": "fcrm_read_contacts",
    "fcrm_manage_contact_cats": "fcrm_read_contacts",
    "fcrm_manage_contact_cats_delete": "fcrm_read_contacts",
    "fcrm_manage_emails": "fcrm_read_emails",
    "fcrm_manage_email_delete": "fcrm_read_emails",
}


def denied(answer: httpx.Response, status: int) -> bool:
    """Whether an answer is the refusal with that status, in the text and in the body."""
    return answer.status_code == status and answer.json() == {**DENIED, "data": {"status": status}}


def basic(login: str, password: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(f'{login}:{password}'.encode()).decode()}"


async def test_only_a_user_with_an_application_password_comes_in(crm: Mouth):
    login, secret = crm.auth
    bare = secret.replace(" ", "")
    assert len(bare) == 24
    assert secret == " ".join(bare[at : at + 4] for at in range(0, 24, 4))
    for good in (
        basic(login, secret),
        basic(login, bare),
        basic("ada@example.com", bare),
        basic(login, bare, "BASIC"),
        basic(login, bare, "basic"),
    ):
        assert (await crm.ask("GET", "/tags", auth=good)).status_code == 200, good
    for bad in (
        "",
        basic(login, "wrong"),
        basic("nobody", bare),
        basic(login, bare[:-1]),
        f"Bearer {bare}",
        "Basic",
        "Basic !!!",
        f"Basic {base64.b64encode(login.encode()).decode()}",
    ):
        assert denied(await crm.ask("GET", "/tags", auth=bad), 401), bad
    assert denied(await crm.ask("GET", f"/tags?user={login}&password={bare}", auth=""), 401)


async def test_a_revoked_password_or_a_disabled_user_is_refused_at_once(core: Core, crm: Mouth):
    user = await access.create_user(core, login="eve", email="eve@example.com", role="administrator")
    key, secret = await access.create_key(core, kind="application-password", name="a", user_id=user.id)
    other = await crm.new_key("eve")
    assert (await crm.ask("GET", "/tags", auth=("eve", secret))).status_code == 200
    await access.revoke_key(core, key.id)
    assert denied(await crm.ask("GET", "/tags", auth=("eve", secret)), 401)
    assert (await crm.ask("GET", "/tags", auth=other)).status_code == 200
    await access.disable_user(core, user.id)
    assert denied(await crm.ask("GET", "/tags", auth=other), 401)


async def test_each_permission_opens_its_routes_and_no_other(core: Core, crm: Mouth):
    await access.create_user(core, login="sub", email="sub@example.com", role="subscriber")
    subscriber = await crm.new_key("sub")
    keys: dict[str, Any] = {}
    for name in BY_PERMISSION:
        held = [name, *([DEPENDS[name]] if name in DEPENDS else [])]
        login = name.removeprefix("fcrm_")
        await access.create_user(core, login=login, email=f"{login}@example.com", role="editor", permissions=held)
        keys[name] = await crm.new_key(login)
    before = await rows(core)
    for name, routes in BY_PERMISSION.items():
        for method, path in routes:
            body = None if method == "GET" else {}
            assert denied(await crm.ask(method, path, body, auth=subscriber), 403), path
            for other, key in keys.items():
                answer = await crm.ask(method, path, body, auth=key)
                is_open = name in (other, DEPENDS.get(other)) or path == "/labels"
                if not is_open and path not in ("/users",):
                    assert denied(answer, 403), (path, other)
                elif name == other:
                    assert answer.status_code != 403, (path, other)
    # The index says what there is to everybody who is known.
    assert (await crm.ask("GET", "/", auth=subscriber)).status_code == 200
    touched = await changed(core, before)
    assert "contacts" not in touched
    assert "tags" not in touched


async def test_what_is_no_route_is_one_404_whatever_the_method(crm: Mouth):
    for method, path in (
        ("GET", "/nothing-here"),
        ("GET", "/subscribers/abc"),
        ("GET", "/subscribers/-1"),
        ("PATCH", "/tags"),
        ("DELETE", "/tags"),
        ("POST", "/tags/1"),
        ("GET", "/tags/1/2"),
        ("GET", "//tags"),
    ):
        answer = await crm.ask(method, path)
        assert (answer.status_code, answer.json()) == (404, NO_ROUTE), (method, path)
    assert (await crm.ask("GET", "/tags/")).status_code == 200
    elsewhere = await crm.client.get("/wp-json/other/v1/x")
    assert (elsewhere.status_code, elsewhere.json()) == (404, NO_ROUTE)


async def test_head_has_no_body_and_options_lists_the_methods(crm: Mouth):
    head = await crm.ask("HEAD", "/tags")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len((await crm.get("/tags")).content)
    answer = await crm.ask("OPTIONS", "/tags")
    assert answer.status_code == 200
    assert answer.json()["methods"] == ["GET", "POST"]
    assert answer.json()["endpoints"] == [{"methods": ["GET"], "args": []}, {"methods": ["POST"], "args": []}]


async def test_a_post_may_stand_for_another_method(core: Core, crm: Mouth):
    made = (await crm.post("/tags", {"title": "One"})).json()["item"]["id"]
    over = {"x-http-method-override": "put"}
    assert (await crm.post(f"/tags/{made}", {"title": "Two"}, headers=over)).json()["lists"] == 1
    assert (await crm.post(f"/tags/{made}", {"title": "Three"}, query={"_method": "PUT"})).json()["lists"] == 1
    assert (await crm.get(f"/tags/{made}")).json()["tag"]["title"] == "Three"
    # A read never becomes a write, and the permission is that of the method meant.
    assert (await crm.ask("GET", f"/tags/{made}", headers={"x-http-method-override": "DELETE"})).status_code == 200
    permissions = ["fcrm_read_contacts", "fcrm_manage_contact_cats"]
    await access.create_user(core, login="ed", email="ed@example.com", role="editor", permissions=permissions)
    editor = await crm.new_key("ed")
    refused = await crm.post(f"/tags/{made}", {}, headers={"x-http-method-override": "DELETE"}, auth=editor)
    assert denied(refused, 403)
    gone = await crm.post(f"/tags/{made}", headers={"x-http-method-override": "DELETE"})
    assert gone.json() == {"message": "Successfully removed the tag."}


async def test_json_forms_and_queries_are_one_set_of_parameters(crm: Mouth):
    form = {"content-type": "application/x-www-form-urlencoded"}
    raw = b"email=f%40example.com&status=pending&tags[]=blue&tags[]=red&custom_values[x]=1&first_name=F"
    made = (await crm.post("/subscribers", raw=raw, headers=form)).json()["contact"]
    assert {tag["title"] for tag in made["tags"]} == {"blue", "red"}
    assert (made["status"], made["first_name"]) == ("pending", "F")
    # The body wins over the query; JSON in a PUT and a DELETE counts too.
    put = await crm.put(f"/subscribers/{made['id']}", {"first_name": "B"}, query={"first_name": "Q", "last_name": "L"})
    assert put.json()["contact"]["full_name"] == "B L"
    multipart = await crm.client.put(
        f"{crm.prefix}/subscribers/{made['id']}", files={"subscriber": (None, '{"city": "Kiel"}')}, auth=crm.auth
    )
    assert multipart.json()["contact"]["city"] == "Kiel"
    broken = await crm.post("/tags", raw=b"{", headers={"content-type": "application/json"})
    assert (broken.status_code, broken.json()["code"], broken.json()["data"]) == (
        400,
        "rest_invalid_json",
        {"status": 400},
    )
    gone = await crm.delete("/subscribers", {"subscribers": [made["id"]]})
    assert gone.json() == {"message": "Selected Subscribers have been deleted"}


async def test_the_route_may_stand_in_the_query_and_the_answer_in_an_envelope(crm: Mouth):
    answer = await crm.client.get("/", params={"rest_route": "/fluent-crm/v2/tags"}, auth=crm.auth)
    assert answer.status_code == 200
    assert answer.json()["tags"]["total"] == 0
    missing = await crm.get("/subscribers/9", _envelope="1")
    assert (missing.status_code, missing.json()["status"]) == (200, 422)
    assert missing.json()["body"] == {"message": "Subscriber not found"}
    assert (await crm.get("/nothing", _envelope="1")).json()["status"] == 404
    wrapped = (await crm.get("/tags/9", _envelope="1")).json()
    assert wrapped["body"] == {"tag": None}
    assert wrapped["status"] == 200
    assert "Content-Type" in wrapped["headers"]


async def test_the_index_lists_every_route(crm: Mouth):
    body = (await crm.get("/")).json()
    assert set(body) == {"namespace", "routes", "_links"}
    assert body["namespace"] == "fluent-crm/v2"
    told = {(method, path) for path, entry in body["routes"].items() for method in entry["methods"]}
    assert told == {(r.method, f"/fluent-crm/v2{r.path.rstrip('/')}") for r in crm.table.routes}


@pytest.mark.parametrize("path", ["/tags", "/subscribers", "/campaigns"])
async def test_pages_tell_where_they_stand(crm: Mouth, path: str):
    noun = path[1:]
    for one in ("a", "b", "c"):
        body = {"title": one, "email": f"{one}@example.com", "status": "subscribed"}
        assert (await crm.post(path, body)).status_code == 200
    page = (await crm.get(path, per_page=2, page=2, sort_by="id", sort_order="asc", sort_type="asc")).json()[noun]
    assert page["data"][0]["id"] == 3
    assert len(page["data"]) == 1
    assert {k: page[k] for k in ("current_page", "from", "to", "total", "per_page", "last_page")} == {
        "current_page": 2,
        "from": 3,
        "to": 3,
        "total": 3,
        "per_page": 2,
        "last_page": 2,
    }
    assert page["prev_page_url"].endswith("page=1")
    assert page["next_page_url"] is None
    assert page["path"].endswith(f"/wp-json/fluent-crm/v2{path}")
    assert "per_page=2" in page["first_page_url"]
    assert page["last_page_url"].endswith("page=2")
    assert [link["label"] for link in page["links"]] == ["pagination.previous", "1", "2", "pagination.next"]
    assert [link["active"] for link in page["links"]] == [False, False, True, False]
    past = (await crm.get(path, page=9)).json()[noun]
    assert (past["data"], past["from"], past["to"], past["current_page"], past["per_page"]) == ([], None, None, 9, 15)
    # Sizes that are none fall back; no page is larger than 1000.
    for size, told in ((0, 15), (-1, 15), ("x", 15), (5000, 1000), ("3", 3)):
        assert (await crm.get(path, per_page=size, page=size)).json()[noun]["per_page"] == told
    # Every spelling of a sort; what is not allowed is the newest first.
    for column, direction in (("sort_by", "sort_type"), ("sort_by", "sort_order"), ("orderBy", "order")):
        page = (await crm.get(path, **{column: "id", direction: "ASC"})).json()[noun]
        assert [row["id"] for row in page["data"]] == [1, 2, 3]
    for column in ("nope", "id; DROP TABLE tags", "password", ""):
        page = (await crm.get(path, sort_by=column, sort_order="asc", sort_type="sideways")).json()[noun]
        assert [row["id"] for row in page["data"]] == [3, 2, 1], column
