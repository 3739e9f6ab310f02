"""Entries as flat rows of text and back: `passes.0.uid` is the chip of the first pass. Forms and files of lines speak so."""

import json
from collections.abc import Mapping
from typing import Any


def nested(cells: Mapping[str, str]) -> dict[str, Any]:
    """What the cells say, as a model reads it. An empty cell says nothing; places that are left out close up."""
    found: dict[str, Any] = {}
    for name, text in cells.items():
        if text.strip():
            _place(found, name.split("."), text.strip())
    return {name: _listed(value) for name, value in found.items()}


def _place(into: dict[str, Any], path: list[str], text: str) -> None:
    *outer, last = path
    for part in outer:
        inner = into.setdefault(part, {})
        if not isinstance(inner, dict):  # the cell `passes` beside a cell `passes.0.uid`: the model refuses what it says
            return
        into = inner
    into[last] = text


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(name.isascii() and name.isdigit() and len(name) < 4 for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(inner) for name, inner in value.items()}


def flat(value: Any, name: str = "") -> dict[str, str]:
    """The cells of what `nested` gives, or of an entry as JSON has it. A fence is one cell, its GeoJSON."""
    if isinstance(value, Mapping) and "coordinates" not in value:
        inner = ((f"{name}.{part}" if name else part, one) for part, one in value.items())
    elif isinstance(value, list):
        inner = ((f"{name}.{place}", one) for place, one in enumerate(value))
    elif isinstance(value, Mapping):
        return {name: json.dumps(value)}
    else:
        return {name: "" if value is None else str(value)}
    return {cell: text for part, one in inner for cell, text in flat(one, part).items()}
