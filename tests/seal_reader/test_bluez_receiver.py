"""A Bluetooth adapter as a receiver: the real bleak on a private bus, and everything that BlueZ does to it in the field."""

import asyncio

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.model.device import Advertisement
from gateway.model.observation import VehicleSealHeard
from gateway.seal_reader.bluez_receiver import WAITING, Inbox
from gateway.seal_reader.config import BluezReceiverConfig
from gateway.seal_reader.keys import SealKeys
from gateway.simulator.bluez import FakeBluez, Refusal
from gateway.simulator.private_bus import PrivateBus
from gateway.simulator.seal_beacon import SealBeacon
from tests.driver_loop import PATIENCE_S
from tests.seal_reader.bluez import adapter_receiver, bluez, bus, needs_dbus
from tests.seal_reader.conftest import NUMBER, START, Told, authenticator, running

__all__ = ["bluez", "bus"]  # fixtures

pytestmark = needs_dbus


def send(bluez: FakeBluez, beacon: SealBeacon, rssi: int = -55, adapter: str = "hci0") -> bytes:
    payload = beacon.next_frame()
    assert payload is not None
    assert bluez.advertise(adapter, beacon.address, rssi, payload)
    return payload


async def scanning(bluez: FakeBluez, adapter: str = "hci0") -> None:
    async with asyncio.timeout(PATIENCE_S):
        await bluez.until(lambda: bluez.is_scanning(adapter))


async def hears(bluez: FakeBluez, beacon: SealBeacon, told: Told) -> None:
    """Advertise as a seal does, again and again, until a scan that may just begin or end has heard one."""

    async def on_the_air() -> None:
        while True:
            await scanning(bluez)
            bluez.advertise("hci0", beacon.address, -55, beacon.next_frame() or b"")
            await asyncio.sleep(0.05)

    before = len(told.heard)
    seal = asyncio.create_task(on_the_air())
    await told.until(lambda told: len(told.heard) > before)
    seal.cancel()


async def test_a_seal_on_the_air_is_heard_with_its_strength(bluez: FakeBluez, keys: SealKeys, beacon: SealBeacon) -> None:
    async with running(adapter_receiver()) as told:
        await told.working()
        payload = send(bluez, beacon, rssi=-48)
        await told.until(lambda told: len(told.heard) == 1)
        (heard,) = told.heard
        assert (heard.device, heard.address, heard.rssi, heard.payload) == ("ble-1", beacon.address, -48, payload)
        state = authenticator(keys).accept(heard)
        assert isinstance(state, VehicleSealHeard)
        assert (state.number, state.locked) == (NUMBER, True)
        assert told.states == [(True, "scanning with hci0 (00:1A:7D:DA:71:10)")]
    assert not bluez.is_scanning("hci0")


async def test_an_adapter_is_found_by_its_address(bluez: FakeBluez, beacon: SealBeacon) -> None:
    bluez.plug("hci1", "00:1A:7D:DA:71:11")
    async with running(adapter_receiver(adapter="00:1a:7d:da:71:11")) as told:
        await told.working()
        assert bluez.is_scanning("hci1")
        assert not bluez.is_scanning("hci0")
        send(bluez, beacon, adapter="hci1")
        await told.until(lambda told: len(told.heard) == 1)


async def test_two_adapters_hear_one_frame_each_with_its_own_strength(bluez: FakeBluez, beacon: SealBeacon) -> None:
    bluez.plug("hci1", "00:1A:7D:DA:71:11")
    async with running(adapter_receiver()) as near, running(adapter_receiver(name="ble-2", adapter="hci1")) as far:
        await near.working()
        await far.working()
        payload = beacon.next_frame() or b""
        bluez.advertise("hci0", beacon.address, -50, payload)
        bluez.advertise("hci1", beacon.address, -80, payload)
        await near.until(lambda told: len(told.heard) == 1)
        await far.until(lambda told: len(told.heard) == 1)
        assert [(h.device, h.rssi) for h in (*near.heard, *far.heard)] == [("ble-1", -50), ("ble-2", -80)]


async def test_an_old_strength_is_not_told_as_a_new_one(bluez: FakeBluez, beacon: SealBeacon) -> None:
    async with running(adapter_receiver()) as told:
        await told.working()
        send(bluez, beacon, rssi=-45)
        for _ in range(3):
            bluez.echo("hci0", beacon.address)
        send(bluez, beacon, rssi=-80)
        await told.until(lambda told: len(told.heard) == 2)
        assert [heard.rssi for heard in told.heard] == [-45, -80]


async def test_a_bluetoothd_that_dies_is_noticed_and_used_again_when_it_is_back(bluez: FakeBluez, beacon: SealBeacon) -> None:
    async with running(adapter_receiver()) as told:
        await told.working()
        await hears(bluez, beacon, told)
        bluez.stop()
        await told.lost()
        assert told.states[-1] == (False, "receiver ble-1: bluetoothd has ended")
        await bluez.start()
        await told.working(2)
        await hears(bluez, beacon, told)
        assert [working for working, _ in told.states] == [True, False, True]


async def test_a_bluetoothd_that_is_not_there_at_first_is_found_later(bluez: FakeBluez, beacon: SealBeacon) -> None:
    bluez.stop()
    async with running(adapter_receiver()) as told:
        await told.lost()
        assert told.states == [(False, "receiver ble-1: bluetoothd does not run")]
        await bluez.start()
        await told.working()
        await hears(bluez, beacon, told)


async def test_the_bus_itself_dies_and_returns(bus: PrivateBus, bluez: FakeBluez, beacon: SealBeacon) -> None:
    async with running(adapter_receiver()) as told:
        await told.working()
        bus.stop()
        await told.lost()
        bluez.stop()
        bus.start()
        await bluez.start()
        await told.working(2)
        await hears(bluez, beacon, told)


async def test_an_adapter_that_is_pulled_out_and_plugged_in_again(bluez: FakeBluez, beacon: SealBeacon) -> None:
    async with running(adapter_receiver()) as told:
        await told.working()
        bluez.unplug("hci0")
        await told.lost()
        assert told.states[-1] == (False, "receiver ble-1: adapter hci0 is gone")
        bluez.plug("hci0", "00:1A:7D:DA:71:10")
        await told.working(2)
        await hears(bluez, beacon, told)


async def test_what_an_adapter_heard_before_it_was_pulled_out_is_told_all_the_same(bluez: FakeBluez, keys: SealKeys) -> None:
    """Its last advertisements wait in the gate's inbox when its loss is known."""
    beacons = [SealBeacon(serial, keys) for serial in range(1000)]
    async with running(adapter_receiver()) as told:
        await told.working()
        for beacon in beacons:
            send(bluez, beacon)
        bluez.unplug("hci0")
        await told.lost()
        assert len(told.heard) == len(beacons)


async def test_an_adapter_that_somebody_switches_off_is_switched_on_again(bluez: FakeBluez, beacon: SealBeacon) -> None:
    async with running(adapter_receiver()) as told:
        await told.working()
        bluez.switch("hci0", False)
        await told.lost()
        assert told.states[-1] == (False, "receiver ble-1: adapter hci0 was switched off")
        await told.working(2)
        assert bluez.is_powered("hci0")
        await hears(bluez, beacon, told)


async def test_a_scan_that_falls_silent_begins_afresh(bluez: FakeBluez, beacon: SealBeacon) -> None:
    receiver = adapter_receiver(silence_s=0.2)
    async with running(receiver) as told:
        await told.working()
        bluez.deafen("hci0", until="scan")
        await told.lost()
        assert told.states[-1] == (False, "receiver ble-1: heard nothing for 0.2 s, of no device at all")
        await hears(bluez, beacon, told)
        await told.working(2)
        assert ("/org/bluez/hci0", "Set") not in bluez.calls


async def test_an_adapter_that_stays_deaf_is_switched_off_and_on(bluez: FakeBluez, beacon: SealBeacon) -> None:
    async with running(adapter_receiver(silence_s=0.2)) as told:
        await told.working()
        bluez.deafen("hci0", until="reset")
        async with asyncio.timeout(PATIENCE_S):
            await bluez.until(lambda: bluez.calls.count(("/org/bluez/hci0", "Set")) == 2)
        await hears(bluez, beacon, told)
        await told.working(2)
        assert [working for working, _ in told.states] == [True, False, True]


async def test_a_refused_scan_is_tried_again(bluez: FakeBluez, beacon: SealBeacon) -> None:
    bluez.refusals["StartDiscovery"] = Refusal("org.bluez.Error.InProgress", "Operation already in progress")
    async with running(adapter_receiver()) as told:
        await told.lost()
        assert "adapter hci0 does not scan" in told.states[-1][1]
        await told.working()
        await hears(bluez, beacon, told)


async def test_a_scan_that_bluez_does_not_let_end_hinders_nobody_after_it(bluez: FakeBluez, beacon: SealBeacon) -> None:
    async with running(adapter_receiver()) as told:
        await told.working()
        bluez.refusals["StopDiscovery"] = Refusal("org.bluez.Error.InProgress", "Operation already in progress")
    async with running(adapter_receiver()) as told:
        await told.working()
        await hears(bluez, beacon, told)
        assert [working for working, _ in told.states] == [True]


