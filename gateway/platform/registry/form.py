"""The form of an entry, made from its model: which inputs there are, what was wrong with them, and how values read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.look.forms import Problem
from gateway.look.i18n import _, current_language
from gateway.model.codes import CODES, label
from gateway.platform.registry.fence import Fence
from gateway.platform.registry.fields import Code
from gateway.platform.registry.kinds import marks

_WORDS: Final = {
    "missing": _("This is needed."),
    "string_too_short": _("This is needed."),
    "string_too_long": _("This is too long."),
    "too_long": _("These are too many."),
    "extra_forbidden": _("There is no such field."),
}
_OTHERWISE: Final = _("This is not of the wanted form.")


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form. `control`: text, day, code, codes (several of a list), texts, rows (of `columns`) or fence."""

    name: str
    title: str
    hint: str
    control: str
    required: bool
    table: str = ""
    most: int = 1
    columns: tuple["Input", ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(CODES[self.table])

    def rows(self, values: dict[str, str]) -> range:
        """As many as are filled in, and two more to fill in."""
        used = {int(name.split(".")[1]) for name in values if name.startswith(self.name + ".")}
        return range(min(self.most, len(used) + 2))

    def chosen(self, values: dict[str, str]) -> frozenset[str]:
        return frozenset(text for name, text in values.items() if name.startswith(self.name + "."))


@cache
def inputs(model: type[BaseModel]) -> tuple[Input, ...]:
    return tuple(_input(name, info) for name, info in model.model_fields.items())


def _input(name: str, info: FieldInfo) -> Input:
    code = next(marks(info.annotation, info.metadata, Code), None)
    table = code.table if code else ""
    repeated = get_origin(info.annotation) is tuple
    inner = get_args(info.annotation)[0] if repeated else None
    columns = inputs(inner) if isinstance(inner, type) and issubclass(inner, BaseModel) else ()
    if columns:
        control = "rows"
    elif repeated:
        control = "codes" if table else "texts"
    else:
        types = set(_types(info.annotation))
        control = "code" if table else "day" if date in types else "fence" if Fence in types else "text"
    most = next((mark.max_length for mark in info.metadata if hasattr(mark, "max_length")), 1) if repeated else 1
    return Input(name, info.title or name, info.description or "", control, info.is_required(), table, most, columns)


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def titles(model: type[BaseModel]) -> dict[str, str]:
    """The title of each field, and of each column by its name within a row (`passes.uid`)."""
    found = {}
    for one in inputs(model):
        found[one.name] = one.title
        found |= {f"{one.name}.{column.name}": column.title for column in one.columns}
    return found


def title_of(model: type[BaseModel], cell: str) -> str:
    """The title of a cell such as `passes.0.uid`; the cell's own name where the model has no such field."""
    return titles(model).get(".".join(part for part in cell.split(".") if not part.isdigit()), cell)


def problems(model: type[BaseModel], error: ValidationError) -> tuple[Problem, ...]:
    """What is wrong, cell by cell, once each, in words of the catalogue."""
    fences = {one.name for one in inputs(model) if one.control == "fence"}
    found = []
    for one in error.errors(include_url=False, include_input=False):
        path = [str(part) for part in one["loc"]]
        found.append((".".join(path[:1] if path and path[0] in fences else path), _words(one)))
    return tuple(dict.fromkeys(found))


def _words(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _WORDS.get(error["type"], _OTHERWISE)


def said(value: Any, info: FieldInfo | None = None) -> str:
    """A value as people read it, in the language being spoken; empty where there is none."""
    if isinstance(value, tuple):
        return "、".join(said(one, info) for one in value)
    if isinstance(value, Fence):
        return f"{len(value.corners)} ⬡"
    if isinstance(value, BaseModel):
        parts = (said(getattr(value, name), inner) for name, inner in type(value).model_fields.items())
        return " ".join(part for part in parts if part)
    code = next(marks(info.annotation, info.metadata, Code), None) if info else None
    if code is not None and isinstance(value, str):
        return label(code.table, value, current_language())
    return "" if value is None else str(value)


def said_field(entry: BaseModel, name: str) -> str:
    return said(getattr(entry, name), type(entry).model_fields[name])
