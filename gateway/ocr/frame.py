"""A frame, and a shot: a frame that was taken but not developed yet.

Cameras give shots, because most of them are never looked at: a lane wants the newest one a few times a second, and
turning a JPEG or a decoder's planes into pixels costs more than receiving it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]  # height × width × 3, blue-green-red, 0 to 255
Monotonic = Callable[[], float]  # seconds on a clock that never goes back


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera."""

    image: Image
    at: datetime  # aware UTC: when it arrived, or in a replay start + position in the recording
    index: int  # counts the frames of this connection or recording from 0, those that nobody looked at included
    arrived: float = 0.0  # seconds on the monotonic clock; 0 in a replay
    repeats_after: timedelta = timedelta()  # how long ago the camera showed this very picture first

    @property
    def seen_at(self) -> datetime:
        """When what it shows was there: a camera that repeats a picture shows the past."""
        return self.at - self.repeats_after

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame not developed yet. `develop` may run in another thread, once; it raises PictureError."""

    at: datetime
    index: int
    arrived: float
    develop: Callable[[], Image]

    def frame(self) -> Frame:
        return Frame(self.develop(), self.at, self.index, self.arrived)
