from tidings.platform.core import Core


async def test_the_schema_arrives(core: Core):
    await core.db.execute("INSERT INTO contacts (email) VALUES ('a@b.c')")
    assert await core.db.fetchval("SELECT sum(contacts) FROM tallies WHERE scope='status'") == 1
    await core.db.execute("DELETE FROM contacts")
    assert await core.db.fetchval("SELECT sum(contacts) FROM tallies WHERE scope='status'") == 0
    assert await core.db.fetchval("SELECT lower('Ä')") == "ä"
