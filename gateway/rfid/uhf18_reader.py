"""A UHF reader of the UHFReader18 family: asked for its tags again and again, one antenna after the other."""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import TagSighting
from gateway.rfid.config import Uhf18ReaderConfig
from gateway.rfid.errors import ProtocolError, ReaderRefusedError, ReaderSilentError
from gateway.rfid.reader import Reader, TagSeen
from gateway.rfid.serial_port import SerialPort, opened
from gateway.rfid.uhf18_frames import (
    ANY_ADDRESS,
    MORE_FOLLOWS,
    NO_TAGS,
    WITH_TAGS,
    Answer,
    FrameSplitter,
    Information,
    Tag,
    inventory,
    parse_information,
    reader_information,
    tags_of,
)

# Within a frame bytes follow each other at once; adapters and device servers hold them back for up to 100 ms.
GAP_S: Final = 0.25
MOST_UNANSWERED: Final = 3  # noise may spoil one answer, and two
COMMAND: Final = 2  # where a frame has its command


class Uhf18Reader(Reader):
    def __init__(self, config: Uhf18ReaderConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self.config = config

    async def _read_tags(self, on_tag: TagSeen, availability: Availability, backoff: Backoff) -> None:
        async with opened(self.config) as port:
            dialogue = Dialogue(port, self.config)
            identity = str(await dialogue.information())
            while True:
                faults = await self._round(dialogue, on_tag)
                if faults:
                    availability.lost(f"reader {self.name}: {'; '.join(faults)}")
                elif not dialogue.unanswered:
                    self._works(identity, availability, backoff)

    async def _round(self, dialogue: "Dialogue", on_tag: TagSeen) -> list[str]:
        """One inventory on each antenna. Gives what went wrong: one bad antenna does not make the others blind."""
        faults = []
        for antenna in sorted(self.config.antennas):
            last = await dialogue.inventory(antenna, lambda answer: self._take(answer, on_tag))
            if last is not None and last.status not in WITH_TAGS and last.status != NO_TAGS:
                faults.append(f"antenna {antenna}: {last.status_name}")
            await asyncio.sleep(self.config.poll_ms / 1000)
        return faults

    def _take(self, answer: Answer, on_tag: TagSeen) -> None:
        try:
            tags = tags_of(answer, self.config.model == "288")
        except ProtocolError as error:
            self._leave_out(error)
            return
        for tag in tags:
            self._pass_on(tag, on_tag)

    def _pass_on(self, tag: Tag, on_tag: TagSeen) -> None:
        rssi = None if tag.strength is None else tag.strength + self.config.rssi_offset_db
        for antenna in tag.antennas:
            on_tag(TagSighting(self.name, self._clock(), "uhf", tag.epc, antenna, rssi))

    async def _ask(self) -> tuple[str, str]:
        async with opened(self.config) as port:
            found = await Dialogue(port, self.config).information()
        if self.config.model == "18" and found.scan_ms > self.config.scan_ms:
            raise ReaderRefusedError(f"its inventories may take {found.scan_ms} ms, and scan_ms allows {self.config.scan_ms}")
        return str(found), ""


class Dialogue:
    """Commands and their answers over one open port, one command at a time. `unanswered`: how many, in a row until now."""

    def __init__(self, port: SerialPort, config: Uhf18ReaderConfig) -> None:
        self._port, self._config = port, config
        self._splitter = FrameSplitter()
        self.unanswered = 0

    async def information(self) -> Information:
        """What the reader says it is. Raises RfidError."""
        answer = None
        while answer is None:
            answer = await self._ask(reader_information(self._config.address), self._config.timeout_s, lambda _: None)
        return parse_information(answer)

    async def inventory(self, antenna: int, on_answer: Callable[[Answer], None]) -> Answer | None:
        """One inventory; each answer is handed over as it comes. Gives the last one, None where there was none."""
        wait_s = self._config.scan_ms / 1000 + self._config.timeout_s
        numbered = antenna if self._config.model == "288" else None
        return await self._ask(inventory(self._config.address, numbered, self._config.scan_ms), wait_s, on_answer)

    async def _ask(self, command: bytes, wait_s: float, on_answer: Callable[[Answer], None]) -> Answer | None:
        """Raises ReaderSilentError when several commands in a row stayed unanswered, ReaderLostError."""
        self._port.write(command)
        last: Answer | None = None
        try:
            async with asyncio.timeout(wait_s):
                while last is None or last.status == MORE_FOLLOWS:
                    for answer in await self._next():
                        if self._concerns(answer, command):
                            last = answer
                            on_answer(answer)
        except TimeoutError:
            self.unanswered += 1
            if self.unanswered >= MOST_UNANSWERED:
                raise ReaderSilentError(f"{self.unanswered} commands in a row unanswered") from None
            return None
        self.unanswered = 0
        return last

    def _concerns(self, answer: Answer, command: bytes) -> bool:
        """An answer that comes late answers the same command again: what it says is as true."""
        return answer.command == command[COMMAND] and self._config.address in (ANY_ADDRESS, answer.address)

    async def _next(self) -> list[Answer]:
        """Frames that more bytes complete, or that stand behind noise when no more bytes come; maybe none."""
        try:
            async with asyncio.timeout(GAP_S if self._splitter.pending else None):
                return self._splitter.feed(await self._port.read())
        except TimeoutError:
            return self._splitter.give_up()
