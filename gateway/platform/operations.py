"""The table of routes. The router and the OpenAPI description are both made from it, so that they cannot drift apart."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from gateway.platform.accounts.roles import Right
from gateway.platform.answers import tagged

MAX_CURSOR: Final = (1 << 63) - 1  # what a database's integer holds
MAX_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    where: Literal["path", "query", "header"]
    description: str
    schema: dict[str, Any]
    required: bool = False  # a part of the path always is


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: one of `models` (or a list of them), or bytes of `media`. With `xml_example` the same as XML, too."""

    description: str
    models: tuple[type[BaseModel], ...] = ()
    or_list: bool = False
    as_list: bool = False
    media: str = "application/json"
    example: Any = None
    xml_example: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    description: str
    model: type[BaseModel] | None = None
    media: str = "application/json"  # empty: nothing but the head
    example: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: who answers it, and all that the description says of it."""

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    replies: tuple[Reply, ...]
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    problems: tuple[int, ...] = ()
    right: Right | None = Right.READ  # None: open to everyone, as it tells nothing or asks for its own proof
    for_firms: bool = False  # it keeps to the data of the viewer's firm
    by_gates: bool = False  # a gate's certificate opens it, too
    tagged: bool = False  # what it gives has an ETag, and is not sent again to whoever has it


Admit = Callable[[web.Request, Operation], Awaitable[None]]


def limit(most: int) -> Parameter:
    """The parameter of a paged list that says how long a page may be."""
    return Parameter("limit", "query", "Most items in one page", {"type": "integer", "minimum": 1, "maximum": most})


LIMIT: Final = limit(MAX_LIMIT)
IF_MATCH: Final = Parameter(
    "If-Match", "header", "The ETag of what is to be changed: nothing else is (RFC 9110)", {"type": "string"}
)
DIRECTION: Final = Parameter(
    "direction", "query", "Which end to begin at; oldest unless asked otherwise", {"type": "string", "enum": ["oldest", "newest"]}
)


def after(description: str) -> Parameter:
    """The cursor parameter of a paged list."""
    return Parameter("after", "query", description, {"type": "integer", "minimum": 0, "maximum": MAX_CURSOR})


def _guarded(operation: Operation, admit: Admit) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        await admit(request, operation)
        answer = await operation.handler(request)
        return tagged(request, answer) if operation.tagged else answer

    return guarded


def add_operations(app: web.Application, operations: Iterable[Operation], admit: Admit) -> None:
    """`admit` raises a Refusal for who may not do it."""
    for one in operations:
        app.router.add_route(one.method, one.path, _guarded(one, admit))
