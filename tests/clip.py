"""A short recorded clip for tests: a simulated truck's doors, rendered and encoded. Nothing in it is real."""

from fractions import Fraction
from pathlib import Path
from random import Random

import av

from gateway.simulator.scene import Light, Scene, TruckLook, View, random_box

SIZE = (1280, 720)
RATE = 10


def truck(seed: int = 3) -> TruckLook:
    """A clean box, so that the reader has no excuse."""
    return TruckLook("KNA-1235", "HBA-6708", (random_box(Random(seed), 40, wear=0.0),), seed=seed)


def write_clip(path: Path, look: TruckLook, seconds: float = 4.0) -> Path:
    """MPEG-4, ten frames a second: the truck comes, stands and leaves."""
    scene = Scene(View.REAR, Light.DAY, SIZE, 1)
    frames = int(seconds * RATE)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height = SIZE
        stream.bit_rate = 6_000_000
        stream.time_base = Fraction(1, RATE)
        for index in range(frames):
            share = index / (frames - 1)
            progress = min(share * 2, 0.5) if share < 0.75 else 0.5 + (share - 0.75) * 2
            frame = av.VideoFrame.from_ndarray(scene.frame(look, progress, index), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
