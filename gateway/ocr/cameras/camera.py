"""What every camera's settings share, and what a driver gives: a source of shots."""

import time
from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.model.clock import Clock
from gateway.model.wire import Name
from gateway.ocr.frame import Monotonic, Shot


class LooksAt(StrEnum):
    """Which side of the vehicle a camera sees."""

    FRONT = "front"
    REAR = "rear"
    SIDE = "side"
    TOP = "top"


class Kind(StrEnum):
    """What is read in a camera's pictures."""

    CONTAINERS = "containers"
    PLATES = "plates"


class Region(BaseModel):
    """The part of the frame that belongs to the lane, as fractions of the frame's width and height (0 to 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: float = Field(0.0, ge=0, lt=1, description="Left edge, as a fraction of the frame's width")
    y: float = Field(0.0, ge=0, lt=1, description="Upper edge, as a fraction of the frame's height")
    width: float = Field(1.0, gt=0, le=1, description="Width, as a fraction of the frame's width")
    height: float = Field(1.0, gt=0, le=1, description="Height, as a fraction of the frame's height")

    @model_validator(mode="after")
    def _lies_within_the_frame(self) -> "Region":
        for start, length, names in ((self.x, self.width, "x + width"), (self.y, self.height, "y + height")):
            if start + length > 1 + 1e-9:  # 0.7 + 0.3 is a little more than 1 in binary
                raise ValueError(f"{names} is {start + length:g}: the region reaches beyond the frame (1)")
        return self

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of a frame of this size; at least one pixel each way."""
        left, top = min(round(self.x * width), width - 1), min(round(self.y * height), height - 1)
        right, bottom = round((self.x + self.width) * width), round((self.y + self.height) * height)
        return left, top, max(right, left + 1), max(bottom, top + 1)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a source says of itself once it gives shots."""

    codec: str
    frames_per_second: float | None = None  # as declared; None where nothing is declared


class Source(Protocol):
    """One connection to a camera, or one run of a recording. Used once, by one thread."""

    def shots(self) -> Generator[Shot]:
        """Shots as they come. Blocks; raises CameraError. Ends without an error only where a recording ends, or after `stop`.

        Close the iterator (`contextlib.closing`) to let go of the camera.
        """

    def identity(self) -> Identity:
        """What the camera sends. Only after the first shot."""

    def attend(self, attentive: bool) -> None:
        """Whether every picture is wanted, or only enough of them to notice motion. From any thread; at first every one is."""

    def stop(self) -> None:
        """Ask `shots` to end soon. Callable from any thread, any number of times."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The wall clock for event times, the monotonic one for pacing and latency."""

    now: Clock
    monotonic: Monotonic = time.monotonic


class Camera(BaseModel, ABC):
    """Settings that all cameras share. A driver adds its own and opens a source."""

    # Refused input may be a URL with a password in it; a model that holds cameras must hide its input, too.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    type: str = Field(description="Which driver: file, mjpeg, snapshot or rtsp")
    name: Name = Field(description="The camera's name: device of its observations, unique within the site")
    region: Region = Field(Region(), description="The part of the frame that belongs to the lane")
    looks_at: LooksAt = Field(LooksAt.REAR, description="Which side of the vehicle the camera sees: front, rear, side or top")
    reads: tuple[Kind, ...] = Field(
        (Kind.CONTAINERS, Kind.PLATES), min_length=1, description="What to read in its pictures: containers, plates or both"
    )
    frames_per_second: float = Field(5.0, gt=0, le=30, description="How many frames a second to look at, at most")
    stall_s: float = Field(5.0, gt=0, le=60, description="How long no usable picture may come before the camera counts as lost")
    motion_area: float = Field(
        0.01, gt=0, le=1, description="How much of the region must differ from the empty scene to count as motion (fraction)"
    )

    @property
    @abstractmethod
    def address(self) -> str:
        """Where the camera is, without any secret: fit for logs and for `gateway check`."""

    @property
    def ends(self) -> bool:
        """Whether this camera is a recording that comes to an end."""
        return False

    @property
    def may_repeat_s(self) -> float:
        """How long it may show nothing new before it counts as frozen; a recording for ever, it may be one picture."""
        return inf

    @abstractmethod
    def source(self, clocks: Clocks) -> Source:
        """A new connection, not yet opened: opening happens when `shots` is first asked."""
