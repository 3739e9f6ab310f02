"""Texts from outside as a page shows them: escaping is the template's work, seeing is this file's.

A control character or a reversed direction of writing can make a name look like another one. Here they become visible.
"""

import unicodedata
from typing import Final

from markupsafe import Markup

LONGEST: Final = 300  # characters on a page; the longest field of an order is 40, of a confirmation there is no limit
_CONTROL_PICTURES: Final = 0x2400  # U+2400 is the picture of NUL, and so on to U+241F


def _visible(character: str) -> str:
    if ord(character) < 0x20:
        return chr(_CONTROL_PICTURES + ord(character))
    # Cc controls, Cf invisible format marks (direction overrides among them), Cs lone surrogates, Zl and Zp line ends
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return f"⟨U+{ord(character):04X}⟩"
    return character


def seen(value: object) -> object:
    """What a template prints, with everything in a text visible but the end of a line, which a text area may have.

    Every environment does this to all that it prints.
    """
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(character if character in "\t\n\r" else _visible(character) for character in value)


def shown(text: str) -> str:
    """`text` with everything in it visible, at most LONGEST characters long."""
    kept = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return "".join(_visible(character) for character in kept)
