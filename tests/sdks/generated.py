"""The generator of the blocking clients, which stands outside of any package."""

from __future__ import annotations

import importlib.util
from typing import Any

from tests.sdks.conftest import SDKS


def made() -> dict[str, str]:
    """File name -> text of what it makes."""
    spec = importlib.util.spec_from_file_location("generate_sdk", SDKS / "python" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.made()
