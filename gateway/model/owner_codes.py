"""Owner codes met in ports (ISO 6346), read from `data/owner_codes.json`. A selection: an owner not in it is unusual, not wrong."""

import json
from importlib.resources import files
from typing import Final

_OWNERS: Final[frozenset[str]] = frozenset(
    json.loads(files("gateway.model").joinpath("data/owner_codes.json").read_text(encoding="utf-8"))["owners"]
)


def known_owner(code: str) -> bool:
    """Whether `code`, three capital letters without the category, is an owner that is met in ports."""
    return code in _OWNERS
