"""Writes the coverage pages of the dialects from their route tables: python docs/dialects/generate.py

A test holds the stored pages against what this makes.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path

from tidings.dialects._engine.routes import Route, RouteTable
from tidings.dialects.fluentcrm import table as fluentcrm
from tidings.dialects.fluenzr import app as fluenzr
from tidings.dialects.furiosa import app as furiosa

HERE = Path(__file__).parent
DIALECTS: dict[str, tuple[str, str, RouteTable]] = {
    "fluentcrm": ("FluentCRM", "/wp-json/fluent-crm/v2", fluentcrm.build()),
    "furiosa": ("Furiosa", "/api/v1", furiosa.table()),
    "fluenzr": ("FluenzR", "/v1", fluenzr.table()),
}
HEADER = "| method | path | operation | permission |\n| --- | --- | --- | --- |\n"


def pages() -> dict[str, str]:
    """File name -> text of every page."""
    made = {f"{name}.md": _page(*DIALECTS[name]) for name in DIALECTS}
    lines = ["# What the dialects serve\n", "Generated from the route tables by `generate.py`.\n"]
    lines.append("| dialect | base | operations |\n| --- | --- | --- |")
    for name, (title, prefix, table) in DIALECTS.items():
        lines.append(f"| [{title}]({name}.md) | `{prefix}` | {_served(table)} |")
    made["README.md"] = "\n".join(lines) + "\n"
    return made


def _served(table: RouteTable) -> int:
    return sum(route.kind != "unserved" for route in table.routes)


def _page(title: str, prefix: str, table: RouteTable) -> str:
    kinds = Counter(route.kind for route in table.routes)
    text = f"# {title}: what is served\n\nBelow `{prefix}`, {_served(table)} operations"
    text += f", and {kinds['unserved']} that are refused with a reason.\n" if kinds["unserved"] else ".\n"
    rows = sorted(table.routes, key=lambda route: (_head(route), route.path, route.method))
    for head, routes in groupby(rows, key=_head):
        text += f"\n## {head}\n\n{HEADER}" + "".join(_row(route) for route in routes)
    return text


def _head(route: Route) -> str:
    return route.path.split("/")[1] or "index"


def _row(route: Route) -> str:
    permission = {"": "any caller", "-": "everybody"}.get(route.permission, route.permission.replace("|", " or "))
    operation = f"{route.operation}: {route.reason}" if route.kind == "unserved" else route.operation
    return f"| {route.method} | `{route.path}` | {operation} | {permission} |\n"


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
