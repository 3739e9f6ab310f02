"""What systemd hears of the service, over a real notification socket."""

import os
import socket
from pathlib import Path

import pytest

from gateway.site.service_manager import ServiceManager


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(tmp_path: Path, abstract: bool) -> None:
    address = f"@gateway-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + address[1:] if abstract else address)
        listening.settimeout(5)
        manager = ServiceManager(address, "10000000", str(os.getpid()))
        manager.ready("2 lanes")
        manager.alive()
        manager.stopping()
        said = [listening.recv(1000).decode() for _ in range(3)]
    assert said == ["READY=1\nSTATUS=2 lanes", "WATCHDOG=1", "STOPPING=1"]
    assert manager.feed_every_s is not None
    assert manager.feed_every_s < 5


@pytest.mark.parametrize(("usec", "pid"), [(None, None), ("abc", None), ("1000000", "1")])
def test_no_watchdog_is_fed_that_is_not_ours(usec: str | None, pid: str | None) -> None:
    assert ServiceManager(None, usec, pid).feed_every_s is None


def test_a_manager_that_is_not_there_stops_nothing(tmp_path: Path) -> None:
    ServiceManager(str(tmp_path / "nowhere"), None, None).ready("")
    ServiceManager(None, None, None).alive()
