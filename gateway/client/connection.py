"""One request and its answer: bounded in time and size, tried again where that changes nothing."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from gateway.client.access import Credentials
from gateway.client.errors import BusyError, NotReachedError, UnexpectedAnswerError, printable, refused
from gateway.model.backoff import Backoff
from gateway.model.clock import RandomBytes
from gateway.model.wire import Problem

M = TypeVar("M", bound=BaseModel)
JSON: Final = "application/json"
TAKEN: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
MOST_BYTES: Final = 256 << 20  # of one answer: a page of the feed with 500 orders of 999 cargo lines each
SLOWEST: Final = 1000  # bytes a second: what comes or goes at this rate is not given up, however long it takes
LONGEST_WAIT_S: Final = 60  # that a platform may ask for
LONGEST_WHY: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a connection, for an answer (and one more for each kB that comes or goes), and for that to a picture; how often
    one request is tried at most, and the pauses between."""

    connect_s: float = 10.0
    answer_s: float = 30.0
    picture_s: float = 60.0
    tries: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """`path` begins behind the platform's address, its parts quoted. `answer_s`: another patience than usual."""

    method: str
    path: str
    body: bytes | None = None
    media_type: str = JSON
    fields: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    answer_s: float | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Connection:
    """Made by `opened`. Every method raises the errors of `gateway.client.errors`.

    `credentials` may be replaced at any time; connections with what was there before are not used again.
    """

    def __init__(
        self, root: str, credentials: Credentials, session: aiohttp.ClientSession, patience: Patience, random: RandomBytes
    ) -> None:
        self.credentials = credentials
        self.patience = patience
        self._root, self._session, self._random = root, session, random

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, root: str, credentials: Credentials, patience: Patience, random: RandomBytes = os.urandom
    ) -> AsyncIterator["Connection"]:
        """`root`: the platform's address without a slash at its end. Nothing is asked yet."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield cls(root, credentials, session, patience, random)

    async def ask(self, model: type[M], request: Request) -> M:
        """The answer as a `model`. Only for what may be sent again without changing anything, as all of the interface that is used
        here may."""
        answer = await self.fetch(request)
        try:
            return model.model_validate_json(answer)
        except ValidationError as error:
            raise UnexpectedAnswerError(
                f"{request}: the answer is no {model.__name__} ({why(error)}): is this the platform?"
            ) from None

    async def fetch(self, request: Request) -> bytes:
        backoff = Backoff(self.patience.first_pause_s, self.patience.longest_pause_s, self._random)
        for left in reversed(range(self.patience.tries)):
            try:
                return await self._once(request)
            except (NotReachedError, BusyError) as error:
                if not left:
                    raise
                wait_s = error.wait_s if isinstance(error, BusyError) and error.wait_s else 0
                await asyncio.sleep(max(backoff.next_s(), wait_s))
        raise NotReachedError("not tried")

    async def _once(self, request: Request) -> bytes:
        answer_s = request.answer_s if request.answer_s is not None else self.patience.answer_s
        try:
            async with (
                asyncio.timeout(answer_s + len(request.body or b"") / SLOWEST) as patience,
                self._sent(request) as response,
            ):
                answer = await _bounded(response, patience)
                status, after = response.status, response.headers.get("Retry-After", "")
        except TimeoutError:
            raise NotReachedError(f"no answer within {answer_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NotReachedError(_name(error)) from error
        if status in TAKEN:
            return answer
        if status < HTTPStatus.BAD_REQUEST:
            raise UnexpectedAnswerError(f"{request}: HTTP {status}, which this platform never says")
        wait_s = min(int(after), LONGEST_WAIT_S) if after.isascii() and after.isdigit() and len(after) < 10 else None
        raise refused(status, _problem(status, answer), wait_s)

    def _sent(self, request: Request) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        media = {"Content-Type": request.media_type} if request.body is not None else {}
        return self._session.request(
            request.method,
            self._root + request.path,
            data=request.body,
            params=request.query,
            headers={**self.credentials.fields, **request.fields, **media},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.patience.connect_s),
            allow_redirects=False,
            ssl=self.credentials.tls,
        )

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[aiohttp.StreamReader]:
        """An answer without an end. Raises the same errors; NotReachedError where it breaks."""
        try:
            async with self._sent(Request("GET", path)) as response:
                if response.status != HTTPStatus.OK or response.content_type != "text/event-stream":
                    answer = await _bounded(response)
                    raise refused(response.status, _problem(response.status, answer), None)
                yield response.content
        except ValueError as error:  # aiohttp's, of a line beyond its limit
            raise UnexpectedAnswerError(f"GET {path}: {error}: is this the platform?") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NotReachedError(_name(error)) from error


async def _bounded(response: aiohttp.ClientResponse, patience: asyncio.Timeout | None = None) -> bytes:
    """The answer; as long as it comes in, patience grows."""
    chunks, length = [], 0
    until = (patience.when() if patience else None) or 0.0
    async for chunk in response.content.iter_any():
        length += len(chunk)
        if length > MOST_BYTES:
            raise UnexpectedAnswerError(f"an answer of more than {MOST_BYTES} bytes")
        chunks.append(chunk)
        if patience:
            patience.reschedule(until + length / SLOWEST)
    return b"".join(chunks)


def why(error: ValidationError) -> str:
    """The wrong fields without their values, which are people's names and licences. Shortened."""
    fields = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False, include_input=False))
    return printable("; ".join(fields))[:LONGEST_WHY]


def _name(error: aiohttp.ClientError | OSError) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            said = f"the platform's certificate is not trusted: {error.certificate_error}"
        case aiohttp.ClientConnectorError():
            said = f"cannot connect to {error.host}:{error.port}: {error.os_error.strerror or error.os_error}"
        case _:
            said = str(error)
    return (said or type(error).__name__)[:LONGEST_WHY]


def _problem(status: int, answer: bytes) -> Problem:
    """What the platform says is wrong. A proxy before it says it in its own words: those are not repeated."""
    try:
        return Problem.model_validate_json(answer)
    except ValidationError:
        return Problem(title="no explanation", status=status)
