"""A wire between a pool and the server that can be cut: for all, or just before the server's next word."""

from __future__ import annotations

import asyncio

from tidings.platform.core import Core


class Relay:
    """Listens on loopback and passes everything on to the server's socket."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        # cut the wire before the server's next word reaches the client
        self.is_mute = False

    async def open(self) -> None:
        """Listens again on the port that it had."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Ends every connection and takes no new one until it is opened."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.close()
        await asyncio.sleep(0)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_unix_connection(self._path)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, to_server}
        try:
            await asyncio.gather(self._copy(reader, to_server), self._copy(from_server, writer, is_answer=True))
        except OSError:
            pass
        finally:
            self._writers -= {writer, to_server}
            writer.close()
            to_server.close()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool = False
    ) -> None:
        while data := await reader.read(65_536):
            if is_answer and self.is_mute:
                break
            writer.write(data)
            await writer.drain()
        raise ConnectionError("one side is gone")


async def relay_to(core: Core) -> tuple[Relay, str]:
    """An open relay to the database of `core`, and the address that leads through it."""
    row = await core.db.fetchrow(
        "SELECT current_setting('unix_socket_directories') AS folder, current_setting('port') AS port,"
        " current_user AS name, current_database() AS database"
    )
    assert row is not None
    relay = Relay(f"{row['folder'].split(',')[0]}/.s.PGSQL.{row['port']}")
    await relay.open()
    return relay, f"postgresql://{row['name']}@127.0.0.1:{relay.port}/{row['database']}?sslmode=disable"
