"""The forms of a page as a browser has them: where they go, what they bear, and which fields a person types into."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_TYPED: Final = {"text", "search", "password", "date", "number"}


@dataclass
class Form:
    """`values` is what it sends as it stands, its first button included; a choice that nobody has made is the first there is."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.forms: list[Form] = []
        self._inside = False
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(said.get("action", self._address), said.get("method", "get")))
            self._inside = True
        elif self._inside:
            self._control(tag, said, self.forms[-1])

    def _control(self, tag: str, said: dict[str, str], form: Form) -> None:
        name, value, kind = said.get("name", self._select), said.get("value", ""), said.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and (self._select not in form.values or "selected" in said):
            form.values[self._select] = value
        elif tag == "textarea":
            self._area = name
            form.values[name] = ""
            form.typed.append(name)
        elif tag == "button" and name and kind == "submit":
            form.values.setdefault(name, value)
        elif tag == "input" and name:
            if kind == "file":
                form.files.append(name)
            elif kind not in {"radio", "checkbox"}:
                form.values[name] = value
                if kind in _TYPED and "hidden" not in said and "readonly" not in said:
                    form.typed.append(name)
            elif "checked" in said or (kind == "radio" and name not in form.values):
                form.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].values[self._area] += data


def forms_of(page: str, address: str) -> list[Form]:
    reader = _Reader(address)
    reader.feed(page)
    return reader.forms
