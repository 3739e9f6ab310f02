"""What one camera of a simulated gate lane sees: the public face of the renderer.

A scene is made once per camera. It keeps the textures of the trucks that it has drawn last, so that a frame costs little more than
putting them into perspective. Equal inputs give equal frames, in any process.
"""

from collections import OrderedDict
from typing import Final

import numpy as np

from gateway.simulator.scene import lamps, motion, sensor
from gateway.simulator.scene.camera import DESIGN_WIDTH, NEAR, camera_for
from gateway.simulator.scene.compositor import NOWHERE, Area, Pose, draw_rig
from gateway.simulator.scene.daylight import DAYLIGHT
from gateway.simulator.scene.errors import FrameError
from gateway.simulator.scene.ground_shadow import cast
from gateway.simulator.scene.looks import Light, TruckLook, View
from gateway.simulator.scene.pixels import Picture, seeded
from gateway.simulator.scene.rig import Rig, build
from gateway.simulator.scene.yard import yard

_KEPT: Final = 3  # trucks whose textures stay in memory; about 40 MB each
_SMALLEST: Final = (64, 36)
_LENS_BLUR: Final = 0.55  # pixels


class Scene:
    """One camera's view of the lane.

    `size`: width and height, pixels; raises FrameError when there is nothing to take a picture of. `seed` decides the
    yard, shadows and noise.
    """

    def __init__(self, view: View, light: Light, size: tuple[int, int] = (1280, 720), seed: int = 0) -> None:
        if size[0] < _SMALLEST[0] or size[1] < _SMALLEST[1]:
            raise FrameError(f"size: {size[0]}×{size[1]} is smaller than {_SMALLEST[0]}×{_SMALLEST[1]}")
        self._view, self._light, self._size = view, light, size
        self._look = DAYLIGHT[light]
        self._camera = camera_for(view, size)
        rng = seeded(view.value, light.value, seed)
        self._yard = yard(self._camera, view, light, self._look, rng)
        self._gain = lamps.gain_map(size, light, self._look, rng)
        self._sensor = sensor.Sensor(size, self._look.hiss, light is Light.RAIN, rng)
        self._rigs: OrderedDict[TruckLook, Rig] = OrderedDict()
        self._last: tuple[tuple[TruckLook | None, float], Picture] | None = None

    def prepare(self, truck: TruckLook) -> None:
        """Paint the truck's textures now rather than when its first frame is asked for."""
        self._rig(truck)

    def frame(self, truck: TruckLook | None, progress: float, noise_seed: int) -> Picture:
        """One picture, blue-green-red. `progress`: 0 not yet in view, 0.5 at the stop, 1 gone. No truck: the empty lane."""
        return self._sensor.expose(self._still(truck, progress), noise_seed)

    def _still(self, truck: TruckLook | None, progress: float) -> Picture:
        """The picture before rain and noise. The last one is kept: a truck that stands costs no more than its noise."""
        wanted = (truck, progress) if truck is not None and 0.0 < progress < 1.0 else (None, 0.0)
        if self._last is None or self._last[0] != wanted:
            self._last = wanted, self._compose(*wanted)
        return self._last[1]

    def _compose(self, truck: TruckLook | None, progress: float) -> Picture:
        picture = self._yard.copy()
        if truck is None:
            lamps.apply_gain(picture, self._gain)
        else:
            self._put(picture, truck, progress)
        return sensor.hazy(picture, self._look.haze) if self._look.haze else picture

    def _put(self, picture: Picture, truck: TruckLook, progress: float) -> None:
        rig = self._rig(truck)
        pose = self._pose(rig, progress)
        cast(picture, self._camera, rig, pose, self._light)
        changed = draw_rig(picture, self._camera, rig, pose).grown(2, self._size)
        if not sensor.smear(picture, changed, self._shift(pose, changed)):
            sensor.soften(picture, changed, _LENS_BLUR)
        lamps.apply_gain(picture, self._gain)
        if self._look.lamps:
            lamps.add_glare(picture, self._camera, self._view, pose, rig.length)

    def _rig(self, truck: TruckLook) -> Rig:
        rig = self._rigs.pop(truck, None) or build(truck, self._view, self._look, self._size[0] / DESIGN_WIDTH)
        self._rigs[truck] = rig
        if len(self._rigs) > _KEPT:
            self._rigs.popitem(last=False)
        return rig

    def _pose(self, rig: Rig, progress: float) -> Pose:
        reference = rig.length if self._view is View.FRONT else 0.0
        return Pose(motion.place(self._view, rig.length, progress), reference)

    def _shift(self, pose: Pose, changed: Area) -> tuple[float, float]:
        """How many pixels the nearest end of the truck moves while the shutter is open."""
        if changed is NOWHERE or pose.place.speed <= 0:
            return 0.0, 0.0
        step = pose.place.speed * self._look.exposure_s
        local = np.array((0.0, 2.4, pose.reference))
        points = np.stack([pose.points(local), pose.points(local + np.array((0.0, 0.0, step)))])
        if self._camera.depths(points).min() < 4 * NEAR:
            return (2.0, 1.0) if self._view is not View.SIDE else (4.0, 0.0)
        first, second = self._camera.project(points)
        return float(second[0] - first[0]), float(second[1] - first[1])
