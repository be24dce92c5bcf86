"""Which route a path finds: the most literal one, with its parameters, never a look-alike."""

from __future__ import annotations

import pytest

from tidings.dialects._engine.routes import Route, RouteTable

TABLE = RouteTable(
    Route(method, path, f"{method} {path}", "", "crud", lambda call: None)
    for method, path in (
        ("GET", "/"),
        ("GET", "/tags"),
        ("POST", "/tags"),
        ("GET", "/tags/{id}"),
        ("PUT", "/tags/{id}"),
        ("GET", "/tags/new"),
        ("GET", "/tags/{id}/notes/{note_id}"),
        ("GET", "/tags/{id}/notes/all"),
        ("GET", "/words/{id:word}"),
        ("GET", "/words/{name:any}/x"),
        ("GET", "/files/{path:path}"),
    )
)


@pytest.mark.parametrize(
    ("method", "path", "found", "params"),
    [
        ("GET", "/", "/", {}),
        ("GET", "/tags", "/tags", {}),
        ("GET", "/tags/7", "/tags/{id}", {"id": "7"}),
        ("GET", "/tags/new", "/tags/new", {}),
        ("GET", "/tags/1/notes/2", "/tags/{id}/notes/{note_id}", {"id": "1", "note_id": "2"}),
        ("GET", "/tags/1/notes/all", "/tags/{id}/notes/all", {"id": "1"}),
        ("GET", "/words/con_a-B1", "/words/{id:word}", {"id": "con_a-B1"}),
        ("GET", "/words/a b/x", "/words/{name:any}/x", {"name": "a b"}),
        ("GET", "/files/a/b", "/files/{path:path}", {"path": "a/b"}),
    ],
)
def test_a_path_finds_its_route(method: str, path: str, found: str, params: dict[str, str]):
    match = TABLE.find(method, path)
    assert match is not None
    assert (match.route.path, dict(match.path)) == (found, params)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "tags"),
        ("GET", "/tag"),
        ("GET", "/tags/"),
        ("GET", "/tags/x"),
        ("GET", "/tags/-1"),
        ("GET", "/tags/1\n"),
        ("GET", "/tags/" + "9" * 19),
        ("DELETE", "/tags/1"),
        ("PUT", "/tags/new"),
        ("GET", "/tags/1/notes"),
        ("GET", "/words/a.b"),
        ("GET", "/words/"),
        ("GET", "/files/"),
    ],
)
def test_what_is_no_route_finds_none(method: str, path: str):
    assert TABLE.find(method, path) is None


def test_a_path_knows_its_methods():
    assert TABLE.allowed("/tags") == ["GET", "POST"]
    assert TABLE.allowed("/tags/1") == ["GET", "PUT"]
    assert TABLE.allowed("/nothing") == []


def test_a_row_stands_once():
    with pytest.raises(ValueError, match="twice"):
        RouteTable([Route("GET", "/a", "a", "", "crud"), Route("GET", "/a", "b", "", "crud")])
