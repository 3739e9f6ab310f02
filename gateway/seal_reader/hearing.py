"""The receiver for an entry of the lane file."""

from typing import Protocol

from gateway.model.clock import Clock
from gateway.model.device import DeviceReport, StateChanged
from gateway.seal_reader.bluez_receiver import BluezReceiver
from gateway.seal_reader.config import BluezReceiverConfig, ReceiverConfig
from gateway.seal_reader.receivers import AdvertisementFeed, Heard


class Receiver(Protocol):
    """What hears advertisements, and survives by itself whatever becomes of its device."""

    @property
    def name(self) -> str: ...

    async def run(self, on_advertisement: Heard, on_state: StateChanged) -> None:
        """Listen until cancelled."""

    async def check(self) -> DeviceReport:
        """For `gateway check`."""


def receiver_of(config: ReceiverConfig, clock: Clock) -> Receiver:
    return BluezReceiver(config, clock) if isinstance(config, BluezReceiverConfig) else AdvertisementFeed(config, clock)
