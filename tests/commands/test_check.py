"""`gateway check` over real sockets: devices that answer, and one that does not."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.demo.desk_person import appoint
from gateway.demo.loopback import STAFF_FILE, on_loopback, simulated_site
from gateway.display.desk.staff import Staff, write_staff
from gateway.model.clock import utc_now
from gateway.simulator.traffic import SimulatedSite
from gateway.site.lane_file import load_site
from gateway.site.signal_tests import out_of_service
from tests.site.test_signal_tests import SITE as SIGNALS

SITE = Path(__file__).parents[2] / "lane_config" / "kaohsiung-ct4-b116.yaml"


@pytest.fixture(scope="module")
def site_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The lane file of a simulated site whose devices are served by another thread's loop. There is no platform."""
    folder = tmp_path_factory.mktemp("check")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    site = load_site(SITE)
    key = folder / "seal-master.key"
    key.touch(mode=0o600)
    key.write_text("00" * 16, encoding="ascii")
    appoint(folder / STAFF_FILE, os.urandom)

    async def begin() -> SimulatedSite:
        return await simulated_site(site, bytes(16), 1, utc_now, patience_s=8.0).__aenter__()

    simulated = asyncio.run_coroutine_threadsafe(begin(), loop).result(60)
    on_loopback(site, simulated, "http://127.0.0.1:9", folder, 0, 8.0)
    yield folder / "site.yaml"
    asyncio.run_coroutine_threadsafe(simulated.__aexit__(None, None, None), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_each_device_is_opened_and_the_silent_one_is_named(site_file: Path) -> None:
    result = CliRunner().invoke(main, ["check", "--site", str(site_file)])
    lines = {line.split()[1]: line for line in result.output.splitlines() if line[:1] in "●✕"}
    assert set(lines) == {
        "io",
        "barriers",
        "uhf",
        "seal-keys",
        "ble-1",
        "ble-2",
        "b116-1-front",
        "b116-1-rear",
        "b116-2-front",
        "b116-2-rear",
        "desk",
        "platform",
    }
    assert [name for name, line in lines.items() if line.startswith("✕")] == ["platform"], result.output
    assert "1280×720" in lines["b116-1-rear"]
    assert "simulated" in lines["uhf"]
    assert result.exit_code == 1
    assert "11 of 12 devices answer; not: platform" in result.output


def test_a_desk_at_which_nobody_may_decide_is_found_before_a_vehicle_waits(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SIGNALS + "\ndesk: {staff: staff.json}\n", encoding="utf-8")
    checked = CliRunner().invoke(main, ["check", "--site", str(file)])
    assert "not: io, barriers, desk" in checked.output
    assert "`gateway staff add` makes it" in checked.output
    write_staff(tmp_path / "staff.json", Staff.nobody(os.urandom))
    assert "not: io, barriers, desk" in CliRunner().invoke(main, ["check", "--site", str(file)]).output
    appoint(tmp_path / "staff.json", os.urandom)
    found = CliRunner().invoke(main, ["check", "--site", str(file)])
    assert "1 who may decide" in found.output
    assert "not: io, barriers\n" in found.output


@pytest.mark.parametrize("option", ["--lights", "--watchdog"])
def test_nothing_is_tried_on_a_lane_that_is_being_served(option: str, tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SIGNALS, encoding="utf-8")
    site = load_site(file)
    site.store.folder.mkdir()
    with out_of_service(site):  # as `gateway run` holds it
        result = CliRunner().invoke(main, ["check", "--site", str(file), option])
    assert result.exit_code == 1
    assert "already in use by process" in result.output


def test_a_watchdog_on_a_module_that_is_away_is_not_proven(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SIGNALS.replace("127.0.0.1", "127.0.0.1\n    port: 9"), encoding="utf-8")  # nobody serves `discard`
    result = CliRunner().invoke(main, ["check", "--site", str(file), "--watchdog"])
    assert result.exit_code == 1
    assert "0 of 2 tests passed; not: io, barriers" in result.output
