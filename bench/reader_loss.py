"""Lose each kind of reader again and again: how long until the gate notices, how long until it is back, and what was lost.

`python bench/reader_loss.py [REPETITIONS]`. While the reader is away one tag is held before it, if the reader keeps tags;
otherwise at once after its return. The reader is unplugged at once, as by a pulled cable whose end the network reports.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import TypeAdapter

from gateway.model.clock import utc_now
from gateway.rfid.config import LlrpReaderConfig, ReaderConfig
from gateway.rfid.drivers import reader_of
from gateway.simulator.llrp_reader import FakeLlrpReader
from gateway.simulator.readers import FakeReader
from gateway.simulator.serial_line import PtyLine, Rfc2217Line, SerialLine, SocketLine
from gateway.simulator.text_readers import LINE_PATTERN, FakeLineReader
from gateway.simulator.uhf18_reader import FakeUhf18Reader

READER: TypeAdapter[ReaderConfig] = TypeAdapter(ReaderConfig)
COMMON = {"name": "reader", "antennas": {1: {"lane": "lane"}}}
PATIENCE_S = 10.0


class Gate:
    """What the gate was told."""

    def __init__(self) -> None:
        self.states: list[bool] = []
        self.tags: set[str] = set()
        self._changed = asyncio.Event()

    def on_state(self, working: bool, _detail: str) -> None:
        self.states.append(working)
        self._changed.set()

    def on_tag(self, uid: str) -> None:
        self.tags.add(uid)
        self._changed.set()

    async def until_state(self, working: bool) -> None:
        while not self.states or self.states[-1] is not working:
            self._changed.clear()
            await self._changed.wait()

    async def until_tag(self, uid: str) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while uid not in self.tags:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def running(config: ReaderConfig) -> AsyncIterator[Gate]:
    gate = Gate()
    task = asyncio.create_task(reader_of(config, utc_now).run(lambda tag: gate.on_tag(tag.uid), gate.on_state))
    try:
        yield gate
    finally:
        task.cancel()
        await asyncio.wait({task})


async def measure(kind: str, fake: FakeReader, config: ReaderConfig, repetitions: int, *, keeps: bool) -> None:
    now = asyncio.get_running_loop().time
    noticed, back, lost = [], [], 0
    async with running(config) as gate:
        await gate.until_state(True)
        for number in range(repetitions):
            begun = now()
            await fake.stop()
            await gate.until_state(False)
            noticed.append(now() - begun)
            if keeps:
                fake.see(f"{number:024x}", 1, -50)
            begun = now()
            await fake.start()
            await gate.until_state(True)
            back.append(now() - begun)
            if not keeps:
                await asyncio.sleep(0.01)  # the fake's end of the connection is a turn or two behind the gate's
                fake.see(f"{number:024x}", 1, -50)
            lost += not await gate.until_tag(f"{number:024x}")
        once = gate.states == [True] + [False, True] * repetitions
    await fake.stop()
    figures = " ".join(f"{1000 * statistics.median(times):6.0f} {1000 * max(times):6.0f}" for times in (noticed, back))
    print(f"{kind:20} {figures} {lost:6} {'yes' if once else 'NO':>6}")


async def main(repetitions: int) -> None:
    print(f"{'':20} {'noticed, ms':>13} {'back, ms':>13} {'tags':>6} {'told':>6}")
    print(f"{'':20} median    max median    max {'lost':>6} {'once':>6}")
    llrp = await FakeLlrpReader(utc_now).start()
    config: ReaderConfig = LlrpReaderConfig.model_validate(COMMON | llrp.reachable)
    await measure("llrp", llrp, config, repetitions, keeps=True)
    with tempfile.TemporaryDirectory() as folder:
        for line in (PtyLine(Path(folder) / "uhf"), SocketLine(), Rfc2217Line()):
            await line.start()
            config = READER.validate_python(COMMON | {"type": "uhfreader18", "model": "288", "port": line.port})
            await measure(f"uhfreader18 {_name(line)}", FakeUhf18Reader(line, config), config, repetitions, keeps=True)
        for line in (PtyLine(Path(folder) / "text"), SocketLine(), Rfc2217Line()):
            await line.start()
            config = READER.validate_python(COMMON | {"type": "lines", "pattern": LINE_PATTERN, "port": line.port})
            await measure(f"lines {_name(line)}", FakeLineReader(line, config), config, repetitions, keeps=False)


def _name(line: SerialLine) -> str:
    return line.port.partition("://")[0] if "://" in line.port else "device"


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
