"""Pictures for the camera tests: a street, a truck with a red mark on it, clips of them, and a reader that finds the mark."""

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.model.observation import Quad
from gateway.ocr.frame import Image
from tests.ocr.stand_in import StandInReader

WIDTH, HEIGHT = 640, 360
NUMBER = "CSQU3054383"
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def street(noise: float = 0.0, seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> Image:
    """An empty lane: asphalt, a kerb, a wall; with a sensor's noise (grey levels, standard deviation)."""
    image = np.full((height, width, 3), 110, np.uint8)
    image[: height // 3] = (150, 140, 130)
    image[height // 3 : height // 3 + 8] = 60
    image[:, width // 2 : width // 2 + 6] = 200
    if noise:
        image = np.clip(image + np.roll(_grain(height, width) * noise, 997 * seed), 0, 255).astype(np.uint8)
    return image


@cache
def _grain(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((height, width, 3), np.float32)


def with_truck(image: Image, left: int) -> Image:
    """A dark truck whose left edge stands at `left` (pixels), with a red mark of 40 × 20 pixels at its upper left."""
    seen = image.copy()
    seen[80:300, max(left, 0) : max(left + 200, 0)] = (40, 35, 30)
    seen[100:120, max(left + 10, 0) : max(left + 50, 0)] = (0, 0, 230)
    return seen


def jpeg(image: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])


def clip(path: Path, images: Sequence[Image], fps: int = 10, codec: str = "mpeg4") -> Path:
    """A video file of pictures of one size; in MP4 the index stands first, so that a file cut short can still be opened."""
    options = {"movflags": "faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        stream = cast(av.VideoStream, container.add_stream(codec, rate=fps))
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def drive_past(frames: int) -> list[Image]:
    """A truck from right to left through the picture."""
    return [with_truck(street(4.0, seed), WIDTH - 20 * seed) for seed in range(frames)]


class MarkReader(StandInReader):
    """Finds the red mark and calls it a container number."""

    def __init__(self) -> None:
        super().__init__(NUMBER)

    def place(self, image: Image, offset: tuple[float, float]) -> Quad | None:
        red = (image[:, :, 2] > 150) & (image[:, :, 0] < 90) & (image[:, :, 1] < 90)
        ys, xs = np.nonzero(red)
        if len(xs) < 100:
            return None
        left, top = float(xs.min()) + offset[0], float(ys.min()) + offset[1]
        right, bottom = float(xs.max()) + 1 + offset[0], float(ys.max()) + 1 + offset[1]
        return (left, top), (right, top), (right, bottom), (left, bottom)
