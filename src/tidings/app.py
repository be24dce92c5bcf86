"""The composition root of a web process: settings to pool to doors. The only place that knows everybody.

`create` is the factory the server calls in each process; `build_core` and `build_asgi` are its two halves for whoever
composes by hand (tests, the command line). What a door says is the door's; here it is only found by its path.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tidings.outgoing_webhooks.forms import register
from tidings.platform import metrics
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import load_keyring
from tidings.platform.db import AWAY, Database
from tidings.platform.health import Readiness
from tidings.platform.installation import Installation
from tidings.platform.logs import configure_logs
from tidings.platform.proxies import TrustedProxies
from tidings.platform.supervisor import die_with_parent
from tidings.portal.queries import leads_to_portal
from tidings.settings import ProcessSettings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("tidings.app")

MEGABYTE = 1024 * 1024
# Each door and the largest body it may be sent, in bytes; None where the door refuses in its own shape.
DOORS: dict[str, tuple[str, int | None]] = {
    "fluentcrm": ("tidings.dialects.fluentcrm.app", None),
    "furiosa": ("tidings.dialects.furiosa.app", None),
    "fluenzr": ("tidings.dialects.fluenzr.app", None),
    "public": ("tidings.public.app", 1 * MEGABYTE),
    # Imports are uploaded through the interface and streamed to disk.
    "ui": ("tidings.ui.app", 2048 * MEGABYTE),
}
_PREFIXES = (
    ("/wp-json/", "fluentcrm"),
    ("/api/v1/", "furiosa"),
    ("/v1/", "fluenzr"),
    ("/wp-admin/admin-ajax.php", "public"),
    ("/p/", "public"),
    ("/portal/", "public"),
    ("/t/", "public"),
    ("/u/", "public"),
)
_QUERIES = (("rest_route", "fluentcrm"), ("ns_url", "public"), ("fluentcrm", "public"))
_WORDS = tuple(word.encode() for word, _ in _QUERIES)
# How long a process that ends waits for the requests it is answering, in seconds; its server ends it after six.
LAST_ANSWERS_WITHIN = 5
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


async def build_core(settings: ProcessSettings, *, max_connections: int = 10) -> Core:
    """Opens the pool and the keyring. `settings.database_url` must be set; raises what asyncpg raises."""
    assert settings.database_url is not None, "the caller starts the embedded server"
    db = await Database.open(settings.database_url, max_size=max_connections)
    keys = load_keyring(settings.data_dir, settings.secret_key)
    return Core(db, SystemClock(), keys, Installation(db, keys), settings.data_dir)


def know_webhook_forms() -> None:
    """Tells outgoing webhooks the words of the dialects; a process that makes or posts deliveries needs them."""
    for name in ("furiosa", "fluenzr"):
        register(importlib.import_module(f"tidings.dialects.{name}.events").FORM)


def build_asgi(core: Core, proxies: TrustedProxies | None = None) -> Dispatcher:
    """Every door behind one dispatcher. They are imported here, so that a command without a server starts quickly."""
    know_webhook_forms()
    doors = {name: importlib.import_module(module).build(core) for name, (module, _) in DOORS.items()}
    return Dispatcher(core, doors, proxies)


def door_of(path: str, query: bytes) -> str:
    """Which door answers: by query word on any path, else by prefix, else the interface."""
    # Reading a query costs more than finding the door; most have none of the words and nothing to decode.
    if query and (b"%" in query or any(word in query for word in _WORDS)):
        words = parse_qs(query.decode("latin-1"), keep_blank_values=True)
        for word, door in _QUERIES:
            if word in words:
                return door
    for prefix, door in _PREFIXES:
        if path.startswith(prefix) or path == prefix[:-1]:
            return door
    return "ui"


class Dispatcher:
    """Sends a request to its door, adds what every answer carries, counts it, and answers health by itself."""

    def __init__(self, core: Core, doors: dict[str, AsgiApp], proxies: TrustedProxies | None = None) -> None:
        self.core = core
        self.doors = doors
        self._proxies = proxies or TrustedProxies(())
        self._readiness = Readiness(core)
        self._lifespans: list[_Lifespan] = []
        self._under_way = 0
        self._is_ending = False
        self._is_idle = asyncio.Event()

    async def start(self) -> None:
        """Lets every door that has something to open open it."""
        for app in self.doors.values():
            lifespan = _Lifespan(app)
            self._lifespans.append(lifespan)
            await lifespan.start()

    async def stop(self) -> None:
        """Answers what is under way, refuses what comes now, and closes the doors in reverse."""
        self._is_ending = True
        if self._under_way:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_idle.wait(), LAST_ANSWERS_WITHIN)
        for lifespan in reversed(self._lifespans):
            await lifespan.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        send = _Answering(send)
        if path in ("/healthz", "/readyz", "/metrics"):
            await self._own(path, send)
            return
        if self._is_ending:
            await _answer(send, 503, b"This process is about to end; ask again.\n", more=[(b"retry-after", b"1")])
            return
        peer, port = scope.get("client") or ("", 0)
        visitor = self._proxies.visitor(peer, scope["headers"])
        if visitor != peer:
            scope["client"] = (visitor, port)
        name = door_of(path, scope["query_string"])
        if name == "ui" and await self._is_portal(path):
            name = "public"
        await self._pass(name, self.doors[name], scope, receive, send)

    async def _is_portal(self, path: str) -> bool:
        """The operator chooses one more address; without a database no page can be shown anyway."""
        with suppress(*AWAY):
            return await leads_to_portal(self.core, path)
        return False

    async def _pass(self, name: str, app: AsgiApp, scope: Scope, receive: Receive, answer: _Answering) -> None:
        limit = DOORS[name][1]
        if limit is not None and _declared_length(scope) > limit:
            await _answer(answer, 413, b"The request body is too large.\n")
            return
        started_at = time.perf_counter()
        self._under_way += 1
        try:
            await app(scope, receive if limit is None else _capped(receive, limit), answer)
        except _TooLarge:
            if not answer.status:
                await _answer(answer, 413, b"The request body is too large.\n")
        except Exception:
            log.exception("%s %s crashed", scope["method"], scope["path"])
            if answer.status:
                raise
            await _answer(answer, 500, b"Something went wrong. The log has the details.\n")
        finally:
            self._under_way -= 1
            if self._is_ending and not self._under_way:
                self._is_idle.set()
        metrics.count_request(name, answer.status, time.perf_counter() - started_at)

    async def _own(self, path: str, send: Send) -> None:
        if path == "/healthz":
            await _answer(send, 200, b"ok\n")
        elif path == "/readyz":
            checks = await self._readiness.checks()
            is_ready = all(check.is_well for check in checks)
            body = {"ready": is_ready, "checks": {check.name: check.says for check in checks}}
            await _answer(send, 200 if is_ready else 503, msgspec.json.encode(body), b"application/json")
        else:
            await _answer(send, 200, await metrics.render(self.core), metrics.CONTENT_TYPE.encode())


class _TooLarge(Exception):
    """The body went over the door's limit while it was read."""


