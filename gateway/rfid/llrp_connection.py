"""One LLRP connection, as its client: greeting, requests and their responses, keepalives, and a polite end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.rfid.errors import ProtocolError, ReaderBusyError, ReaderLostError, ReaderRefusedError, ReaderSilentError, RfidError
from gateway.rfid.llrp_codec import HEADER, Header, Message, decode_header, encode
from gateway.rfid.llrp_events import connection_attempt, reader_time_us
from gateway.rfid.llrp_messages import close_connection, require_success
from gateway.rfid.llrp_numbers import RESPONSES, M

CLOSE_TIMEOUT_S: Final = 1.0
WELCOME: Final = 0
BUSY: Final = frozenset({1, 2, 4})  # a reader- or client-initiated connection exists, or another attempt is being made


@contextlib.asynccontextmanager
async def connected(host: str, port: int, timeout_s: float) -> AsyncIterator["LlrpConnection"]:
    """A connection that the reader has accepted. Raises ReaderLostError, ReaderBusyError, ReaderSilentError, ProtocolError."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise ReaderLostError(f"no connection to {host}:{port}") from error
    connection = LlrpConnection(reader, writer, timeout_s)
    try:
        await connection.greeted()
        yield connection
    finally:
        await connection.close()


class LlrpConnection:
    """Reads one message at a time; keepalives are answered and reports handed over on the way, whoever is waiting for what."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self.on_report: Callable[[Message], None] | None = None
        self.on_event: Callable[[Message], None] | None = None  # may raise RfidError to end the connection
        self.farewell: Message | None = None  # sent before the connection is closed in peace
        self._reader, self._writer, self._timeout_s = reader, writer, timeout_s
        self._next_id = 1
        self._header: Header | None = None  # read, while its body is not: a cancelled reader must not lose its place
        self._welcome: Message | None = None
        self._broken = False

    async def greeted(self) -> None:
        """Wait for the reader's first word. Raises ReaderBusyError when it serves somebody else."""
        message = await self.next_message(self._timeout_s)
        status = connection_attempt(message) if message.type == M.READER_EVENT_NOTIFICATION else None
        if status is None:
            raise ProtocolError(f"the reader began with message {message.type}, not with a connection attempt event")
        if status in BUSY:
            raise ReaderBusyError("another client holds the reader; it takes one at a time")
        if status != WELCOME:
            raise ReaderRefusedError(f"the reader refused the connection (status {status})")
        self._welcome = message

    def drift_s(self, now: datetime) -> float | None:
        """How far the reader's clock was ahead of `now`, in seconds, when it greeted. None: it did not say."""
        microseconds = reader_time_us(self._welcome) if self._welcome is not None else None
        return None if microseconds is None else microseconds / 1e6 - now.timestamp()

    async def tell(self, message: Message) -> None:
        """Send a message that has no response. Raises ReaderLostError."""
        await self._send(message)

    async def request(self, message: Message) -> Message:
        """Send and wait for the response. Raises ReaderRefusedError when its status is an error; other RfidErrors too."""
        type_ = M(message.type)
        message_id = await self._send(message)
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._response(RESPONSES[type_], message_id)
        except TimeoutError as error:
            self._broken = True
            raise ReaderSilentError(f"{type_.name}: no answer within {self._timeout_s:g} s") from error
        try:
            require_success(response)
        except ReaderRefusedError as error:
            raise ReaderRefusedError(f"{type_.name} refused: {error}") from None
        return response

    async def _response(self, wanted: M, message_id: int) -> Message:
        while True:
            message = await self._next()
            if message.type == wanted and message.message_id == message_id:
                return message

    async def next_message(self, timeout_s: float) -> Message:
        """The next message of any kind. Raises ReaderSilentError when none comes in time: any message is a sign of life."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._next()
        except TimeoutError as error:
            self._broken = True
            raise ReaderSilentError(f"silent for {timeout_s:g} s, keepalives included") from error

    async def _next(self) -> Message:
        message = await self._read()
        if message.type == M.KEEPALIVE:
            await self._send(Message(M.KEEPALIVE_ACK, message.message_id), as_it_is=True)
        elif message.type == M.RO_ACCESS_REPORT and self.on_report is not None:
            self.on_report(message)
        elif message.type == M.READER_EVENT_NOTIFICATION and self.on_event is not None:
            self.on_event(message)
        elif message.type == M.ERROR_MESSAGE:
            require_success(message)
        return message

    async def _read(self) -> Message:
        try:
            if self._header is None:
                self._header = decode_header(await self._reader.readexactly(HEADER.size))
            body = await self._reader.readexactly(self._header.length - HEADER.size)
        except (asyncio.IncompleteReadError, OSError) as error:
            self._broken = True
            raise ReaderLostError("the reader closed the connection") from error
        except ProtocolError:
            self._broken = True
            raise
        header, self._header = self._header, None
        return Message(header.type, header.message_id, body)

    async def _send(self, message: Message, *, as_it_is: bool = False) -> int:
        """Raises ReaderLostError. Gives the id under which the message was sent."""
        if not as_it_is:
            message = replace(message, message_id=self._next_id)
            self._next_id += 1
        try:
            self._writer.write(encode(message))
            await self._writer.drain()
        except OSError as error:
            self._broken = True
            raise ReaderLostError("the connection broke while sending") from error
        return message.message_id

    async def close(self) -> None:
        """Let go of the reader. Its answer is waited for: closing over unread reports would throw our last words away."""
        self.on_report = self.on_event = None
        if self._welcome is not None and not self._broken:
            with contextlib.suppress(RfidError, TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    if self.farewell is not None:
                        with contextlib.suppress(ReaderRefusedError):
                            await self.request(self.farewell)
                    await self.request(close_connection())
        self._writer.transport.abort()  # what a reader did not take by now would be waited for without end
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
