"""A Bluetooth adapter of this machine as a receiver: bleak scans, and this watches over it.

What bleak and BlueZ leave to us, each seen with the real bleak against a fake BlueZ:
- a bluetoothd that dies, an adapter that goes or is switched off: no error, and no advertisement ever again
- a scanner that falls silent after hours: no error either
- a callback that raises takes the advertisement from every scanner behind it: so the callback here only puts aside
- any change of a device's properties calls back with the strength of the last advertisement, which may be minutes old
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from typing import Final

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import Advertisement
from gateway.seal_reader.bluez_bus import BUS_ERRORS, Adapter, BluezBus
from gateway.seal_reader.config import BluezReceiverConfig
from gateway.seal_reader.errors import BluezLostError, SilentError
from gateway.seal_reader.receiver import Heard, Receiver

WAITING: Final = 5000  # advertisements put aside; two seconds of 200 seals at 10 Hz. Older ones give way to newer ones
TURN: Final = 100  # handed on between two turns of the loop that drives the lanes
OVERTAKES_S: Final = 0.1  # by which the loss of an adapter may be told before its last advertisements
REMEMBERED: Final = 2000  # devices whose last advertisement is remembered; addresses change, and anybody may make them up
NO_RSSI: Final = -127  # what bleak says where BlueZ knows no strength
SILENCES_BEFORE_RESET: Final = 2  # scanning afresh comes first; where that was no help, the adapter is switched off and on

# Everything that bleak raises when BlueZ or the bus fails under it; it checks some replies with `assert`.
BLEAK_ERRORS: Final = (BleakError, TimeoutError, AssertionError, *BUS_ERRORS)

log = logging.getLogger(__name__)


class Inbox:
    """Advertisements between bleak's callback and the receiver's own loop. The callback never raises and never waits."""

    def __init__(self, device: str, clock: Clock) -> None:
        self.stirred = asyncio.Event()  # something was heard, of whatever device
        self.dropped = 0
        self._device, self._clock = device, clock
        self._waiting: deque[Advertisement] = deque(maxlen=WAITING)
        self._last: OrderedDict[str, tuple[int, dict[int, bytes]]] = OrderedDict()

    def put(self, device: BLEDevice, heard: AdvertisementData) -> None:
        """bleak's callback. What says nothing new, strength included, is an echo of the last advertisement and is left out."""
        self.stirred.set()
        news = (heard.rssi, heard.manufacturer_data)
        if heard.rssi <= NO_RSSI or self._last.get(device.address) == news:
            return
        self._last[device.address] = news
        self._last.move_to_end(device.address)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        at = self._clock()
        for company, data in heard.manufacturer_data.items():
            self.dropped += len(self._waiting) == WAITING
            payload = company.to_bytes(2, "little") + data
            self._waiting.append(Advertisement(self._device, at, device.address, float(heard.rssi), payload))

    def take(self) -> list[Advertisement]:
        """The oldest, one turn's worth; `stirred` stays set while more are waiting."""
        taken = [self._waiting.popleft() for _ in range(min(TURN, len(self._waiting)))]
        if not self._waiting:
            self.stirred.clear()
        return taken


class BluezReceiver(Receiver):
    """One adapter. `silences` counts silences in a row."""

    def __init__(self, config: BluezReceiverConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self.config = config
        self.silences = 0

    async def _listen(self, on_advertisement: Heard, availability: Availability, backoff: Backoff) -> None:
        """One scan, to the failure that ends it. After a silence it works again once something is heard. Raises BluezLostError."""
        async with self._scanning() as (bus, adapter, inbox):
            if not self.silences:
                availability.working(f"scanning with {adapter.name} ({adapter.address})")
            ended = asyncio.create_task(bus.wait_until_lost())
            ended.add_done_callback(lambda _: inbox.stirred.set())
            try:
                while True:
                    await self._stirred(inbox)
                    if ended.done():
                        await self._tell_the_rest(inbox, on_advertisement)
                        raise BluezLostError(ended.result())
                    self.silences = 0
                    backoff.reset()
                    availability.working(f"heard again with {adapter.name}")
                    self._hand_on(inbox, on_advertisement)
                    await asyncio.sleep(0)
            finally:
                ended.cancel()

    def _hand_on(self, inbox: Inbox, on_advertisement: Heard) -> None:
        """One turn's worth. What gave way to newer ones is said once the gate has caught up."""
        for advertisement in inbox.take():
            on_advertisement(advertisement)
        if inbox.dropped and not inbox.stirred.is_set():
            log.warning("receiver %s: %d advertisements were lost, the gate was too slow", self.name, inbox.dropped)
            inbox.dropped = 0

    async def _tell_the_rest(self, inbox: Inbox, on_advertisement: Heard) -> None:
        """What was heard before the loss; the loss came on another connection and may have overtaken it."""
        await asyncio.sleep(OVERTAKES_S)
        while heard := inbox.take():
            for advertisement in heard:
                on_advertisement(advertisement)
            await asyncio.sleep(0)

    async def _stirred(self, inbox: Inbox) -> None:
        try:
            async with asyncio.timeout(self.config.silence_s):
                await inbox.stirred.wait()
        except TimeoutError as error:
            self.silences += 1
            raise SilentError(f"heard nothing for {self.config.silence_s:g} s, of no device at all") from error

    @contextlib.asynccontextmanager
    async def _scanning(self) -> AsyncIterator[tuple[BluezBus, Adapter, Inbox]]:
        """The adapter, powered and scanning, and what watches it. Raises BluezLostError."""
        inbox = Inbox(self.name, self._clock)
        async with BluezBus.opened(self.config.timeout_s) as bus:
            adapter = await bus.adapter(self.config.adapter)
            await self._power_up(bus, adapter)
            await bus.watch(adapter)
            scanner = BleakScanner(inbox.put, bluez={"adapter": adapter.name, "filters": {"DuplicateData": True}})
            try:
                async with asyncio.timeout(self.config.timeout_s):
                    await scanner.start()
            except BLEAK_ERRORS as error:
                raise BluezLostError(f"adapter {adapter.name} does not scan: {error}") from error
            try:
                yield bus, adapter, inbox
            finally:
                await self._stop(scanner)

    async def _power_up(self, bus: BluezBus, adapter: Adapter) -> None:
        """An adapter that scanned in silence more than once is switched off first: that makes its firmware begin anew."""
        if adapter.powered and self.silences and self.silences % SILENCES_BEFORE_RESET == 0:
            log.warning("receiver %s: %d silences in a row: adapter %s is reset", self.name, self.silences, adapter.name)
            await bus.power(adapter, False)
            await bus.power(adapter, True)
        elif not adapter.powered:
            await bus.power(adapter, True)

    async def _stop(self, scanner: BleakScanner) -> None:
        """A scan that BlueZ has ended already, with the adapter or with bluetoothd, cannot be stopped any more."""
        try:
            async with asyncio.timeout(self.config.timeout_s):
                await scanner.stop()
        except BLEAK_ERRORS as error:
            log.debug("receiver %s: the scan was not stopped: %s", self.name, error)

    async def _ask(self) -> tuple[str, str]:
        """What it hears meanwhile is told; a quiet lane is no fault."""
        async with self._scanning() as (_bus, adapter, inbox):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(self.config.silence_s, self.config.timeout_s)):
                    await inbox.stirred.wait()
            heard = "scans and hears" if inbox.stirred.is_set() else "scans; nothing was heard meanwhile"
            return f"{adapter.name} {adapter.address}", heard
