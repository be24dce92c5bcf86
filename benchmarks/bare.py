"""The limit of the benchmarks of reading: Granian, asyncpg and one statement per answer, nothing else.

No framework, no login, no counting, no wire format: rows as they come are encoded by msgspec. The pool is set up as
the product's. Addresses: `/contact/ID`, `/contacts/PAGE`, `/member/ID`, `/members/PAGE` and `/html/PAGE`.

    DATABASE_URL=… python -m benchmarks.bare PORT PROCESSES
"""

from __future__ import annotations

import os
import sys
from typing import Any

import msgspec
from jinja2 import Environment

from tidings.contacts.types import CONTACT_COLUMNS
from tidings.platform.db import Database

_COLUMNS = ", ".join(f"c.{name}" for name in CONTACT_COLUMNS if name != "custom")
_JOINED = """c.custom::text AS custom_json,
(SELECT json_agg(json_build_array(t.id, t.title, t.slug, t.description, t.created_at, t.updated_at, m.created_at)
                 ORDER BY m.created_at, m.tag_id)::text
 FROM contact_tags m JOIN tags t ON t.id = m.tag_id WHERE m.contact_id = c.id) AS tags_json,
(SELECT json_agg(json_build_array(l.id, l.title, l.slug, l.description, l.created_at, l.updated_at, m.created_at)
                 ORDER BY m.created_at, m.list_id)::text
 FROM contact_lists m JOIN lists l ON l.id = m.list_id WHERE m.contact_id = c.id) AS lists_json"""
_GROUPS = """c.custom::text AS custom_json,
ARRAY(SELECT g.list_id FROM contact_lists g JOIN lists gl ON gl.id = g.list_id
      WHERE g.contact_id = m.contact_id AND gl.parent_id = m.list_id ORDER BY g.list_id) AS groups"""
_MEMBERS = (
    "contact_lists m JOIN lists l ON l.id = m.list_id AND l.parent_id IS NULL JOIN contacts c ON c.id = m.contact_id"
)
_ALL = "(SELECT sum(contacts)::bigint FROM tallies WHERE scope = 'status') AS total"
_ALL_MEMBERS = """(SELECT sum(t.contacts)::bigint FROM tallies t JOIN lists l ON l.id = t.key AND l.parent_id IS NULL
                  WHERE t.scope = 'list') AS total"""
STATEMENTS = {
    "contact": f"SELECT {_COLUMNS}, {_JOINED} FROM contacts c WHERE c.id = $1",
    "contacts": f"""SELECT {_COLUMNS}, {_JOINED}, {_ALL}
        FROM (SELECT * FROM contacts ORDER BY id DESC LIMIT 25 OFFSET ($1 - 1) * 25) c ORDER BY c.id DESC""",
    "member": f"SELECT m.id AS member_id, {_COLUMNS}, {_GROUPS} FROM {_MEMBERS} WHERE m.id = $1",
    "members": f"""SELECT m.id AS member_id, {_COLUMNS}, {_GROUPS}, {_ALL_MEMBERS}
        FROM (SELECT m.id, m.contact_id, m.list_id
              FROM contact_lists m JOIN lists l ON l.id = m.list_id AND l.parent_id IS NULL
              ORDER BY m.id LIMIT 25 OFFSET ($1 - 1) * 25) m JOIN contacts c ON c.id = m.contact_id ORDER BY m.id""",
}
_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html><title>Contacts</title><h1>{{ total }} contacts</h1><table>{% for row in rows %}
<tr><td><a href="/contacts/{{ row.id }}">{{ row.first_name }} {{ row.last_name }}</a><td>{{ row.email }}<td>{{ row.status }}
<td>{% for tag in row.tags %}<span>{{ tag[1] }}</span>{% endfor %}<td>{% for one in row.lists %}<span>{{ one[1] }}</span>{% endfor %}
<td>{{ row.created_at }}</tr>{% endfor %}</table>"""
)
_JSON, _HTML = (b"content-type", b"application/json"), (b"content-type", b"text/html; charset=utf-8")


class Bare:
    """An ASGI application, as the product's doors are: the least between the server and the database."""

    def __init__(self) -> None:
        self._db: Database | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert self._db is not None
        kind, number = scope["path"][1:].split("/")
        is_html = kind == "html"
        rows = [
            dict(row.items()) for row in await self._db.fetch(STATEMENTS["contacts" if is_html else kind], int(number))
        ]
        if is_html:
            for row in rows:
                row["tags"] = msgspec.json.decode(row["tags_json"])
                row["lists"] = msgspec.json.decode(row["lists_json"])
            body, content_type = _PAGE.render(rows=rows, total=rows[0]["total"]).encode(), _HTML
        else:
            for row in rows:
                for name in ("custom_json", "tags_json", "lists_json"):
                    if name in row:
                        row[name] = msgspec.Raw(row[name].encode())
            body, content_type = msgspec.json.encode(rows), _JSON
        headers = [content_type, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._db = await Database.open(os.environ["DATABASE_URL"])
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._db.close()
        await send({"type": "lifespan.shutdown.complete"})


def create() -> Bare:
    """The factory for the server."""
    return Bare()


def main() -> None:
    """Serves as `tidings web` does."""
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "benchmarks.bare:create",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=int(sys.argv[2]),
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
