"""Reading bodies: JSON, urlencoded and multipart, and the bracket names that PHP clients nest with."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header

from tidings.dialects._engine.calls import Request, Upload
from tidings.dialects._engine.mount import MalformedBody

_BRACKET = re.compile(r"\[([^\[\]]*)\]")
MAX_FIELDS = 20_000
MAX_DEPTH = 12


def pairs_of_query(query: str) -> list[tuple[str, str]]:
    """Name and value pairs of a query string or urlencoded body, in order, blanks kept."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise MalformedBody("The request has too many fields.") from error


def json_body(request: Request) -> Any:
    """The JSON of the body; None for an empty one; raises MalformedBody."""
    if not request.body.strip():
        return None
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedBody("Invalid JSON body passed.") from error


def form_pairs(request: Request) -> list[tuple[str, Any]]:
    """Name and value pairs of a form body, files as `Upload`; raises MalformedBody."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data":
        return list(pairs_of_query(request.body.decode("utf-8", "replace")))
    from io import BytesIO

    try:
        parser = MultipartParser(BytesIO(request.body), options.get("boundary", ""), strict=True)
        pairs: list[tuple[str, Any]] = []
        for part in parser.parts():
            is_file = bool(part.filename)
            value: Any = Upload(str(part.filename), str(part.content_type), part.raw) if is_file else part.value
            pairs.append((str(part.name or ""), value))
        return pairs
    except (MultipartError, ValueError) as error:
        raise MalformedBody("The multipart body is malformed.") from error


def nest(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """PHP's reading of names: `a[]=1&a[]=2` is a list, `a[k]=v` an object, any depth up to MAX_DEPTH."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, _, _ = name.partition("[")
        keys = [head, *_BRACKET.findall(name[len(head) :])] if head and "[" in name else [name]
        if len(keys) > MAX_DEPTH:
            raise MalformedBody("A field name is nested too deeply.")
        node = tree
        for key in keys[:-1]:
            key = key if key != "" else str(len(node))
            below = node.get(key)
            if not isinstance(below, dict):
                below = node[key] = {}
            node = below
        last = keys[-1] if len(keys) == 1 or keys[-1] != "" else str(len(node))
        node[last] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    """Objects whose keys are 0, 1, 2 … are lists."""
    if not isinstance(value, dict):
        return value
    inner = [(key, _lists(one)) for key, one in value.items()]
    if [key for key, _ in inner] == [str(i) for i in range(len(inner))]:
        return [one for _, one in inner]
    return dict(inner)
