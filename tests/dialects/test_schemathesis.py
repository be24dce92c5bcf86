"""The served documents, driven by schemathesis: no crash, and every answer as its document tells."""

from __future__ import annotations

import os

import pytest

from tests.dialects.fuzzing import NAMES, faults_of
from tidings.platform.core import Core

SEED = int(os.environ.get("TIDINGS_TEST_SEED", "20261126"))


@pytest.mark.parametrize("name", NAMES)
async def test_no_answer_is_a_crash_or_other_than_told(core: Core, name: str):
    asked, faults = await faults_of(core, name, seed=SEED, each=1 if name == "fluentcrm" else 4)
    assert asked > 100
    assert not faults, f"{len(faults)} of {asked}:\n" + "\n".join(faults[:30])
