"""One request and its answer: bounded in time and size, tried again where that changes nothing."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from gateway.client.access import Access
from gateway.client.errors import BusyError, NotReachedError, UnexpectedAnswerError, refused
from gateway.model.backoff import Backoff
from gateway.model.clock import RandomBytes
from gateway.model.wire import Problem

M = TypeVar("M", bound=BaseModel)
MOST_BYTES: Final = 64 << 20  # of one answer
LONGEST_WAIT_S: Final = 60  # that a platform may ask for


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for an answer; how often one request is tried at most, and the pauses between."""

    answer_s: float = 30.0
    tries: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 10.0


class Connection:
    """Made by `opened`. Every method raises the errors of `gateway.client.errors`."""

    def __init__(self, access: Access, session: aiohttp.ClientSession, patience: Patience, random: RandomBytes) -> None:
        self._access, self._session, self._patience, self._random = access, session, patience, random

    @classmethod
    @asynccontextmanager
    async def opened(cls, access: Access, patience: Patience, random: RandomBytes = os.urandom) -> AsyncIterator["Connection"]:
        """Raises AccessError. Nothing is asked yet."""
        tls = await asyncio.to_thread(access.tls)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls), cookie_jar=aiohttp.DummyCookieJar(), headers=access.fields
        ) as session:
            yield cls(access, session, patience, random)

    async def ask(
        self, model: type[M], method: str, path: str, body: bytes | None = None, query: Mapping[str, str] | None = None
    ) -> M:
        """The answer as a `model`. Only for what may be sent again without changing anything, as all of the interface that is used
        here may."""
        answer = await self.fetch(method, path, body, query)
        try:
            return model.model_validate_json(answer)
        except ValidationError as error:
            raise UnexpectedAnswerError(
                f"{method} {path}: the answer is no {model.__name__} ({error.error_count()} errors): is this the platform?"
            ) from None

    async def fetch(self, method: str, path: str, body: bytes | None = None, query: Mapping[str, str] | None = None) -> bytes:
        backoff = Backoff(self._patience.first_pause_s, self._patience.longest_pause_s, self._random)
        for left in reversed(range(self._patience.tries)):
            try:
                return await self._once(method, path, body, query)
            except (NotReachedError, BusyError) as error:
                if not left:
                    raise
                wait_s = error.wait_s if isinstance(error, BusyError) and error.wait_s else 0
                await asyncio.sleep(max(backoff.next_s(), wait_s))
        raise NotReachedError("not tried")

    async def _once(self, method: str, path: str, body: bytes | None, query: Mapping[str, str] | None) -> bytes:
        headers = {"Content-Type": "application/json"} if body is not None else None
        try:
            async with (
                asyncio.timeout(self._patience.answer_s),
                self._session.request(
                    method, self._access.root + path, data=body, params=query, headers=headers, allow_redirects=False
                ) as response,
            ):
                answer = await _bounded(response)
                status, after = response.status, response.headers.get("Retry-After", "")
        except TimeoutError:
            raise NotReachedError(f"{method} {path}: no answer within {self._patience.answer_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NotReachedError(f"{method} {path}: {str(error) or type(error).__name__}") from error
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        if status < HTTPStatus.BAD_REQUEST:
            raise UnexpectedAnswerError(f"{method} {path}: HTTP {status}; this platform leads nowhere else")
        wait_s = min(int(after), LONGEST_WAIT_S) if after.isascii() and after.isdigit() and len(after) < 10 else None
        raise refused(status, _problem(status, answer), wait_s)

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[aiohttp.StreamReader]:
        """An answer without an end. Raises the same errors; NotReachedError where it breaks."""
        try:
            async with self._session.get(
                self._access.root + path,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._patience.answer_s),
                allow_redirects=False,
            ) as response:
                if response.status != HTTPStatus.OK or response.content_type != "text/event-stream":
                    answer = await _bounded(response)
                    raise refused(response.status, _problem(response.status, answer), None)
                yield response.content
        except ValueError as error:  # aiohttp's, of a line beyond its limit
            raise UnexpectedAnswerError(f"GET {path}: {error}: is this the platform?") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NotReachedError(f"GET {path}: {str(error) or type(error).__name__}") from error


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    chunks, length = [], 0
    async for chunk in response.content.iter_any():
        length += len(chunk)
        if length > MOST_BYTES:
            raise UnexpectedAnswerError(f"an answer of more than {MOST_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _problem(status: int, answer: bytes) -> Problem:
    """What the platform says is wrong. A proxy before it says it in its own words: those are not repeated."""
    try:
        return Problem.model_validate_json(answer)
    except ValidationError:
        return Problem(title="no explanation", status=status)
