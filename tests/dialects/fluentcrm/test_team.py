"""Managers, their keys, the licence, users and roles, on the wire."""

from __future__ import annotations

from tests.dialects.mouth import Mouth, changed, rows
from tests.dialects.shapes import PAGE_KEYS
from tidings.access import actions as access
from tidings.access.types import PERMISSIONS, ROLES
from tidings.platform.core import Core

_MANAGERS = "/campaign-pro-settings/managers"
_READ, _WRITE, _SET = "fcrm_read_contacts", "fcrm_manage_contacts", "fcrm_manage_settings"


async def people(core: Core) -> tuple[int, int]:
    """Max, who may read contacts, and Sue, who may do nothing."""
    max_ = await access.create_user(
        core,
        login="max",
        email="max@example.com",
        first_name="Max",
        last_name="Manager",
        role="editor",
        permissions=[_READ],
    )
    sue = await access.create_user(core, login="sue", email="sue@example.com")
    return max_.id, sue.id


async def test_a_manager_is_made_changed_and_removed(core: Core, crm: Mouth):
    max_, sue = await people(core)
    body = (await crm.get(_MANAGERS)).json()
    assert (set(body["managers"]), body["managers"]["per_page"]) == (PAGE_KEYS, 10)
    row = {"id": max_, "first_name": "Max", "last_name": "Manager", "email": "max@example.com", "permissions": [_READ]}
    assert body["managers"]["data"] == [row]
    assert list(body["permissions"]) == list(PERMISSIONS)
    assert set(body["permissions"][_WRITE]) == {"title", "label", "depends", "group"}
    made = await crm.post(_MANAGERS, {"manager": {"email": "SUE@example.com", "permissions": [_READ, _WRITE]}})
    assert made.json() == {"message": "Manager has been added"}
    changing = {"manager": {"email": "sue@example.com", "permissions": [_SET]}}
    assert (await crm.put(f"{_MANAGERS}/{sue}", changing)).json() == {"message": "Manager has been updated"}
    assert [one["permissions"] for one in (await crm.get(_MANAGERS)).json()["managers"]["data"]] == [[_READ], [_SET]]
    assert (await crm.delete(f"{_MANAGERS}/{sue}")).json() == {"message": "Manager has been removed"}
    assert (await crm.get(_MANAGERS)).json()["managers"]["total"] == 1
    # The account itself is still there.
    assert (await crm.get("/users", search="sue")).json()["total"] == 1


async def test_who_cannot_be_a_manager_and_what_cannot_be_granted(core: Core, crm: Mouth):
    max_, _ = await people(core)
    before = await rows(core)
    for method, path, manager in (
        ("POST", _MANAGERS, {"email": "nobody@example.com", "permissions": [_READ]}),
        ("POST", _MANAGERS, {"email": "ada@example.com", "permissions": [_READ]}),
        ("POST", _MANAGERS, {"email": "sue@example.com", "permissions": [_WRITE]}),
        ("POST", _MANAGERS, {"email": "sue@example.com", "permissions": ["fcrm_manage_campaigns"]}),
        ("POST", _MANAGERS, {"email": "sue@example.com", "permissions": []}),
        ("PUT", f"{_MANAGERS}/{max_}", {"email": "sue@example.com", "permissions": [_READ]}),
        ("DELETE", f"{_MANAGERS}/999", None),
    ):
        answer = await crm.ask(method, path, {"manager": manager} if manager else None)
        assert (answer.status_code, "message" in answer.json()) == (422, True), manager
    assert await changed(core, before) == []
    unknown = {"manager": {"email": "sue@example.com", "permissions": ["x"]}}
    assert set((await crm.post(_MANAGERS, unknown)).json()) == {"message", "errors", "permissions"}


async def test_a_manager_of_settings_grants_only_what_it_holds(core: Core, crm: Mouth):
    max_, sue = await people(core)
    await crm.put(f"{_MANAGERS}/{sue}", {"manager": {"email": "sue@example.com", "permissions": [_SET]}})
    sues = await crm.new_key("sue")
    herself = {"manager": {"email": "sue@example.com", "permissions": [_SET, _READ]}}
    assert (await crm.put(f"{_MANAGERS}/{sue}", herself, auth=sues)).status_code == 403
    assert (await crm.delete(f"{_MANAGERS}/{max_}", auth=sues)).status_code == 403
    assert (await crm.get(_MANAGERS)).json()["managers"]["data"][0]["permissions"] == [_READ]


