"""The platform's client as a gate needs it: with credentials that may change while it runs, and three kinds of outcome: an answer,
away, set aside.

Nothing is tried again in here. The loops do that, in their own order, for days if need be.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final, TypeVar

from gateway import client
from gateway.client import ClientError, Connection, Credentials, GateClient, Patience, RefusedError
from gateway.model.wire import ConfirmationReceipt
from gateway.uplink.errors import NotAdmittedError, NotOfferedError, PlatformAwayError, SetAsideError
from gateway.uplink.settings import UplinkSettings

T = TypeVar("T")
# What is wrong with one record or picture, not with the way there. Everything else is tried again: a wrong path in a proxy
# (404) or a wrong method (405) is somebody's mistake of today, not a reason to drop a customs record.
_NEVER: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_NOT_OFFERED: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_LONGEST_DETAIL: Final = 300  # characters


class PlatformClient:
    """One session with the platform."""

    def __init__(self, settings: UplinkSettings, read_credentials: Callable[[], Credentials]) -> None:
        """`read_credentials` waits for the disk, and is asked again where the platform does not admit the gate."""
        self._settings = settings
        self._read_credentials = read_credentials
        self._client: GateClient | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["PlatformClient"]:
        """Raises CredentialsError where the site's settings cannot work."""
        settings = self._settings
        patience = Patience(settings.connect_timeout_s, settings.answer_timeout_s, settings.picture_timeout_s, tries=1)
        credentials = await asyncio.to_thread(self._read_credentials)
        async with Connection.opened(settings.url, credentials, patience) as connection:
            self._client = GateClient(connection)
            yield self

    async def renew_credentials(self) -> None:
        """Take what is on the disk now; connections with what was there before are not used again. Raises CredentialsError."""
        credentials = await asyncio.to_thread(self._read_credentials)
        if self._client is not None:
            self._client.connection.credentials = credentials

    async def ask(self, question: Callable[[GateClient], Awaitable[T]]) -> T:
        """The platform's answer. Raises PlatformAwayError where it may be asked again."""
        return await self._ask(question, frozenset())

    async def hand_in(self, question: Callable[[GateClient], Awaitable[T]]) -> T:
        """The same for a record or picture. Raises SetAsideError where the platform will never take it."""
        return await self._ask(question, _NEVER)

    async def _ask(self, question: Callable[[GateClient], Awaitable[T]], never: frozenset[HTTPStatus]) -> T:
        if self._client is None:
            raise PlatformAwayError("not connected")
        try:
            return await question(self._client)
        except client.NotAdmittedError as error:
            await self.renew_credentials()  # the token may have been changed, the gate enrolled
            raise NotAdmittedError(f"HTTP {error.status}: the platform does not admit this gate: {_said(error)}") from error
        except RefusedError as error:
            if error.status in never:
                raise SetAsideError(error.status, _said(error)) from error
            sort = NotOfferedError if error.status in _NOT_OFFERED else PlatformAwayError
            raise sort(f"HTTP {error.status}: {_said(error)}") from error
        except ClientError as error:
            raise PlatformAwayError(str(error)) from error


def settled(answer: ConfirmationReceipt | RefusedError) -> ConfirmationReceipt | SetAsideError:
    """What one record of several was answered for good. Raises PlatformAwayError where it was not."""
    if not isinstance(answer, RefusedError):
        return answer
    if answer.status in _NEVER:
        return SetAsideError(answer.status, _said(answer))
    raise PlatformAwayError(f"HTTP {answer.status}: {_said(answer)}")


def _said(error: RefusedError) -> str:
    return error.said[:_LONGEST_DETAIL]
