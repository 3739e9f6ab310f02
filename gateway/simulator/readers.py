"""A fake for every reader of a lane file, at loopback."""

from typing import Protocol

from gateway.model.clock import Clock
from gateway.rfid.config import LineReaderConfig, LlrpReaderConfig, ReaderConfig, SerialReaderConfig, Uhf18ReaderConfig
from gateway.simulator.llrp_reader import FakeLlrpReader
from gateway.simulator.serial_line import Rfc2217Line, SerialLine, SocketLine
from gateway.simulator.text_readers import FakeLineReader, FakeWiegandReader
from gateway.simulator.uhf18_reader import FakeUhf18Reader


class FakeReader(Protocol):
    """What a simulated site needs of a reader, whatever it speaks."""

    @property
    def reachable(self) -> dict[str, str | int]:
        """The keys of a lane file's entry that lead here."""

    async def start(self) -> object: ...

    async def stop(self) -> None: ...

    def see(self, uid: str, antenna: int, rssi: int | None) -> bool:
        """Hold a tag before an antenna."""


def fake_reader(config: ReaderConfig, clock: Clock) -> FakeReader:
    """The simulated counterpart of a lane file's entry."""
    if isinstance(config, LlrpReaderConfig):
        inputs = max(4, config.trigger.input if config.trigger else 0)
        return FakeLlrpReader(clock, antennas=max(config.antennas), inputs=inputs)
    line = _line(config)
    if isinstance(config, Uhf18ReaderConfig):
        return FakeUhf18Reader(line, config)
    return FakeLineReader(line, config) if isinstance(config, LineReaderConfig) else FakeWiegandReader(line, config)


def _line(config: SerialReaderConfig) -> SerialLine:
    """A local serial port becomes a socket: a pseudo-terminal would need a place in the file system."""
    return Rfc2217Line() if config.port.startswith("rfc2217://") else SocketLine()
