"""Indexes are told with their columns; one whose building was cut off is built anew."""

from __future__ import annotations

from tidings.platform.core import Core
from tidings.platform.index_health import list_indexes, repair_indexes


async def test_a_broken_index_is_found_and_built_anew(core: Core):
    indexes = {index.name: index for index in await list_indexes(core)}
    assert indexes["users_pkey"].columns == ["id"]
    assert (indexes["users_login"].is_unique, indexes["users_login"].columns) == (True, ["(expression)"])
    assert indexes["message_links_pkey"].columns == ["message_id", "link_id"]
    assert "hits_of_message" in indexes
    assert not any("_20" in name for name in indexes)
    assert all(index.is_valid for index in indexes.values())
    await core.db.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'audit_entries_at'::regclass")
    assert [index.name for index in await repair_indexes(core)] == ["audit_entries_at"]
    assert all(index.is_valid for index in await list_indexes(core))
    assert await repair_indexes(core) == []
    # What a cut-off rebuilding left behind goes; the index itself stays.
    await core.db.execute("CREATE INDEX audit_entries_at_ccnew ON audit_entries (at)")
    await core.db.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'audit_entries_at_ccnew'::regclass"
    )
    assert [index.name for index in await repair_indexes(core)] == ["audit_entries_at_ccnew"]
    names = {index.name for index in await list_indexes(core)}
    assert ("audit_entries_at" in names, "audit_entries_at_ccnew" in names) == (True, False)
