"""A link to a seal: the real bleak connects, reads, commands; and whatever breaks, a token is used once and its receipt is got."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.model.clock import utc_now
from gateway.seal_reader import gatt
from gateway.seal_reader.config import BluezReceiverConfig
from gateway.seal_reader.errors import CommandRefusedError, LinkLostError, SealLinkError
from gateway.seal_reader.gatt import Refusal
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag
from gateway.seal_reader.receipts import Result
from gateway.seal_reader.seal_link import SealLink
from gateway.seal_reader.tokens import Action, Token, issue, public_bytes
from gateway.simulator import bluez as fake_bluez
from gateway.simulator.bluez import FakeBluez
from gateway.simulator.errors import AttError
from gateway.simulator.seal_beacon import SEALED, SealBeacon
from gateway.simulator.seal_device import SealDevice
from tests.seal_reader.bluez import bluez, bus, needs_dbus
from tests.seal_reader.conftest import SERIAL

__all__ = ["bluez", "bus"]  # fixtures

pytestmark = needs_dbus

AUTHORITY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HOLDER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
ADAPTER = BluezReceiverConfig(name="ble-1", lanes=("out-1",))


def token_for(action: Action = Action.UNLOCK, serial: int = SERIAL, token_id: bytes = bytes(16), age_s: float = 0.0) -> bytes:
    now = datetime.now(UTC) - timedelta(seconds=age_s)
    token = Token(
        key_id=1,
        action=action,
        serial=serial,
        token_id=token_id,
        not_before=now - timedelta(seconds=5),
        not_after=now + timedelta(minutes=10),
        order="BD15110459525700001",
        operator="K1234",
        holder=public_bytes(HOLDER),
    )
    return issue(token, AUTHORITY)


@pytest.fixture
def device(bluez: FakeBluez, beacon: SealBeacon) -> SealDevice:
    device = SealDevice(beacon, {1: AUTHORITY.public_key()}, utc_now, os.urandom)
    bluez.links.serve(beacon.address, device)
    return device


@asynccontextmanager
async def on_the_air(bluez: FakeBluez, beacon: SealBeacon) -> AsyncIterator[None]:
    """The seal advertises whenever somebody scans, as a seal does."""

    async def advertise() -> None:
        while True:
            await bluez.until(lambda: bluez.is_scanning("hci0"))
            bluez.advertise("hci0", beacon.address, -50, beacon.next_frame() or b"")
            await asyncio.sleep(0.05)

    seal = asyncio.create_task(advertise())
    try:
        yield
    finally:
        seal.cancel()


def link(keys: SealKeys, serial: int = SERIAL, find_s: float = 20.0) -> SealLink:
    return SealLink(ADAPTER, serial, keys, find_s=find_s)


async def test_a_seals_status_is_read_and_it_has_no_receipt_yet(bluez: FakeBluez, device: SealDevice, keys: SealKeys) -> None:
    async with on_the_air(bluez, device.beacon):
        frame, receipt = await link(keys).status()
    assert (frame.serial, frame.flags, frame.battery_percent) == (SERIAL, SEALED, 90)
    assert receipt is None


async def test_a_seal_is_unlocked_and_locked_and_says_so(bluez: FakeBluez, device: SealDevice, keys: SealKeys) -> None:
    async with on_the_air(bluez, device.beacon):
        opened = await link(keys).carry_out(token_for(), HOLDER)
        assert (opened.action, opened.result, opened.order, opened.operator) == (
            Action.UNLOCK,
            Result.DONE,
            "BD15110459525700001",
            "K1234",
        )
        assert device.beacon.flags == opened.flags == SealFlag.PLUG_INSERTED
        locked = await link(keys).carry_out(token_for(Action.LOCK, token_id=bytes([1]) * 16), HOLDER)
        assert device.beacon.flags == locked.flags == SEALED
        _, last = await link(keys).status()
        assert last == locked


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_link_that_is_lost_mid_unlock_unlocks_once(
    bluez: FakeBluez, device: SealDevice, keys: SealKeys, moment: str
) -> None:
    bluez.links.lose_at = "before" if moment == "before" else "after"
    async with on_the_air(bluez, device.beacon):
        receipt = await link(keys).carry_out(token_for(), HOLDER)
    assert receipt.result is Result.DONE
    assert device.commands == 1
    assert SealFlag.WRONG_CREDENTIAL not in device.beacon.flags


async def test_a_link_that_is_lost_for_good_says_that_the_outcome_is_not_known(
    bluez: FakeBluez, device: SealDevice, keys: SealKeys
) -> None:
    class Breaking(SealDevice):
        def write(self, uuid: str, value: bytes) -> None:
            bluez.links.lose_at = "before"
            raise AttError(0x0E)

    bluez.links.serve(device.beacon.address, Breaking(device.beacon, {}, utc_now, os.urandom))
    async with on_the_air(bluez, device.beacon):
        with pytest.raises(LinkLostError) as raised:
            await link(keys).carry_out(token_for(), HOLDER)
    assert raised.value.uncertain


async def test_a_token_serves_once(bluez: FakeBluez, device: SealDevice, keys: SealKeys) -> None:
    used, other = token_for(), token_for(Action.LOCK, token_id=bytes([1]) * 16)
    async with on_the_air(bluez, device.beacon):
        await link(keys).carry_out(used, HOLDER)
        await link(keys).carry_out(other, HOLDER)
        with pytest.raises(CommandRefusedError, match="used") as raised:
            await link(keys).carry_out(used, HOLDER)
    assert raised.value.code == Refusal.USED
    assert SealFlag.MOTOR_LOCKED in device.beacon.flags
    assert SealFlag.WRONG_CREDENTIAL in device.beacon.flags


async def test_a_gatt_error_is_tried_again_on_a_new_link(bluez: FakeBluez, device: SealDevice, keys: SealKeys) -> None:
    bluez.refusals["ReadValue"] = fake_bluez.Refusal("org.bluez.Error.Failed", "Operation failed with ATT error: 0x0e")
    bluez.refusals["Connect"] = fake_bluez.Refusal("org.bluez.Error.Failed", "le-connection-abort-by-remote")
    async with on_the_air(bluez, device.beacon):
        frame, _ = await link(keys).status()
    assert frame.serial == SERIAL


async def test_a_stuck_motor_is_on_the_receipt(bluez: FakeBluez, device: SealDevice, keys: SealKeys) -> None:
    device.stuck = True
    async with on_the_air(bluez, device.beacon):
        receipt = await link(keys).carry_out(token_for(), HOLDER)
    assert receipt.result is Result.MOTOR_STUCK
    assert SealFlag.MOTOR_LOCKED in receipt.flags


async def test_a_device_without_the_seals_key_is_not_talked_to(bluez: FakeBluez, device: SealDevice, keys: SealKeys) -> None:
    impostor = SealBeacon(SERIAL, SealKeys({1: bytes(16)}), address="C0:00:00:00:00:01")
    async with on_the_air(bluez, impostor):
        with pytest.raises(SealLinkError, match=r"not heard for 0\.5 s"):
            await link(keys, find_s=0.5).status()
    assert "Connect" not in [member for _, member in bluez.calls]


async def test_an_impostor_that_repeats_a_true_advertisement_is_found_out(
    bluez: FakeBluez, device: SealDevice, keys: SealKeys
) -> None:
    class Impostor(SealDevice):
        def read(self, uuid: str) -> bytes:
            forged = SealBeacon(SERIAL, SealKeys({1: bytes(16)}), counter=9).next_frame() or b""
            return forged if uuid == gatt.STATUS else super().read(uuid)

    bluez.links.serve(device.beacon.address, Impostor(device.beacon, {}, utc_now, os.urandom))
    async with on_the_air(bluez, device.beacon):
        with pytest.raises(SealLinkError, match="does not have its key"):
            await link(keys).carry_out(token_for(), HOLDER)


async def test_without_bluetoothd_it_is_said(bluez: FakeBluez, keys: SealKeys) -> None:
    bluez.stop()
    with pytest.raises(LinkLostError, match="bluetoothd does not run"):
        await link(keys).status()
