"""Opens each device of a site by itself, for `gateway check`: what it is, and whether it answers."""

import asyncio
import os
import time
from collections.abc import Awaitable
from functools import partial
from pathlib import Path

from gateway.display.desk.staff import read_staff
from gateway.display.errors import StaffFileError
from gateway.model.clock import Clock
from gateway.model.device import DeviceReport
from gateway.ocr.camera_check import check_camera
from gateway.ocr.cameras.camera import Clocks
from gateway.rfid.drivers import reader_of
from gateway.seal_reader.drivers import receiver_of
from gateway.seal_reader.errors import SealKeyError
from gateway.seal_reader.keys import SealKeyConfig, load_keys
from gateway.signals.module import ModbusModule
from gateway.site.lane_file import SiteConfig
from gateway.timekeeping.ntp_client import NtpClient
from gateway.uplink.credentials import read_credentials
from gateway.uplink.errors import UplinkError
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings


async def check_site(site: SiteConfig, clock: Clock) -> tuple[DeviceReport, ...]:
    """All devices at once, in the order of the lane file. A device that does not answer is a report, not an error."""
    checks: list[Awaitable[DeviceReport]] = [ModbusModule(module, clock).check() for module in site.io_modules]
    checks += [reader_of(reader, clock).check() for reader in site.readers]
    if site.seals:
        checks.append(_check_keys(site.seals.keys))
        checks += [receiver_of(receiver, clock).check() for receiver in site.seals.receivers]
    checks += [check_camera(camera, Clocks(clock)) for lane in site.lanes for camera in lane.cameras]
    if site.desk:
        checks.append(_check_staff(site.desk.staff))
    if site.time.ntp:
        checks.append(NtpClient(site.time.ntp, clock, os.urandom).check())
    if site.platform:
        checks.append(_check_platform(site.platform, site.store.folder, clock))
    return tuple(await asyncio.gather(*checks))


async def _check_keys(config: SealKeyConfig) -> DeviceReport:
    begun = time.perf_counter()
    where = str(config.file or config.environment)
    try:
        keys = await asyncio.to_thread(load_keys, config, os.environ)
    except SealKeyError as error:
        answers, identity, detail = False, "", str(error)
    else:
        answers, identity, detail = True, str(keys), ""
    elapsed = (time.perf_counter() - begun) * 1000
    return DeviceReport(
        device="seal-keys", type="keys", address=where, answers=answers, identity=identity, detail=detail, elapsed_ms=elapsed
    )


async def _check_staff(file: Path) -> DeviceReport:
    """A desk without its staff file would be found out only when a vehicle waits for a person."""
    begun = time.perf_counter()
    try:
        people = (await asyncio.to_thread(read_staff, file)).people
    except StaffFileError as error:
        answers, identity, detail = False, "", str(error)
    else:
        answers, identity, detail = bool(people), f"{len(people)} who may decide", "" if people else "`gateway staff add` adds one"
    elapsed = (time.perf_counter() - begun) * 1000
    return DeviceReport(
        device="desk", type="staff", address=str(file), answers=answers, identity=identity, detail=detail, elapsed_ms=elapsed
    )


async def _check_platform(settings: UplinkSettings, folder: Path, clock: Clock) -> DeviceReport:
    """Ask the feed once, without waiting for news: that needs address, certificate and token to be right."""
    begun = time.perf_counter()
    try:
        async with PlatformClient(settings, partial(read_credentials, settings, folder)).opened() as client:
            page, _ = await client.ask(lambda platform: platform.feed(0, limit=1))
    except UplinkError as error:
        answers, identity, detail = False, "", str(error)
    else:
        ahead = (page.server_time - clock()).total_seconds()
        answers, identity, detail = True, "feed of orders", f"its clock is {ahead:+.1f} s from this one"
    return DeviceReport(
        device="platform",
        type="platform",
        address=settings.url,
        answers=answers,
        identity=identity,
        detail=detail,
        elapsed_ms=(time.perf_counter() - begun) * 1000,
    )
