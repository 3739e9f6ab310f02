"""One site, put together from its lane file: lanes, devices, screen and uplink, and what keeps each of them running."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from aiohttp import web

from gateway import __version__
from gateway.display.app import build_app
from gateway.display.board import Board
from gateway.display.desk.desk import Desk
from gateway.display.desk.own_form import OwnForm
from gateway.display.desk.sign_in import SignIn
from gateway.display.view import SiteView
from gateway.lane.machine import LaneMachine
from gateway.lane.rulings import RulingAnswer
from gateway.lane.runner import LaneRunner
from gateway.look.connections import Room, listening
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock, RandomBytes, uuid7
from gateway.model.device import KeepPicture
from gateway.model.lane_rules import OpenedBy
from gateway.model.observation import CLOCK, DeviceState, Ruling
from gateway.ocr.cameras.camera import Camera, Clocks
from gateway.ocr.eye import Eye, Reads
from gateway.ocr.lane_camera import LaneCamera
from gateway.orders.order_cache import OrderCache
from gateway.rfid.drivers import reader_of
from gateway.seal_reader.alarms import SealAlarm
from gateway.seal_reader.drivers import receiver_of
from gateway.seal_reader.listener import SealAuthenticator
from gateway.signals.lights import Barrier, LaneLights, LaneSignals, Sounder
from gateway.signals.module import ModbusModule
from gateway.site.clock_report import ClockReport
from gateway.site.health import health_of
from gateway.site.lane_file import LaneConfig, SiteConfig
from gateway.site.metrics import SiteMetrics
from gateway.site.remote_desk import RemoteDesk
from gateway.site.routing import Routing
from gateway.site.service_manager import ServiceManager
from gateway.site.supervisor import supervise
from gateway.site.views import lane_view
from gateway.store.errors import StoreError
from gateway.store.gate_store import GateStore
from gateway.store.retention import Retention
from gateway.store.space import Space, SpaceState
from gateway.timekeeping.clock_watch import NTP, PLATFORM, ClockWatch
from gateway.timekeeping.ntp_client import NtpClient
from gateway.timekeeping.sntp import Measured
from gateway.uplink.publisher import Publisher
from gateway.uplink.settings import UplinkSettings
from gateway.uplink.uplink import Uplink

log = logging.getLogger(__name__)

REPORT_EVERY_S: Final = 1.0
CAMERA_FIRST_RETRY_S: Final = 0.5  # a camera that restarts its stream is back at once
CAMERA_LONGEST_RETRY_S: Final = 15.0  # one that boots takes about a minute: four more tries, a light load on the network
SCREEN_ROOM: Final = (
    256,
    64,
)  # connections, and of one address: a page costs the lanes' loop a millisecond, cameras need files, too
SICK_LAG_S: Final = 5.0  # a loop that is later than this no longer serves its lanes: the watchdog shall restart it


@dataclass(frozen=True, slots=True)
class Lane:
    config: LaneConfig
    runner: LaneRunner
    barrier: Barrier | None
    cameras: tuple[LaneCamera, ...]


Part = tuple[str, Callable[[], Awaitable[None]]]  # a name for the log, and what runs until cancelled


class Site:
    """Built inside a running event loop, over an open store. `run` lasts until cancelled."""

    def __init__(
        self,
        config: SiteConfig,
        *,
        store: GateStore,
        orders: OrderCache,
        reader: Reads,
        authenticator: SealAuthenticator | None,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self.config = config
        self.board = Board()
        self.metrics = SiteMetrics()
        self._store, self._orders, self._clock, self._random = store, orders, clock, random
        self._authenticator = authenticator
        self._lanes_of_receivers = {receiver.name: receiver.lanes for receiver in config.seals.receivers} if config.seals else {}
        self._modules = {module.name: ModbusModule(module, clock) for module in config.io_modules}
        self._configs = {lane.name: lane for lane in config.lanes}
        self._lanes = {lane.name: self._lane(lane, reader) for lane in config.lanes}
        observers = {name: lane.runner.observe for name, lane in self._lanes.items()}
        directions = {name: lane.runner.set_direction for name, lane in self._lanes.items()}
        self._routing = Routing(observers, config, clock, asyncio.get_running_loop().call_later, directions)
        self._clock_watch = ClockWatch(clock, time.monotonic, config.time.limit_s)
        everywhere = tuple(self._lanes)
        self._clock_report = ClockReport(
            self._clock_watch,
            clock,
            self._routing.state_of(CLOCK, ()),  # for the log; the report tells the lanes
            [self._routing.to(lane) for lane in everywhere],
        )
        self._remote_desk = RemoteDesk(self.board, self._rule, self._publish)
        self._uplink = self._link_up(config.platform) if config.platform else None
        self._lag_s = 0.0

    def _link_up(self, platform: UplinkSettings) -> Uplink:
        return Uplink(
            self._store,
            self._orders.apply,
            self._orders.place,
            platform,
            clock=self._clock,
            random=self._random,
            on_clock=partial(self._clock_watch.measured, PLATFORM),
            lanes=self._remote_desk if platform.remote_desk else None,
            health=lambda: health_of(self.board.site, self._configs, self._routing),
        )

    # Lanes -----------------------------------------------------------------------------------------------------------

    def _lane(self, config: LaneConfig, reader: Reads) -> Lane:
        barrier = Barrier(self._modules[config.barrier.module], config.barrier) if config.barrier else None
        keep = partial(_keep, self._store.pictures.keep)
        cameras = tuple(self._camera(camera, config, reader, keep) for camera in config.cameras)

        def attend(attentive: bool) -> None:
            for camera in cameras:
                camera.attend(attentive)

        runner = LaneRunner(
            LaneMachine(config.name, config.rules, lambda at: uuid7(at, self._random)),
            title=config.title.zh_TW,
            recorder=self._store,
            orders=self._orders,
            outputs=self._signals(config, barrier),
            attend=attend,
            changed=lambda _: self._publish(config.name),
            clock=self._clock,
            report=partial(self._tell, config.name),
            lights=config.lights.module if config.lights else "",
        )
        return Lane(config, runner, barrier, cameras)

    def _tell(self, lane: str, state: DeviceState) -> None:
        """A lane has found out something about one of its devices; it is told in its turn, like of any other device."""
        (log.info if state.working else log.warning)("lane %s: %s: %s", lane, state.device, state.detail)
        self._routing.to(lane)(state)

    def _camera(self, camera: Camera, lane: LaneConfig, reader: Reads, keep: KeepPicture) -> LaneCamera:
        announces = lane.rules.opened_by is OpenedBy.CAMERA
        return LaneCamera(
            camera,
            Eye(camera, reader, keep, announces),
            Clocks(self._clock),
            Backoff(CAMERA_FIRST_RETRY_S, CAMERA_LONGEST_RETRY_S, self._random),
        )

    def _signals(self, lane: LaneConfig, barrier: Barrier | None) -> LaneSignals | None:
        if lane.lights is None:
            return None
        lights = LaneLights.of(self._modules[lane.lights.module], lane.lights)
        sounder = Sounder(self._modules[lane.sounder.module], lane.sounder) if lane.sounder else None
        return LaneSignals(lights, barrier, sounder)

    # Running ---------------------------------------------------------------------------------------------------------

    async def run(self, manager: ServiceManager) -> None:
        """Serve every lane until cancelled. Lanes go red first, and red again at the end."""
        for lane in self._lanes:
            self._publish(lane)
        async with self._screen() as address, asyncio.TaskGroup() as group:
            for name, run in self._parts(manager):
                group.create_task(supervise(name, run), name=name)
            log.info("site %s: %d lanes, screen at %s", self.config.name, len(self._lanes), address)
            manager.ready(f"{len(self._lanes)} lanes, screen at {address}")

    def _parts(self, manager: ServiceManager) -> list[Part]:
        """Everything that is supervised. Modules come first: their first write is red and closed."""
        route = self._routing
        parts: list[Part] = []
        for module in self._modules.values():
            lanes = tuple(lane.name for lane in self.config.lanes if module.name in _modules_of(lane))
            parts.append(
                (
                    f"module {module.name}",
                    partial(module.run, route.inputs_of(module.name), route.state_of(module.name, lanes)),
                )
            )
        for lane in self._lanes.values():
            parts.append((f"lane {lane.config.name}", lane.runner.run))
            if lane.barrier and lane.barrier.has_switches:
                told = route.state_of(f"{lane.config.name}-barrier", (lane.config.name,))
                parts.append((f"barrier {lane.config.name}", partial(lane.barrier.watch, told)))
            emit = route.to(lane.config.name)
            parts += [(f"camera {camera.config.name}", partial(camera.run, emit)) for camera in lane.cameras]
        for reader in self.config.readers:
            lanes = tuple(sorted({antenna.lane for antenna in reader.antennas.values()}))
            on_tag, on_state = route.tags_of(reader, self._orders.registers), route.state_of(reader.name, lanes)
            parts.append((f"reader {reader.name}", partial(reader_of(reader, self._clock).run, on_tag, on_state)))
        parts += self._seal_parts()
        if self._uplink:
            parts.append(("uplink", self._uplink.run))
        parts.append(("retention", Retention(self._store, self.config.store).run))
        if self.config.broker:
            parts.append(("broker", Publisher(self._store, self.config.broker, self._random).run))
        if self.config.time.ntp:
            client = NtpClient(self.config.time.ntp, self._clock, self._random)
            parts.append(("NTP", partial(client.run, self._compare_with_ntp, route.state_of("ntp", ()))))
        parts += [("report", self._report), ("health", partial(self._watch_health, manager))]
        return parts

    def _seal_parts(self) -> list[Part]:
        if self.config.seals is None or self._authenticator is None:
            return []
        parts: list[Part] = []
        for receiver in self.config.seals.receivers:
            heard = self._routing.advertisements_of(receiver.lanes, self._authenticator)
            state = self._routing.state_of(receiver.name, receiver.lanes)
            parts.append((f"receiver {receiver.name}", partial(receiver_of(receiver, self._clock).run, heard, state)))
        return parts

    def _compare_with_ntp(self, found: Measured) -> None:
        self._clock_watch.measured(NTP, found.ahead_s)

    # Showing ---------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _screen(self) -> AsyncIterator[str]:
        """The staff's screen and the metrics; gives the address. Raises OSError where the port is taken."""
        screen = self.config.screen
        app = build_app(self.board, self._store.pictures.path, self._clock, desk=self._desk(), names=(screen.host, *screen.names))
        app.router.add_get("/metrics", self._answer_metrics)
        async with listening(app, screen.host, screen.port, Room(*SCREEN_ROOM), grace_s=2) as address:
            yield address

    def _desk(self) -> Desk | None:
        config = self.config.desk
        if config is None:
            return None
        return Desk(
            sign_in=SignIn(config.staff, time.monotonic),
            own_form=OwnForm(self._random),
            rule=self._rule,
            orders=self._orders,
            clock=self._clock,
            valid=timedelta(seconds=config.ruling_valid_s),
        )

    async def _rule(self, lane: str, ruling: Ruling) -> RulingAnswer:
        """Hand a person's ruling to its lane, and tell what the lane made of it."""
        return await self._lanes[lane].runner.rule(ruling)

    async def _answer_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.metrics.text(), content_type="text/plain")

    def _publish(self, lane: str) -> None:
        here = self._lanes[lane]
        self.board.publish(
            lane_view(
                here.config,
                here.runner.machine,
                self._routing.lost_devices(lane),
                self._seal_alarms(lane),
                self._clock,
                self._remote_desk.attendant_of,
            )
        )

    def _seal_alarms(self, lane: str) -> tuple[SealAlarm, ...]:
        return tuple(alarm for alarm in self._routing.seal_alarms.standing if lane in self._lanes_of_receivers[alarm.receiver])

    async def _report(self) -> None:
        """The site's own state, once a second."""
        while True:
            await self._report_once()
            await asyncio.sleep(REPORT_EVERY_S)

    async def _report_once(self) -> None:
        now = self._clock()
        if self._routing.seal_alarms.end_what_is_over(now):
            for lane in self._lanes:
                self._publish(lane)
        age = self._orders.age_s(now)
        space, store_detail = Space(state=SpaceState.OK, free_bytes=-1), ""
        try:
            space = await self._store.space()
        except StoreError as error:
            store_detail = str(error)
        link = self._uplink.link if self._uplink else None
        offsets = self._clock_report.look()
        reference = max(offsets, key=lambda name: abs(offsets[name]), default="")
        self.board.publish_site(
            SiteView(
                title_zh=self.config.title.zh_TW,
                title_en=self.config.title.en,
                lanes=tuple(self._lanes),
                platform_up=bool(link and link.up),
                platform_since=link.since if link else None,
                outbox_waiting=self._store.waiting_count,
                orders_at=now - timedelta(seconds=age) if age is not None else None,
                store_state=space.state,
                store_detail=store_detail,
                damaged_databases=await self._store.damaged_databases(),
                clock_offset_s=offsets.get(reference),
                clock_reference=reference,
                clock_limit_s=self.config.time.limit_s,
                version=__version__,
                updated_at=now,
            )
        )
        for name, ahead in offsets.items():
            self.metrics.clock_offset.labels(name).set(ahead)
        self._measure(space.free_bytes, age)

    def _measure(self, free: int, age: float | None) -> None:
        self.metrics.loop_lag.set(self._lag_s)
        self.metrics.outbox.set(self._store.waiting_count)
        self.metrics.orders_age.set(-1 if age is None else age)
        self.metrics.store_free.set(free)
        for reader, count in self._routing.tags.items():
            self.metrics.tags.labels(reader).set(count)
        for result, count in self._authenticator.counts.items() if self._authenticator else ():
            self.metrics.seal_frames.labels(result).set(count)
        for name, lane in self._lanes.items():
            counted = lane.runner.metrics
            self.metrics.passages.labels(name).set(counted.passages)
            self.metrics.observations.labels(name).set(counted.observations)
            self.metrics.dropped.labels(name).set(counted.dropped)
            self.metrics.latency.labels(name).set(counted.last_latency_s)
            for device in self._routing.known_devices(name):
                self.metrics.device_working.labels(device).set(device not in self._routing.lost_devices(name))
            for camera in lane.cameras:
                self.metrics.device_working.labels(camera.config.name).set(bool(camera.working))
                self.metrics.frames.labels(camera.config.name).set(camera.counts.received)
                self.metrics.frames_read.labels(camera.config.name).set(camera.counts.read)
                self.metrics.read_time.labels(camera.config.name).set(camera.last_read_ms / 1000)

    async def _watch_health(self, manager: ServiceManager) -> None:
        """Measure the loop's lag; feed the watchdog only while the loop keeps up."""
        every = min(manager.feed_every_s or REPORT_EVERY_S, REPORT_EVERY_S)
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + every
            await asyncio.sleep(every)
            self._lag_s = loop.time() - due
            if self._lag_s < SICK_LAG_S:
                manager.alive()


def _modules_of(lane: LaneConfig) -> set[str]:
    uses = (lane.loop, lane.key_switch, lane.direction_switch, lane.lights, lane.barrier, lane.sounder)
    return {use.module for use in uses if use}


def _keep(keep: KeepPicture, jpeg: bytes) -> str:
    """A picture that cannot be kept costs its picture, not the read."""
    try:
        return keep(jpeg)
    except StoreError as error:
        log.error("a picture is not kept: %s", error)
        return ""
