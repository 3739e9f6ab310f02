"""YAML files that people write, checked against a model before anything uses them: every error names file, line and key."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

MAX_BYTES = 1_000_000  # such a file has some hundred lines
MAX_VALUES = 100_000  # with what is repeated by its name (`*lane`): a few lines of those can stand for more than any machine holds

Model = TypeVar("Model", bound=BaseModel)


class CheckedYamlError(Exception):
    """A file that cannot be used. `problems` holds one line per thing wrong, each with file and line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def load_checked(path: Path, model: type[Model], what: str) -> Model:
    """Read and check a file; `what` names the whole of it in errors. Raises CheckedYamlError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CheckedYamlError((f"{path}: larger than {MAX_BYTES} bytes",))
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CheckedYamlError((f"{path}: {error.strerror}",)) from error
    except UnicodeDecodeError as error:
        raise CheckedYamlError((f"{path}: not UTF-8 text ({error.reason} at byte {error.start})",)) from error
    return parse_checked(text, path, model, what)


def parse_checked(text: str, path: Path, model: type[Model], what: str) -> Model:
    """Like `load_checked`, for text at hand; `path` names it in errors."""
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        # Of a key that is there twice the library quotes both values, and one may be a secret that should not stand here.
        problem = "the same key twice" if isinstance(error, DuplicateKeyError) else error.problem or error.context or "not YAML"
        raise CheckedYamlError((f"{path}:{line}: {problem}",)) from None
    except YAMLError as error:
        raise CheckedYamlError((f"{path}: not YAML: {error}",)) from error
    except RecursionError:
        raise CheckedYamlError((f"{path}: nested too deeply",)) from None
    if not isinstance(tree, CommentedMap):
        keys = ", ".join(f"`{name}`" for name, field in model.model_fields.items() if field.is_required())
        raise CheckedYamlError((f"{path}:1: a {what} file is a mapping with {keys}, …",))
    try:
        return model.model_validate(_plain(tree, itertools.count()))
    except RecursionError:
        raise CheckedYamlError((f"{path}: nested too deeply",)) from None
    except _TooManyError:
        raise CheckedYamlError((f"{path}: more than {MAX_VALUES} values",)) from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise CheckedYamlError(tuple(_problem(path, tree, dict(one), what) for one in found)) from None


class _TooManyError(Exception):
    """More values than any such file has."""


def _plain(node: Any, counted: Iterator[int]) -> Any:
    if next(counted) > MAX_VALUES:
        raise _TooManyError
    if isinstance(node, Mapping):
        return {key: _plain(value, counted) for key, value in node.items()}
    return [_plain(value, counted) for value in node] if isinstance(node, CommentedSeq) else node


def _problem(path: Path, tree: CommentedMap, error: dict[str, Any], what: str) -> str:
    location = tuple(error["loc"])
    line, keys = _line(tree, location)
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "unknown key"
    return f"{path}:{line}: {'.'.join(map(str, keys)) or what}: {message}"


def _line(tree: CommentedMap, location: tuple[int | str, ...]) -> tuple[int, list[int | str]]:
    """The line (from 1) of the deepest key of a pydantic location, and that part of the location that is in the file.

    Pydantic names the branch of a union as a step of its own: such steps are skipped.
    """
    node: Any = tree
    line, keys = 1, []
    for step in location:
        if isinstance(node, CommentedMap) and step in node:
            line = node.lc.key(step)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
            line = node.lc.item(step)[0] + 1
        elif step is location[-1] and isinstance(node, CommentedMap):
            keys.append(step)  # a key that is missing: named, at the line of the mapping that lacks it
            continue
        else:
            continue
        keys.append(step)
        node = node[step]
    return line, keys
