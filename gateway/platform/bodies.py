"""Reading requests that may be hostile: bounded bodies, strict JSON, named parameters, and errors that fit a page."""

import asyncio
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any, Final, NoReturn

from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.model.clock import TAIPEI, YEARS
from gateway.model.wire import FieldProblem
from gateway.platform.errors import BadRequestError, InvalidError, MediaTypeError, TooLargeError, TooSlowError

MOST_ERRORS: Final = 1000  # an order of 999 cargo lines may be wrong in each; what is beyond is counted, not listed
LONGEST_TEXT: Final = 300  # characters of a field's path or message: errors quote what was sent
PATIENCE_S: Final = 30.0  # for a body to begin, or go on
SLOWEST: Final = 1000  # bytes a second from there on: a sixth of what a link of 50 kbit/s carries
LONGEST_INTEGER: Final = 19  # digits of 2**63


def printable(text: str) -> str:
    """At most LONGEST_TEXT characters; lone surrogates, which UTF-8 cannot carry, become question marks."""
    kept = text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
    return kept.encode("utf-8", "replace").decode("utf-8")


def field_problems(found: Iterable[tuple[str, str]]) -> tuple[FieldProblem, ...]:
    """(field, message) pairs as they go on the wire."""
    pairs = list(found)
    named = [FieldProblem(field=printable(field), message=printable(message)) for field, message in pairs[:MOST_ERRORS]]
    if len(pairs) > MOST_ERRORS:
        named.append(FieldProblem(field="", message=f"and {len(pairs) - MOST_ERRORS} more"))
    return tuple(named)


def validation_problems(error: ValidationError, prefix: str = "") -> tuple[FieldProblem, ...]:
    """pydantic's findings with dotted paths."""
    return field_problems(
        (prefix + (".".join(str(part) for part in one["loc"]) or "body"), str(one["msg"]).removeprefix("Value error, "))
        for one in error.errors(include_url=False, include_input=False)
    )


def parse(model: type[BaseModel], message: object) -> Any:
    """Decoded JSON as a `model`, strictly: `"1"` and `true` are no numbers. Raises InvalidError naming every wrong field."""
    try:
        # Only read from JSON is, strictly, a list a tuple and a text a time.
        return model.model_validate_json(json.dumps(message), strict=True)
    except ValidationError as error:
        raise InvalidError(f"The message is not a valid {model.__name__}.", validation_problems(error)) from None


def require_type(request: web.Request, media_type: str) -> None:
    """Raises MediaTypeError. Also keeps forms of other web sites out: a browser asks before it sends these types."""
    if request.content_type != media_type:
        raise MediaTypeError(f"Send this as Content-Type: {media_type}, not {printable(request.content_type)}.")


async def read_body(request: web.Request, limit: int) -> bytes:
    """The body. Raises TooLargeError as soon as it is known to be longer than `limit` bytes, TooSlowError for one that dawdles."""
    too_large = TooLargeError(f"The body is larger than {limit} bytes.")
    if request.content_length is not None and request.content_length > limit:
        raise too_large
    chunks, length = [], 0
    begun = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(begun + PATIENCE_S) as patience:
            async for chunk in request.content.iter_any():
                length += len(chunk)
                if length > limit:
                    raise too_large
                chunks.append(chunk)
                patience.reschedule(begun + PATIENCE_S + length / SLOWEST)
    except (ConnectionError, web.RequestPayloadError):
        raise BadRequestError("The body was cut off, or is not what Content-Encoding says.") from None
    except TimeoutError:
        raise TooSlowError(f"The body came in at less than {SLOWEST} bytes a second.") from None
    return b"".join(chunks)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    """A number beyond all floats would be stored as none at all, and its record could never be read again."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is beyond all numbers that are reckoned with")
    return number


def _refuse_half_characters(body: bytes, message: object) -> None:
    """Half a surrogate pair (`\\ud800`) is JSON and no text: no database and no answer could carry it. Raises ValueError."""
    if b"\\ud" not in body.lower():
        return
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"\\u{ord(error.object[error.start]):04x} is half a character") from None


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(names) if key in names[:place])
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def decode_json(body: bytes) -> Any:
    """Strict JSON in UTF-8: no NaN, no number beyond all floats, no key twice in one object, no half characters.

    Raises BadRequestError saying where it breaks.
    """
    try:
        message = json.loads(
            body.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_once
        )
        _refuse_half_characters(body, message)
    except UnicodeDecodeError as error:
        raise BadRequestError(f"The body is not UTF-8 text (byte {error.start}).") from None
    except RecursionError:
        raise BadRequestError("The body is nested too deeply.") from None
    except ValueError as error:
        raise BadRequestError(f"The body is not JSON: {printable(str(error))}.") from None
    return message


async def read_json_body(request: web.Request, limit: int) -> bytes:
    """The body of what says that it is JSON, byte for byte, for `decode_json`."""
    require_type(request, "application/json")
    return await read_body(request, limit)


async def read_json(request: web.Request, limit: int) -> Any:
    return decode_json(await read_json_body(request, limit))


def query_integer(request: web.Request, name: str, default: int, lowest: int, highest: int) -> int:
    """A whole number of the query. Raises BadRequestError naming the parameter."""
    raw = request.query.get(name)
    return default if raw is None else _integer(name, raw, lowest, highest)


def header_integer(request: web.Request, name: str, lowest: int, highest: int) -> int:
    """A whole number of the request's fields. Raises BadRequestError naming the field."""
    return _integer(name, request.headers.get(name, ""), lowest, highest)


def _integer(name: str, raw: str, lowest: int, highest: int) -> int:
    if not (raw.isascii() and raw.isdigit() and len(raw) <= LONGEST_INTEGER and lowest <= int(raw) <= highest):
        message = f"wants a whole number from {lowest} to {highest}"
        raise BadRequestError(f"{name}: {message}, not {printable(raw)!r}.", field_problems([(name, message)]))
    return int(raw)


def query_day(request: web.Request, name: str) -> datetime | None:
    """The midnight in Taipei at which a day of the query begins; None where it names none. Raises BadRequestError."""
    raw = request.query.get(name, "")
    if not raw:
        return None
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        day = date.min
    if day.year not in YEARS:
        message = "wants a day, 2026-11-23"
        raise BadRequestError(f"{name}: {message}.", field_problems([(name, message)]))
    return datetime.combine(day, time(), TAIPEI)


def query_choice(request: web.Request, name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, the first where the query names none. Raises BadRequestError naming the parameter."""
    raw = request.query.get(name, choices[0])
    if raw not in choices:
        message = "wants one of " + ", ".join(choices)
        raise BadRequestError(f"{name}: {message}, not {printable(raw)!r}.", field_problems([(name, message)]))
    return raw
