"""Makes the blocking clients of the asyncio ones: python sdks/python/generate.py

A test holds the stored files against what this makes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "src" / "tidings_client"
_WORDS: list[tuple[str, str]] = [
    (r"\bawait asyncio\.sleep\b", "time.sleep"),
    (r"\bimport asyncio\b", "import time"),
    (r"\bawait ", ""),
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAwaitable\[(AsyncPage\[\w+\])\]", r"\1"),
    (r"\bAwaitable, ", ""),
    (r"\bhttpx\.AsyncClient\b", "httpx.Client"),
    (r"\bAsync([A-Z])", r"\1"),
    (r"\b_async\b", "_sync"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"\baclose\b", "close"),
]
_INIT = '"""The blocking clients, made of `_async` by `generate.py`: change them there."""\n'


def made() -> dict[str, str]:
    """File name -> text of every file of `_sync`."""
    files = {"__init__.py": _INIT}
    for path in sorted((PACKAGE / "_async").glob("*.py")):
        if path.name == "__init__.py":
            continue
        text = path.read_text(encoding="utf-8")
        for pattern, word in _WORDS:
            text = re.sub(pattern, word, text)
        files[path.name] = _formatted(text, path.name)
    return files


def _formatted(text: str, name: str) -> str:
    """Imports sorted and lines joined as the linter wants them."""
    at = ["--stdin-filename", str(PACKAGE / "_sync" / name), "-"]
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--select", "I,UP028", "--fix", "--unsafe-fixes", "--quiet"], ["format", "--quiet"]):
        text = subprocess.run([*ruff, *command, *at], input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return text


if __name__ == "__main__":
    for name, text in made().items():
        (PACKAGE / "_sync" / name).write_text(text, encoding="utf-8")
