"""A live camera of a lane: threads receive and look, observations go to the event loop.

Stalls, losses and reconnecting are dealt with here and in `reception`, nowhere else: drivers raise, this decides. The loop
never waits for a camera, and a camera never waits for the loop.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from gateway.model.backoff import Backoff
from gateway.model.device import DeviceReport, Emit
from gateway.model.observation import DeviceState
from gateway.ocr.camera_check import check_camera
from gateway.ocr.cameras.camera import Camera, Clocks
from gateway.ocr.errors import CameraError
from gateway.ocr.eye import Eye, Look
from gateway.ocr.frame import Frame
from gateway.ocr.reception import Counts, Reception
from gateway.ocr.repetition import Repetition

log = logging.getLogger(__name__)

STEADY_S: Final = 10.0  # a camera that worked this long is asked again at once; one that keeps falling over is not


class LaneCamera:
    """One camera, from its connection to its observations. `run` it once at a time; attributes may be read at any time."""

    def __init__(self, config: Camera, eye: Eye, clocks: Clocks, back_off: Backoff) -> None:
        self._config = config
        self._eye = eye
        self._clocks = clocks
        self._back_off = back_off
        self._repetition = Repetition(config.may_repeat_s)
        self._reception: Reception | None = None
        self._attentive = False
        self.counts = Counts()
        self.working: bool | None = None  # None until the camera gave a picture or failed for the first time
        self.detail = ""  # why it does not work
        self.last_read_ms = 0.0  # how long the last read took
        self.last_latency_ms = 0.0  # from a frame's arrival to its observations on the loop

    @property
    def config(self) -> Camera:
        return self._config

    def attend(self, attentive: bool) -> None:
        """Whether a passage is open: then frames are read even if nothing moves."""
        self._attentive = attentive
        if attentive and self._reception:
            self._reception.attend(True)  # without it, what the next look sees decides

    async def check(self) -> DeviceReport:
        """Open the camera, say what it sends, close it."""
        return await check_camera(self._config, self._clocks)

    async def run(self, emit: Emit) -> None:
        """Look until cancelled, or until a recording ends. `emit` is called on this loop.

        Raises only what the reader or the picture store raises. No thread is left when it returns.
        """
        with ThreadPoolExecutor(2, thread_name_prefix=f"camera-{self._config.name}") as pool:
            while True:
                again = await self._connection(emit, pool)
                if not again:
                    return
                await asyncio.sleep(self._back_off.next_s())

    async def _connection(self, emit: Emit, pool: ThreadPoolExecutor) -> bool:
        """One connection from beginning to end; whether to try again."""
        loop = asyncio.get_running_loop()
        look = partial(self._look, emit, loop)
        self._reception = reception = Reception(self._config, self._clocks, self.counts, self._repetition, look)
        receiving = loop.run_in_executor(pool, reception.receive)
        watching = loop.run_in_executor(pool, reception.watch)
        try:
            await asyncio.wait({watching})  # it ends with the connection, a stuck receiver notwithstanding
            if reception.failure:
                self._note_lost(reception.failure, emit)
        finally:
            reception.stop()
            await _ended(watching, receiving)
        watching.result()
        receiving.result()
        if reception.worked_s >= STEADY_S:
            self._back_off.reset()
        return not self._config.ends

    def _look(self, emit: Emit, loop: asyncio.AbstractEventLoop, frame: Frame) -> None:
        """In the watching thread."""
        if not self.working:
            loop.call_soon_threadsafe(self._note_working, emit)
        look = self._eye.look(frame, self._attentive)
        if self._reception:
            self._reception.attend(self._attentive or look.moved)
        if look.read:
            self.counts.read += 1
            self.last_read_ms = look.read_ms
        if look.observations:
            loop.call_soon_threadsafe(self._deliver, emit, frame, look)

    def _deliver(self, emit: Emit, frame: Frame, look: Look) -> None:
        for observation in look.observations:
            emit(observation)
        self.last_latency_ms = (self._clocks.monotonic() - frame.arrived) * 1000

    def _note_working(self, emit: Emit) -> None:
        was_lost = self.working is False
        self.working, self.detail = True, ""
        if was_lost:
            log.info("camera %s is back", self._config.name)
            emit(DeviceState(device=self._config.name, at=self._clocks.now(), working=True))

    def _note_lost(self, failure: CameraError, emit: Emit) -> None:
        """Told once; while it stays lost only `detail` follows the latest cause."""
        was_lost = self.working is False
        self.working, self.detail = False, failure.cause
        if not was_lost:
            log.warning("camera %s lost: %s", self._config.name, failure.cause)
            emit(DeviceState(device=self._config.name, at=self._clocks.now(), working=False, detail=failure.cause))


async def _ended(*threads: asyncio.Future[None]) -> None:
    """Wait until both threads are through, however often we are cancelled meanwhile: they were asked to end, and do."""
    cancelled: asyncio.CancelledError | None = None
    while not all(thread.done() for thread in threads):
        try:
            await asyncio.wait(threads)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled
