"""`gateway seals` at a lane: the real bleak, a fake BlueZ in another thread, and seals that advertise and can be connected to."""

import asyncio
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.cli import main
from gateway.model.clock import utc_now
from gateway.orders.order_cache import OrderCache
from gateway.seal_reader.counters import CounterFile
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag
from gateway.simulator.bluez import FakeBluez
from gateway.simulator.private_bus import ADDRESS_VARIABLE, PrivateBus
from gateway.simulator.seal_beacon import SEALED, SealBeacon
from gateway.simulator.seal_device import SealDevice
from gateway.site.seals import COUNTERS
from gateway.store.gate_store import GateStore
from tests.seal_reader.bluez import needs_dbus

pytestmark = needs_dbus

DESK = (Path(__file__).parents[2] / "lane_config" / "desk.yaml").read_text(encoding="utf-8")
AUTHORITY = bytes(range(32))
KEYS = SealKeys({1: bytes(16)})
NUMBER = "VS00012877"

SEALS = """
seals:
  keys: {file: master.key}
  authority: {file: authority.key}
  receivers:
    - {name: ble-1, type: bluez, adapter: hci0, lanes: [desk]}
"""


@dataclass
class Street:
    """Seals on the air of one adapter, in a thread of their own."""

    folder: Path
    ours: SealDevice
    stranger: SealBeacon = field(default_factory=lambda: SealBeacon(7, KEYS, flags=SealFlag(0)))
    forger: SealBeacon = field(default_factory=lambda: SealBeacon(8, KEYS, address="C0:00:00:00:00:08", fault="forged"))

    async def advertise(self, bluez: FakeBluez) -> None:
        while True:
            await bluez.until(lambda: bluez.is_scanning("hci0"))
            for beacon, rssi in ((self.ours.beacon, -48), (self.stranger, -80), (self.forger, -60)):
                bluez.advertise("hci0", beacon.address, rssi, beacon.next_frame() or b"")
            await asyncio.sleep(0.05)

    def run(self, *arguments: str) -> Result:
        """`gateway seals …` at this site."""
        command, *rest = arguments
        return CliRunner().invoke(main, ["seals", command, "--site", str(self.folder / "site.yaml"), *rest])


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    (tmp_path / "site.yaml").write_text(DESK.replace("../var/desk", "store") + SEALS, encoding="utf-8")
    for name, content in (("master.key", "00" * 16), ("authority.key", AUTHORITY.hex())):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_text(content, encoding="ascii")
    asyncio.run(_register(tmp_path / "store"))
    bus = PrivateBus().start()
    monkeypatch.setenv(ADDRESS_VARIABLE, bus.address)
    authorities = {1: Ed25519PrivateKey.from_private_bytes(AUTHORITY).public_key()}
    street = Street(tmp_path, SealDevice(SealBeacon(20261123, KEYS), authorities, utc_now, os.urandom))
    with on_the_air(bus.address, street):
        yield street
    bus.close()


async def _register(folder: Path) -> None:
    """The gate was here before, and knows our seal."""
    async with GateStore.open(folder, "desk", utc_now) as store:
        await OrderCache.open(store)
    body = json.dumps({"kind": "vehicle_seal", "serial": 20261123, "number": NUMBER})
    connection = sqlite3.connect(folder / "gate.sqlite3")
    with connection:
        connection.execute("INSERT INTO register_entry VALUES ('vehicle_seal', '20261123', 1, ?)", (body,))
    connection.close()


@contextmanager
def on_the_air(address: str, street: Street) -> Iterator[None]:
    """The fake's own event loop in a thread, while commands run theirs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def begin() -> tuple[FakeBluez, asyncio.Task[None]]:
        bluez = FakeBluez(address)
        bluez.plug("hci0", "00:1A:7D:DA:71:10")
        bluez.links.serve(street.ours.beacon.address, street.ours)
        await bluez.start()
        return bluez, asyncio.create_task(street.advertise(bluez))

    async def end(bluez: FakeBluez, seals: asyncio.Task[None]) -> None:
        seals.cancel()
        await asyncio.gather(seals, return_exceptions=True)
        bluez.stop()

    fake = asyncio.run_coroutine_threadsafe(begin(), loop).result(60)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(end(*fake), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_scan_lists_what_is_heard_nearest_first_and_forgers_too(street: Street) -> None:
    result = street.run("scan", "--seconds", "3", "--language", "en")
    assert result.exit_code == 0, result.output
    heads, ours, stranger, forger = result.output.splitlines()
    assert heads.split()[:2] == ["Seal", "Serial"]
    assert ours.split()[:2] == [NUMBER, "20261123"]
    assert "Inserted, Locked" in ours
    assert "ble-1 -48" in ours
    assert stranger.split()[:2] == ["–", "7"]
    assert "Not inserted" in stranger
    assert forger.split()[:2] == ["–", "8"]
    assert "forged" in forger


def test_scan_says_it_in_chinese_and_as_json(street: Street) -> None:
    assert "已插入、鎖死" in street.run("scan", "--seconds", "3").output
    seals = {line["serial"]: line for line in map(json.loads, street.run("scan", "--seconds", "3", "--json").output.splitlines())}
    assert seals[20261123]["number"] == NUMBER
    assert seals[20261123]["frame"]["flags"] == ["plug_inserted", "motor_locked", "task_active"]
    assert seals[20261123]["rssi"] == {"ble-1": -48}
    assert set(seals[8]["frames"]) == {"forged"}


def test_a_seal_is_shown_unlocked_and_locked_with_receipts(street: Street) -> None:
    shown = street.run("show", NUMBER, "--language", "en")
    assert shown.exit_code == 0, shown.output
    assert "Inserted, Locked" in shown.output
    assert "No receipt yet" in shown.output
    order = ("--order", "BD15110459525700001", "--operator", "K1234")
    opened = street.run("unlock", *order, "--language", "en", NUMBER)
    assert opened.exit_code == 0, opened.output
    assert opened.output.startswith("Receipt: Unlock, done, ")
    assert "BD15110459525700001" in opened.output
    assert street.ours.beacon.flags == SealFlag.PLUG_INSERTED
    locked = street.run("lock", *order, "--json", "20261123")
    assert json.loads(locked.output)["flags"] == ["plug_inserted", "motor_locked", "task_active"]
    assert street.ours.beacon.flags == SEALED
    last = json.loads(street.run("show", NUMBER, "--json").output)["receipt"]
    assert (last["action"], last["operator"]) == ("lock", "K1234")


def test_a_frame_that_the_gate_has_heard_before_is_a_recording(street: Street) -> None:
    counters = CounterFile(street.folder / "store" / COUNTERS)
    counters.advance(20261123, 1_000_000)
    counters.close()
    assert "and this gate has heard 1000000: a recording" in street.run("show", NUMBER).output
    scanned = street.run("scan", "--seconds", "3", "--language", "en").output.splitlines()
    assert "replayed" in next(line for line in scanned if "20261123" in line)


def test_a_stuck_motor_is_status_1_and_said(street: Street) -> None:
    street.ours.stuck = True
    result = street.run("unlock", "--order", "", "--operator", "K1234", "--language", "en", NUMBER)
    assert result.exit_code == 1
    assert "Unlock, Motor stuck" in result.output


def test_what_cannot_be_done_is_said_in_a_line(street: Street) -> None:
    unknown = street.run("show", "VS99999999")
    assert (unknown.exit_code, unknown.output) == (
        1,
        "Error: seal VS99999999 is not in this gate's register, and is no serial either\n",
    )
    absent = street.run("show", "--find-s", "0.3", "12345")
    assert absent.output == "Error: seal 12345: not heard for 0.3 s by hci0\n"
    other = street.run("show", "--receiver", "ble-9", NUMBER)
    assert "no receiver ble-9 of type bluez; it has ble-1" in other.output
    long = street.run("unlock", "--order", "X" * 21, "--operator", "K1234", NUMBER)
    assert "at most 20 printable ASCII characters" in long.output
    (street.folder / "authority.key").chmod(0o644)
    open_to_all = street.run("unlock", "--order", "", "--operator", "K1234", NUMBER)
    assert "chmod 600" in open_to_all.output
    assert AUTHORITY.hex() not in open_to_all.output
