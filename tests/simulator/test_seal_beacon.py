"""The simulated seal makes authentic frames, and false ones on demand."""

from gateway.model.clock import utc_now
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag, SignedFrame, parse
from gateway.simulator.seal_beacon import SEALED, FakeSealFeed, SealBeacon

KEYS = SealKeys({1: bytes(range(16))})


def _read(payload: bytes | None) -> SignedFrame:
    signed = parse(payload or b"")
    assert signed is not None
    return signed


def test_every_frame_is_authentic_and_counts_up() -> None:
    beacon = SealBeacon(42, KEYS, counter=7)
    frames = [_read(beacon.next_frame()) for _ in range(3)]
    assert [signed.frame.counter for signed in frames] == [8, 9, 10]
    assert all(signed.verified(KEYS.of(1, 42)) for signed in frames)
    assert frames[0].frame.flags == SEALED
    beacon.flags = SealFlag.PLUG_INSERTED
    assert _read(beacon.next_frame()).frame.flags == SealFlag.PLUG_INSERTED


def test_false_frames() -> None:
    beacon = SealBeacon(42, KEYS)
    first = beacon.next_frame()
    beacon.fault = "forged"
    assert not _read(beacon.next_frame()).verified(KEYS.of(1, 42))
    beacon.fault = "replayed"
    assert beacon.next_frame() == beacon.next_frame() == first
    beacon.fault = "silent"
    assert beacon.next_frame() is None
    beacon.fault = None
    assert _read(beacon.next_frame()).frame.counter == 3


def test_each_seal_has_its_own_static_random_address() -> None:
    assert SealBeacon(20261123, KEYS).address == "C0:00:01:35:29:03"


async def test_without_a_gate_the_feed_tells_nobody() -> None:
    feed = await FakeSealFeed(utc_now).start()
    assert not feed.transmit(SealBeacon(42, KEYS))
    await feed.stop()
