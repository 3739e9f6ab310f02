"""Trying one camera while a site is commissioned: does it answer, what does it send, how fast. Whether it suffices: `mounting`."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from gateway.model.device import DeviceReport
from gateway.ocr.cameras.camera import Camera, Clocks, Source
from gateway.ocr.errors import CameraEndedError, CameraError, CameraPictureError, CameraSilentError, PictureError
from gateway.ocr.reception import OPENING_FACTOR

SAMPLE_S: Final = 0.5  # long enough to tell 12 frames a second from 25
SAMPLE_SHOTS: Final = 50  # a recording gives them as fast as it decodes


@dataclass(frozen=True, slots=True)
class _Sample:
    codec: str
    size: tuple[int, int]
    shots: int
    elapsed_s: float
    first_after_s: float
    declared: float | None


async def check_camera(config: Camera, clocks: Clocks) -> DeviceReport:
    """Open the camera, take pictures for half a second, close it. Never raises: what is wrong stands in `detail`."""
    begun = clocks.monotonic()
    try:
        sample = await _sampled(config, clocks)
    except CameraError as error:
        elapsed_ms = (clocks.monotonic() - begun) * 1000
        return _report(config, answers=False, detail=error.cause, elapsed_ms=elapsed_ms)
    width, height = sample.size
    return _report(
        config,
        answers=True,
        identity=f"{sample.codec} {width}×{height}",
        detail=_rate(sample),
        elapsed_ms=sample.first_after_s * 1000,
    )


def _report(config: Camera, answers: bool, identity: str = "", detail: str = "", elapsed_ms: float = 0.0) -> DeviceReport:
    return DeviceReport(
        device=config.name,
        type=config.type,
        address=config.address,
        answers=answers,
        identity=identity,
        detail=detail,
        elapsed_ms=round(elapsed_ms, 1),
    )


def _rate(sample: _Sample) -> str:
    """As declared, else as measured between the first shot and the last."""
    if sample.declared:
        return f"{sample.declared:.3g} frames/s"
    if sample.shots < 2 or sample.elapsed_s <= 0:
        return ""
    return f"{(sample.shots - 1) / sample.elapsed_s:.3g} frames/s (measured)"


async def _sampled(config: Camera, clocks: Clocks) -> _Sample:
    source = config.source(clocks)
    with ThreadPoolExecutor(1, thread_name_prefix=f"check-{config.name}") as pool:
        sampling = asyncio.get_running_loop().run_in_executor(pool, _sample, config, source, clocks)
        try:
            done, _ = await asyncio.wait({sampling}, timeout=OPENING_FACTOR * config.stall_s)
        finally:
            source.stop()
        if not done:
            await asyncio.wait({sampling})
            sampling.exception()  # the wait running out is what the person is told
            raise CameraSilentError(config.name, f"no picture within {OPENING_FACTOR * config.stall_s:g} s")
        return sampling.result()


def _sample(config: Camera, source: Source, clocks: Clocks) -> _Sample:
    begun = clocks.monotonic()
    with closing(source.shots()) as shots:
        for shot in shots:
            try:
                size = shot.frame().size
            except PictureError as error:
                raise CameraPictureError(config.name, f"sends no usable picture: {error}") from None
            first = last = shot.arrived
            count = 1
            for later in shots:
                last, count = later.arrived, count + 1
                if last - first >= SAMPLE_S or count >= SAMPLE_SHOTS:
                    break
            identity = source.identity()
            return _Sample(identity.codec, size, count, last - first, first - begun, identity.frames_per_second)
    raise CameraEndedError(config.name, "gives no picture")
