"""All receiver drivers. A new one is a file, its settings in `config.py`, and one line here."""

from gateway.model.clock import Clock
from gateway.seal_reader.bluez_receiver import BluezReceiver
from gateway.seal_reader.config import BluezReceiverConfig, ReceiverConfig
from gateway.seal_reader.feed_receiver import FeedReceiver
from gateway.seal_reader.receiver import Receiver


def receiver_of(config: ReceiverConfig, clock: Clock) -> Receiver:
    """The driver that a lane file's entry asks for by its `type`."""
    return BluezReceiver(config, clock) if isinstance(config, BluezReceiverConfig) else FeedReceiver(config, clock)