async def test_who_takes_advertisements_and_fails_starves_nobody(bluez: FakeBluez, beacon: SealBeacon) -> None:
    def fail(_: Advertisement) -> None:
        raise RuntimeError("a fault of somebody's code")

    bluez.plug("hci1", "00:1A:7D:DA:71:11")
    states = Told()
    failing = asyncio.create_task(adapter_receiver().run(fail, states.on_state))
    await states.working()
    async with running(adapter_receiver(name="ble-2", adapter="hci1")) as healthy, running(adapter_receiver(name="ble-3")) as same:
        await healthy.working()
        await same.working()
        payload = send(bluez, beacon)
        bluez.advertise("hci1", beacon.address, -60, payload)
        await healthy.until(lambda told: len(told.heard) == 1)
        await same.until(lambda told: len(told.heard) == 1)
        with pytest.raises(RuntimeError, match="somebody's code"):
            await failing


async def test_a_flood_arrives_whole_and_does_not_starve_the_loop(bluez: FakeBluez, keys: SealKeys) -> None:
    """Two hundred seals, each heard ten times: what a busy gate hears in a second."""
    beacons = [SealBeacon(serial, keys) for serial in range(200)]
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with running(adapter_receiver()) as told:
        await told.working()
        lane = asyncio.create_task(other())
        for _ in range(10):
            for beacon in beacons:
                send(bluez, beacon)
        await told.until(lambda told: len(told.heard) == 2000)
        lane.cancel()
        assert turns > 20
        assert len({heard.payload for heard in told.heard}) == 2000


async def test_check_says_what_is_there(bluez: FakeBluez) -> None:
    report = await adapter_receiver(silence_s=0.2).check()
    assert (report.answers, report.identity) == (True, "hci0 00:1A:7D:DA:71:10")
    assert report.detail == "scans; nothing was heard meanwhile"
    report = await adapter_receiver(adapter="hci7").check()
    assert (report.answers, report.detail) == (False, "receiver ble-1: adapter hci7 is not there (there: hci0)")
    bluez.stop()
    assert (await adapter_receiver().check()).detail == "receiver ble-1: bluetoothd does not run"


async def test_without_a_system_bus_check_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    assert "no D-Bus system bus" in (await adapter_receiver().check()).detail


def heard_by_bleak(company: int, data: bytes, rssi: int) -> AdvertisementData:
    return AdvertisementData(None, {company: data}, {}, [], None, rssi, ())


def test_an_inbox_that_nobody_empties_lets_the_oldest_go_and_counts_them() -> None:
    inbox = Inbox("ble-1", lambda: START)
    for number in range(WAITING + 3):
        inbox.put(BLEDevice(f"C0:{number}", None, None), heard_by_bleak(0xFFFF, number.to_bytes(4, "big"), -60))
    assert inbox.dropped == 3
    taken = [heard for _ in range(WAITING) for heard in inbox.take()]
    assert len(taken) == WAITING
    assert taken[0].payload == b"\xff\xff\x00\x00\x00\x03"
    assert not inbox.stirred.is_set()


def test_advertisements_that_a_slow_gate_lost_are_said_once_it_has_caught_up(caplog: pytest.LogCaptureFixture) -> None:
    inbox, receiver, told = Inbox("ble-1", lambda: START), adapter_receiver(), Told()
    for number in range(WAITING + 3):
        inbox.put(BLEDevice(f"C0:{number}", None, None), heard_by_bleak(0xFFFF, number.to_bytes(4, "big"), -60))
    while inbox.stirred.is_set():
        assert caplog.messages == []
        receiver._hand_on(inbox, told.on_advertisement)
    receiver._hand_on(inbox, told.on_advertisement)
    assert len(told.heard) == WAITING
    assert caplog.messages == ["receiver ble-1: 3 advertisements were lost, the gate was too slow"]


@given(st.integers(0, 0xFFFF), st.binary(max_size=255), st.integers(-128, 127))
def test_bleaks_callback_never_raises(company: int, data: bytes, rssi: int) -> None:
    inbox = Inbox("ble-1", lambda: START)
    inbox.put(BLEDevice("C0:00", None, None), heard_by_bleak(company, data, rssi))
    assert [heard.payload for heard in inbox.take()] == ([company.to_bytes(2, "little") + data] if rssi > -127 else [])


def test_a_wrong_entry_is_refused_by_name() -> None:
    entry = {"type": "bluez", "name": "ble-1", "lanes": ["out-1"]}
    assert BluezReceiverConfig.model_validate(entry).adapter == "hci0"
    for change, named in (({"adapter": "eth0"}, "adapter"), ({"lanes": []}, "lanes"), ({"host": "10.0.0.9"}, "host")):
        with pytest.raises(ValidationError, match=named):
            BluezReceiverConfig.model_validate(entry | change)
    assert [name for name, field in BluezReceiverConfig.model_fields.items() if not field.description] == []
