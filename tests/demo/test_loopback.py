"""Every lane file of ours can be played on this machine: what it says is kept, and only addresses differ."""

import os
from pathlib import Path

import pytest

from gateway.demo.desk_person import appoint
from gateway.demo.loopback import STAFF_FILE, on_loopback, simulated_site
from gateway.model.clock import utc_now
from gateway.signals import link as modbus_link
from gateway.simulator.pictures import Placards
from gateway.site.checks import check_site
from gateway.site.lane_file import load_site

FILES = sorted((Path(__file__).parents[2] / "lane_config").glob("*.yaml"))
PATIENCE_S = 3.0


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
async def test_the_gate_finds_every_device_of_a_site_on_this_machine(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modbus_link, "TIMEOUT_S", 10.0)  # all of a site at once, on a machine that may be busy
    site = load_site(file)
    (tmp_path / "seal-master.key").touch(mode=0o600)
    (tmp_path / "seal-master.key").write_text("00" * 16, encoding="ascii")
    async with simulated_site(site, bytes(16), 1, utc_now, PATIENCE_S, Placards()) as simulated:
        appoint(tmp_path / STAFF_FILE, os.urandom)
        on_loopback(site, simulated, "http://127.0.0.1:9", tmp_path, 0, PATIENCE_S)
        moved = load_site(tmp_path / "site.yaml")
        assert [lane.name for lane in moved.lanes] == [lane.name for lane in site.lanes]
        assert {lane.rules.patience_s for lane in moved.lanes} == {PATIENCE_S}
        adapters = set(simulated.radio.adapters) if simulated.radio else set()
        reports = [report for report in await check_site(moved, utc_now) if report.device not in {"platform", *adapters}]
        assert [report.detail for report in reports if not report.answers] == []
        cameras = [camera for lane in site.lanes for camera in lane.cameras]
        assert len(reports) >= len(site.io_modules) + len(site.readers) + len(cameras)