def _declared_length(scope: Scope) -> int:
    value = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(value) if value.isdigit() else 0


def _capped(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def capped() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _TooLarge
        return message

    return capped


class _Answering:
    """The send side: adds the security headers a door did not set itself and remembers the status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            present = {bytes(name).lower() for name, _ in headers}
            headers.extend(header for header in SECURITY_HEADERS if header[0] not in present)
            message = {**message, "headers": headers}
        await self._send(message)


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    kind: bytes = b"text/plain; charset=utf-8",
    more: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": body})


class _Lifespan:
    """Drives the lifespan of one door; a door that knows no lifespan is left alone."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._to_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises RuntimeError when the door says that it cannot start."""
        self._task = asyncio.create_task(self._run())
        await self._to_app.put({"type": "lifespan.startup"})
        message = await self._from_app.get()
        if message["type"] == "lifespan.startup.failed":
            raise RuntimeError(message.get("message") or "a door failed to start")

    async def stop(self) -> None:
        if self._task is not None and not self._task.done():
            await self._to_app.put({"type": "lifespan.shutdown"})
            await self._from_app.get()
            await self._task

    async def _run(self) -> None:
        try:
            scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
            await self._app(scope, self._to_app.get, self._from_app.put)
        except Exception as error:
            log.debug("a door has no lifespan: %r", error)
        finally:
            # Whoever waits for an answer that will not come must not wait for ever.
            await self._from_app.put({"type": "lifespan.none"})


class Application:
    """The ASGI app of one web process: opens the core when the server starts it and closes it at the end."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings = settings
        self._dispatcher: Dispatcher | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert self._dispatcher is not None, "the server did not run the lifespan"
        await self._dispatcher(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            core = await build_core(self._settings)
            self._dispatcher = build_asgi(core, TrustedProxies(self._settings.trusted_proxies))
            await self._dispatcher.start()
            # What was loaded stays for good: the collector need not look at it again in the middle of requests.
            gc.collect()
            gc.freeze()
        except Exception as error:
            log.exception("the web process cannot start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._dispatcher.stop()
        await core.db.close()
        await send({"type": "lifespan.shutdown.complete"})


def create() -> Application:
    """The factory for the server: reads the environment, once per process."""
    die_with_parent()
    settings = ProcessSettings.from_environment()
    configure_logs(settings.log_format)
    return Application(settings)
