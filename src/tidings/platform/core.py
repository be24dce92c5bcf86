"""The handful of things that every action and query needs, passed as one value.

Built once in `app`; a test builds its own. It knows no feature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tidings.platform.clock import Clock
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.gathering import Gatherings
from tidings.platform.installation import Installation
from tidings.platform.remembering import Memory


@dataclass(frozen=True, slots=True)
class Core:
    """db: the pool; clock: the time; keys: the keyring; installation: settings; data_dir: uploads and the like;
    gatherings: questions that waiting requests share; memory: answers that took long."""

    db: Database
    clock: Clock
    keys: Keyring
    installation: Installation
    data_dir: Path
    gatherings: Gatherings = field(default_factory=Gatherings, compare=False)
    memory: Memory = field(default_factory=Memory, compare=False)
