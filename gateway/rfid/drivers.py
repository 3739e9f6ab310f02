"""All reader drivers. A new one is a file, its settings in `config.py`, and one line here."""

from gateway.model.clock import Clock
from gateway.rfid.config import LineReaderConfig, LlrpReaderConfig, ReaderConfig, Uhf18ReaderConfig
from gateway.rfid.line_reader import LineReader
from gateway.rfid.llrp_reader import LlrpReader
from gateway.rfid.reader import Reader
from gateway.rfid.uhf18_reader import Uhf18Reader
from gateway.rfid.wiegand_reader import WiegandReader


def reader_of(config: ReaderConfig, clock: Clock) -> Reader:
    """The driver that a lane file's entry asks for by its `type`."""
    if isinstance(config, LlrpReaderConfig):
        return LlrpReader(config, clock)
    if isinstance(config, Uhf18ReaderConfig):
        return Uhf18Reader(config, clock)
    if isinstance(config, LineReaderConfig):
        return LineReader(config, clock)
    return WiegandReader(config, clock)
