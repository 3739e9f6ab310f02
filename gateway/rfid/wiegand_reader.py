"""A Wiegand card reader behind a converter that says each card in a line of text."""

from gateway.model.clock import Clock
from gateway.rfid.config import WiegandReaderConfig
from gateway.rfid.text_reader import TextReader
from gateway.rfid.wiegand import read_card


class WiegandReader(TextReader):
    def __init__(self, config: WiegandReaderConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self.config = config

    def _identity(self, groups: dict[str, str]) -> tuple[str, str]:
        card = read_card(groups, self.config.bits)
        return card.technology, card.uid
