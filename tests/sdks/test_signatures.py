"""The verifiers of webhooks in both languages, on the same vectors (sdks/vectors)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tidings_client import BadSignature, verify_fluenzr, verify_furiosa

from tests.sdks.conftest import SDKS, Scripts

VECTORS: dict[str, list[dict[str, Any]]] = json.loads((SDKS / "vectors" / "webhooks.json").read_text(encoding="utf-8"))
ROWS = [
    pytest.param(dialect, row, id=f"{dialect}: {row['name']}")
    for dialect in ("furiosa", "fluenzr")
    for row in VECTORS[dialect]
]


def _verify(dialect: str, row: dict[str, Any]) -> None:
    if dialect == "furiosa":
        verify_furiosa(row["secret"], row["body"].encode(), row["signature"])
        return
    verify_fluenzr(
        row["secret"],
        row["body"].encode(),
        row["signature"],
        row["timestamp"],
        tolerance=row["tolerance"],
        now=row["now"],
    )


@pytest.mark.parametrize(("dialect", "row"), ROWS)
def test_python_tells_good_deliveries_from_bad_ones(dialect: str, row: dict[str, Any]):
    if row["good"]:
        _verify(dialect, row)
    else:
        with pytest.raises(BadSignature):
            _verify(dialect, row)


JAVASCRIPT = """
import { readFileSync } from "node:fs";
import { BadSignature, verifyFluenzr, verifyFuriosa } from "@tidings/client";

const vectors = JSON.parse(readFileSync(process.env.VECTORS, "utf8"));
const wrong = [];
for (const dialect of ["furiosa", "fluenzr"]) {
  for (const { name, secret, body, signature, timestamp, good, ...times } of vectors[dialect]) {
    const verified = dialect === "furiosa"
      ? verifyFuriosa(secret, body, signature)
      : verifyFluenzr(secret, new TextEncoder().encode(body), signature, timestamp, times);
    const said = await verified.then(() => true, (error) => (error instanceof BadSignature ? false : error));
    if (said !== good) wrong.push([dialect, name, String(said)]);
  }
}
console.log(JSON.stringify(wrong));
"""


def test_javascript_tells_them_apart_too(scripts: Scripts):
    assert json.loads(scripts.run(JAVASCRIPT, VECTORS=str(SDKS / "vectors" / "webhooks.json"))) == []
