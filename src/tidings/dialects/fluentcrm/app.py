"""The dialect as an ASGI app, for the composition root."""

from __future__ import annotations

from tidings.dialects._engine.mount import DialectApp
from tidings.dialects.fluentcrm import table
from tidings.dialects.fluentcrm.dialect import mount
from tidings.platform.core import Core


def build(core: Core) -> DialectApp:
    """Made once per process."""
    return mount(core, table.build())
