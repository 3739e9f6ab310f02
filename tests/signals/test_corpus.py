"""Replies that modules were recorded to give, and what a network makes of them: read, or one of the room's own errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.signals import link as modbus_link
from gateway.signals.config import ModbusModuleConfig
from gateway.signals.errors import SignalError
from gateway.signals.link import ModbusLink
from gateway.signals.points import Run
from tests.corpus import agrees, cases, told
from tests.driver_loop import PATIENCE_S

THREE_COILS = Run("coil", 16, (("red",), ("amber",), ("green",)))  # what every file answers, in the first request's name


@asynccontextmanager
async def answering(reply: bytes) -> AsyncIterator[int]:
    """A module that answers every request with these bytes; gives its port."""
    clients: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.add(writer)
        with suppress(ConnectionError):
            while await reader.read(1024):
                writer.write(reply)

    server = await asyncio.start_server(serve, "127.0.0.1")
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in clients:
            writer.transport.abort()
        await asyncio.sleep(0)


async def outcome(reply: bytes) -> str:
    async with answering(reply) as port:
        entry = {"name": "io-1", "host": "127.0.0.1", "port": port, "outputs": {"red": {"address": 16}}}
        link = ModbusLink(ModbusModuleConfig.model_validate(entry))
        try:
            await link.open()
            return " ".join("on" if bit else "off" for bit in await link.read(THREE_COILS))
        except SignalError as error:
            return told(error).replace(f"127.0.0.1:{port}", "HERE")
        finally:
            link.close()


@pytest.mark.parametrize(("decoder", "data", "expected"), cases(Path(__file__).parent))
async def test_it_is_read_or_refused_as_the_table_says(
    decoder: str, data: bytes, expected: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modbus_link, "TIMEOUT_S", 0.2 if "no answer" in expected else PATIENCE_S)
    assert decoder == "modbus"
    said = await outcome(data)
    assert agrees(said, expected), said
    assert [record for record in caplog.records if record.name == "asyncio"] == []


HEADER = st.sampled_from(["000100000004", "000100000003", "0001000000", ""]).map(bytes.fromhex)
PDU = st.builds(
    lambda function, rest: b"\x01" + bytes([function]) + rest, st.sampled_from([1, 2, 3, 0x81, 0x2B, 0xFF]), st.binary(max_size=12)
)


@given(reply=st.builds(bytes.__add__, HEADER, PDU | st.binary(max_size=20)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_reply_raises_anything_but_the_rooms_errors(reply: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus_link, "TIMEOUT_S", 0.02)
    assert asyncio.run(outcome(reply))
