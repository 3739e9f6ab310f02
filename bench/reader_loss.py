"""Lose each kind of reader again and again: how long until the gate notices, how long until it is back, and what was lost.

`python bench/reader_loss.py [REPETITIONS]`. While the reader is away one tag is held before it, if the reader keeps tags;
otherwise at once after its return. The reader is unplugged at once, as by a pulled cable whose end the network reports.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from loss import HEADING, REPETITIONS, Gate, Loss, repeat

from gateway.model.clock import utc_now
from gateway.rfid.config import LineReaderConfig, LlrpReaderConfig, ReaderConfig, Uhf18ReaderConfig
from gateway.rfid.drivers import reader_of
from gateway.simulator.llrp_reader import FakeLlrpReader
from gateway.simulator.readers import FakeReader
from gateway.simulator.serial_line import PtyLine, Rfc2217Line, SerialLine, SocketLine
from gateway.simulator.text_readers import LINE_PATTERN, FakeLineReader
from gateway.simulator.uhf18_reader import FakeUhf18Reader

COMMON = {"name": "reader", "antennas": {1: {"lane": "lane"}}}


async def measure(device: str, fake: FakeReader, config: ReaderConfig, repetitions: int, *, keeps: bool) -> None:
    gate = Gate()

    def held(number: int) -> tuple[str, ...]:
        uid = f"{number:024x}"
        fake.see(uid, 1, -50)
        return (uid,)

    running = asyncio.create_task(reader_of(config, utc_now).run(lambda tag: gate.tell(tag.uid), gate.on_state))
    await gate.until(lambda: gate.working)
    print(await repeat(Loss(device, "unplugged", fake.stop, fake.start, held, keeps), gate, repetitions), flush=True)
    running.cancel()
    await asyncio.wait({running})
    await fake.stop()


async def main(repetitions: int) -> None:
    print(HEADING)
    llrp = await FakeLlrpReader(utc_now).start()
    config = LlrpReaderConfig.model_validate(COMMON | llrp.reachable)
    await measure("llrp", llrp, config, repetitions, keeps=True)
    with tempfile.TemporaryDirectory() as folder:
        for line in (PtyLine(Path(folder) / "uhf"), SocketLine(), Rfc2217Line()):
            await line.start()
            uhf18 = Uhf18ReaderConfig.model_validate(COMMON | {"type": "uhfreader18", "model": "288", "port": line.port})
            await measure(f"uhfreader18 {_name(line)}", FakeUhf18Reader(line, uhf18), uhf18, repetitions, keeps=True)
        for line in (PtyLine(Path(folder) / "text"), SocketLine(), Rfc2217Line()):
            await line.start()
            lines = LineReaderConfig.model_validate(COMMON | {"type": "lines", "pattern": LINE_PATTERN, "port": line.port})
            await measure(f"lines {_name(line)}", FakeLineReader(line, lines), lines, repetitions, keeps=False)


def _name(line: SerialLine) -> str:
    return line.port.partition("://")[0] if "://" in line.port else "device"


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS))
