"""The simulated UHF reader keeps its ROSpec's life and takes one client, as real ones do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from gateway.model.clock import utc_now
from gateway.rfid.errors import ReaderRefusedError
from gateway.rfid.llrp_codec import HEADER, Message, decode, encode
from gateway.rfid.llrp_events import connection_attempt
from gateway.rfid.llrp_messages import add_rospec, enable_rospec, parse_report, require_success, start_rospec
from gateway.rfid.llrp_numbers import M
from gateway.simulator.llrp_reader import FakeLlrpReader, RoSpec

EPC = "30340789ac397e0000000649"


@contextlib.asynccontextmanager
async def _client(fake: FakeLlrpReader) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", fake.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _next(reader: asyncio.StreamReader) -> Message:
    header = await reader.readexactly(HEADER.size)
    return decode(header + await reader.readexactly(int.from_bytes(header[2:6], "big") - HEADER.size))


async def test_tags_are_reported_only_once_the_rospec_is_started() -> None:
    fake = await FakeLlrpReader(utc_now).start()
    async with _client(fake) as (reader, writer):
        assert connection_attempt(await _next(reader)) == 0
        for request, after in (
            (add_rospec([1]), RoSpec.DISABLED),
            (enable_rospec(), RoSpec.INACTIVE),
            (start_rospec(), RoSpec.ACTIVE),
        ):
            assert not fake.see(EPC)
            writer.write(encode(request))
            await _next(reader)
            assert fake.rospec is after
        assert fake.see(EPC, rssi=-60)
        (tag,) = parse_report(await _next(reader))
        assert (tag.epc, tag.antenna, tag.rssi) == (EPC, 1, -60)
    await fake.stop()


async def test_starting_what_is_not_enabled_is_refused() -> None:
    fake = await FakeLlrpReader(utc_now).start()
    async with _client(fake) as (reader, writer):
        await _next(reader)
        writer.write(encode(start_rospec()))
        assert b"the ROSpec is absent, not inactive" in (await _next(reader)).body
    await fake.stop()


async def test_a_request_that_is_not_well_formed_gets_an_error_status() -> None:
    fake = await FakeLlrpReader(utc_now).start()
    async with _client(fake) as (reader, writer):
        await _next(reader)
        for broken in (Message(M.ADD_ROSPEC, 1, b"\x00"), Message(M.ADD_ROSPEC, 2), Message(M.SET_READER_CONFIG, 3, b"\x00\x00")):
            writer.write(encode(broken))
            with pytest.raises(ReaderRefusedError, match="not well-formed"):
                require_success(await _next(reader))
    await fake.stop()


async def test_a_second_client_is_turned_away_and_the_first_keeps_the_reader() -> None:
    fake = await FakeLlrpReader(utc_now).start()
    async with _client(fake) as (first, writer), _client(fake) as (second, _):
        await _next(first)
        assert connection_attempt(await _next(second)) == 2
        assert await second.read() == b""
        writer.write(encode(Message(M.CLOSE_CONNECTION, 5)))
        assert (await _next(first)).message_id == 5
    await fake.stop()


async def test_a_client_that_does_not_speak_llrp_is_dropped_and_the_next_one_served() -> None:
    fake = await FakeLlrpReader(utc_now).start()
    async with _client(fake) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert connection_attempt(await _next(reader)) == 0
        with contextlib.suppress(OSError):
            assert await reader.read() == b""
    await fake.until(lambda: not fake._sockets)
    async with _client(fake) as (reader, _):
        assert connection_attempt(await _next(reader)) == 0
    await fake.stop()