async def test_a_key_is_made_shown_once_used_and_revoked(core: Core, crm: Mouth):
    max_, sue = await people(core)
    await crm.new_key("max")
    path = "/setting/rest-keys"
    whole = {"id": max_, "full_name": "Max - Manager", "email": "max@example.com"}
    assert (await crm.get(path)).json() == {"managers": [whole], "rest_keys": []}
    item = (await crm.post(path, {"api_name": "<b>Shop</b>", "api_user_id": str(max_)})).json()["item"]
    assert (item["name"], item["info"]["api_username"], type(item["created"])) == ("Shop", "max", int)
    secret = item["info"]["api_password"]
    assert len(secret.replace(" ", "")) == 24
    assert (await crm.ask("GET", "/subscribers", auth=("max", secret))).status_code == 200
    answer = await crm.get(path)
    assert secret not in answer.text
    [shown] = answer.json()["rest_keys"]
    assert (shown["id"], [one["uuid"] for one in shown["api_keys"]]) == (max_, [item["uuid"]])
    # Unknown keys are gone already; a key of somebody else is not revoked in passing.
    for user, uuid in ((sue, item["uuid"]), (max_, "nope"), (999, item["uuid"])):
        assert (await crm.delete(path, {"user_id": user, "uuid": uuid})).status_code == 200
    assert (await crm.ask("GET", "/subscribers", auth=("max", secret))).status_code == 200
    assert (await crm.delete(path, {"user_id": max_, "uuid": item["uuid"]})).status_code == 200
    assert (await crm.ask("GET", "/subscribers", auth=("max", secret))).status_code == 401
    assert (await crm.get(path)).json()["rest_keys"] == []


async def test_keys_are_for_managers_alone(core: Core, crm: Mouth):
    _, sue = await people(core)
    path = "/setting/rest-keys"
    missing = (await crm.post(path, {})).json()
    assert missing == {name: {"required": f"The {name} field is required."} for name in ("api_name", "api_user_id")}
    owner = (await crm.get("/users", search="ada")).json()["users"][0]["id"]
    for user in (sue, owner, 999):
        assert (await crm.post(path, {"api_name": "k", "api_user_id": user})).status_code == 422
    assert set((await crm.delete(path, {})).json()) == {"user_id", "uuid"}


async def test_every_licence_fits(crm: Mouth):
    path = "/campaign-pro-settings/license"
    read = (await crm.get(path)).json()
    assert (read["status"], read["expires"]) == ("valid", "lifetime")
    assert (await crm.post(path, {"license_key": "any"})).json()["license_data"]["status"] == "valid"
    assert "message" in (await crm.delete(path)).json()
    assert (await crm.get(path)).json() == read


async def test_users_have_the_fields_asked_for_and_roles_their_capabilities(core: Core, crm: Mouth):
    _, sue = await people(core)
    query = [("roles", "subscriber"), ("fields[]", "ID"), ("fields[]", "user_login"), ("fields[]", "user_pass")]
    answer = (await crm.ask("GET", "/users", query=query)).json()
    assert answer == {"users": [{"ID": str(sue), "user_login": "sue", "id": str(sue)}], "total": 1}
    everybody = (await crm.get("/users")).json()["users"]
    assert [one["user_email"] for one in everybody] == ["ada@example.com", "max@example.com", "sue@example.com"]
    roles = (await crm.get("/users/roles")).json()["roles"]
    assert list(roles) == list(ROLES)
    assert set(roles["subscriber"]["capabilities"]) < set(roles["author"]["capabilities"])
    assert roles["administrator"]["capabilities"]["manage_options"]


async def test_an_outside_system_makes_accounts_as_it_did(core: Core, crm: Mouth):
    max_, _ = await people(core)
    assert isinstance(crm.auth, tuple)
    path, owner = "/wp-json/wp/v2/users", crm.auth
    neo = {"username": "neo", "email": "neo@example.com", "password": "Zion-pass-99", "first_name": "Neo"}
    made = await crm.client.post(path, json=neo, auth=owner)
    assert made.status_code == 201
    assert {"username": "neo", "roles": ["subscriber"], "first_name": "Neo"}.items() <= made.json().items()
    before = await rows(core)
    for wrong in (neo, neo | {"username": "x y"}, neo | {"username": "b", "email": "b@example.com", "roles": ["king"]}):
        refused = await crm.client.post(path, json=wrong, auth=owner)
        assert (refused.status_code, refused.json()["code"]) == (400, "rest_invalid_param")
    key = await crm.new_key("max")
    assert isinstance(key, tuple)
    assert (await crm.client.post(path, json=neo, auth=key)).status_code == 403
    assert await changed(core, before) == []
    assert (await crm.client.get(f"{path}/me", auth=key)).json()["id"] == max_
    assert (await crm.client.get(f"{path}/me")).status_code == 401
