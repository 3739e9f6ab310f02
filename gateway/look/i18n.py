"""The languages of the interface: message ids are English, Traditional Chinese stands in `locale/zh_TW`.

The catalogue is kept as text (`.po`) and compiled in memory at start, so no compiled file can be out of date.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import TYPE_CHECKING, Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from gateway.look.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES: Final = ("zh_TW", "en")
DEFAULT_LANGUAGE: Final = LANGUAGES[0]
_WRITTEN: Final = {"zh_tw": "zh_TW", "zh": "zh_TW", "zh_hant": "zh_TW", "zh_hant_tw": "zh_TW", "en": "en", "en_us": "en"}

_speaking: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


def _(message: str) -> str:
    """Mark a message id for the catalogue. It is translated where it is shown, in the language of whoever reads it."""
    return message


def known_language(text: str | None) -> str | None:
    """The language that a person or a browser means (`zh-TW`, `en`), or None."""
    return _WRITTEN.get((text or "").strip().replace("-", "_").lower())


def catalogue_file(language: str) -> Traversable:
    return files("gateway.look").joinpath(f"locale/{language}/LC_MESSAGES/gateway.po")


def compile_catalogue(text: bytes, name: str, language: str) -> NullTranslations:
    """Translations from a catalogue's text. Raises CatalogueError naming the file and the line."""
    compiled = BytesIO()
    try:
        write_mo(compiled, read_po(BytesIO(text), locale=language, abort_invalid=True))
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise CatalogueError(f"{name}{f', line {line + 1}' if line is not None else ''}: {error}") from None
    compiled.seek(0)
    return Translations(compiled)


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of one of `LANGUAGES`; English is the message ids themselves. Raises CatalogueError."""
    if language == "en":
        return NullTranslations()
    path = catalogue_file(language)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from None
    return compile_catalogue(text, str(path), language)


@contextmanager
def speaking(language: str) -> "Iterator[None]":
    """Everything translated inside is in `language`."""
    token = _speaking.set(language)
    try:
        yield
    finally:
        _speaking.reset(token)


def current_language() -> str:
    return _speaking.get()


def gettext(message: str) -> str:
    """The message in the language being spoken."""
    return translations(current_language()).gettext(message)


def filled_in(message: str, /, **values: object) -> str:
    """The message with its `%(name)s` filled in, as templates call it. Without values nothing is filled in; never safe HTML."""
    text = gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, count: int) -> str:
    return translations(current_language()).ngettext(singular, plural, count)
