"""Readers on real sockets and pseudo-terminals, and the gate's side of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.model.clock import utc_now
from gateway.model.device import TagSighting
from gateway.rfid.config import LlrpReaderConfig
from gateway.rfid.llrp_reader import LlrpReader
from gateway.rfid.reader import Reader
from gateway.simulator.llrp_reader import FakeLlrpReader
from gateway.simulator.serial_line import PtyLine, Rfc2217Line, SerialLine, SocketLine
from tests.driver_loop import PATIENCE_S, DriverTold, at_work


@dataclass
class Told(DriverTold):
    """What the reader's loop reported."""

    tags: list[TagSighting] = field(default_factory=list)

    @property
    def uids(self) -> list[str]:
        return [tag.uid for tag in self.tags]

    def on_tag(self, tag: TagSighting) -> None:
        self.tags.append(tag)
        self.changed.set()


@pytest.fixture
async def fake() -> AsyncIterator[FakeLlrpReader]:
    fake = await FakeLlrpReader(utc_now).start()
    yield fake
    await fake.stop()


LINES = ("pty", "socket", "rfc2217")


@pytest.fixture(params=LINES)
def line(request: pytest.FixtureRequest, tmp_path: Path) -> SerialLine:
    """A serial line, not yet connected."""
    return line_of(request.param, tmp_path)


def line_of(kind: str, folder: Path) -> SerialLine:
    if kind == "pty":
        return PtyLine(folder / "reader")
    return SocketLine() if kind == "socket" else Rfc2217Line()


def reader_for(fake: FakeLlrpReader, **changes: object) -> LlrpReader:
    entry = {
        "name": "uhf-1",
        "host": "127.0.0.1",
        "port": fake.port,
        "antennas": {1: {"lane": "out-1", "purpose": "pass"}, 3: {"lane": "out-2", "purpose": "seal"}},
        "keepalive_s": 5.0,
        "retry_s": 0.2,
        "timeout_s": 5.0,
    }
    return LlrpReader(LlrpReaderConfig.model_validate(entry | changes), utc_now)


def running(reader: Reader) -> AbstractAsyncContextManager[Told]:
    told = Told()
    return at_work(told, reader.run(told.on_tag, told.on_state))


async def soon(fake: FakeLlrpReader | SerialLine, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await fake.until(condition)
