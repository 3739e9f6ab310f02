"""XML in and out. What comes in is hostile until it was read: one flat way of writing, everything else is refused.

The standard library's expat reads it, with a handler that refuses `<!DOCTYPE`: an entity can only be declared there, so there is
none left that could grow or reach outside. defusedxml does the same around the same parser, and would leave depth, number of
elements and attributes to us; so we add nothing to the package.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape

from gateway.platform.bodies import printable
from gateway.platform.errors import BadRequestError, TooLargeError

DEEPEST: Final = 8  # elements within one another: an order in a batch has four
MOST_ELEMENTS: Final = 200_000  # a thousand orders of two hundred each; an element weighs some 200 bytes in memory
_NO_CHARACTER: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 (fifth edition) §2.2
_PROBLEM_NAMESPACE: Final = "urn:ietf:rfc:7807"  # RFC 9457 appendix B keeps this name


@dataclass(slots=True)
class Element:
    """One element: either others are in it, or text. `line` counts from 1."""

    name: str
    line: int
    children: list["Element"] = field(default_factory=list)
    text: str = ""


class _Reader:
    """What expat tells, made into elements. Raises BadRequestError, TooLargeError out of its handlers."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._count = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.ProcessingInstructionHandler = self._instruction

    def read(self, text: str) -> Element:
        try:
            self._parser.Parse(text, True)  # at once: expat before 2.6 reads a long token again for every piece
        except expat.ExpatError as error:
            raise BadRequestError(f"The body is not XML: line {error.lineno}: {expat.ErrorString(error.code)}.") from None
        assert self.root is not None  # expat itself refuses a document without an element
        return self.root

    def _refuse(self, what: str) -> NoReturn:
        raise BadRequestError(f"Line {self._parser.CurrentLineNumber} of the body: {what}")

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.casefold() not in {"utf-8", "utf8"}:
            self._refuse(f"the encoding is {printable(encoding)!r}; send UTF-8.")

    def _doctype(self, *_: object) -> NoReturn:
        self._refuse("there is a DOCTYPE; messages need none, and none is read.")

    def _instruction(self, *_: object) -> NoReturn:
        self._refuse("there is a processing instruction; none is read.")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise TooLargeError(f"The body has more than {MOST_ELEMENTS} elements.")
        if len(self._open) == DEEPEST:
            self._refuse(f"elements are nested more than {DEEPEST} deep.")
        for attribute in attributes:
            if not attribute.startswith("xmlns:"):  # declares a prefix, as some libraries always do; says nothing
                self._refuse(f"{printable(name)!r} has an attribute {printable(attribute)!r}; all is said by elements.")
        element = Element(name, self._parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def _characters(self, text: str) -> None:
        self._texts[-1].append(text)

    def _end(self, name: str) -> None:
        element, text = self._open.pop(), "".join(self._texts.pop())
        if not element.children:
            element.text = text
        elif text.strip():
            self._refuse(f"there is text between the elements of {printable(name)!r}.")


def decode_xml(body: bytes) -> Element:
    """The document's element. Raises BadRequestError saying on which line it breaks, TooLargeError."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequestError(f"The body is not UTF-8 text (byte {error.start}).") from None
    return _Reader().read(text)


def encode_xml(name: str, value: Mapping[str, Any], namespace: str = "") -> str:
    """A document of JSON's values: an element for each key, one for each item of a list, none for null.

    A character that XML has no way to write becomes U+FFFD.
    """
    opening = f'{name} xmlns="{namespace}"' if namespace else name
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{opening}>{"".join(_children(value))}</{name}>\n'


def problem_xml(problem: dict[str, Any]) -> str:
    """Problem details as RFC 9457 appendix B writes them: the items of a list are elements `i`."""
    return encode_xml("problem", problem | {"errors": {"i": problem["errors"]}}, _PROBLEM_NAMESPACE)


def _children(value: Mapping[str, Any]) -> Iterator[str]:
    for name, one in value.items():
        for item in one if isinstance(one, list | tuple) else (one,):
            if item is not None:
                yield f"<{name}>{_content(item)}</{name}>"


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_children(value))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return escape(_NO_CHARACTER.sub("\ufffd", text), {"\r": "&#13;"})  # a bare one would be read as an end of line
