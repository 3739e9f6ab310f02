"""A reader that says each tag's number in a line of text."""

from gateway.model.clock import Clock
from gateway.rfid.config import LineReaderConfig
from gateway.rfid.errors import ProtocolError
from gateway.rfid.text_reader import TextReader


class LineReader(TextReader):
    def __init__(self, config: LineReaderConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self.config = config

    def _identity(self, groups: dict[str, str]) -> tuple[str, str]:
        """Numbers are compared after case folding; some readers set spaces between their bytes."""
        uid = "".join(groups.get("uid", "").split()).lower()
        if not uid:
            raise ProtocolError("a line without a number")
        return self.config.technology, uid
