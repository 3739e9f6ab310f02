"""Code lists of messages and of the registers, read from `data/codes.json`. A message's unknown code is shown as itself."""

import json
from importlib.resources import files
from typing import Final

CODES: Final[dict[str, dict[str, dict[str, str]]]] = {
    name: table
    for name, table in json.loads(files("gateway.model").joinpath("data/codes.json").read_text(encoding="utf-8")).items()
    if name != "source"
}


def is_known(table: str, code: str) -> bool:
    """Whether `code` is in the list called `table` (`operation_kind`, `seal_kind`, …)."""
    return code in CODES[table]


def label(table: str, code: str, language: str) -> str:
    """The code's name in `zh_TW` or `en`; the bare code when it is unknown."""
    return CODES[table].get(code, {}).get(language, code)
