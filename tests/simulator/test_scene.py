"""A scene's frames: repeatable, of the right size, with the truck in them when it should be, and lettering large enough to read."""

import numpy as np
import pytest

from gateway.simulator.scene import BoxLook, FrameError, Light, Scene, TruckLook, View

BOX = BoxLook("TEMU9221353", "45R1", 40, (122, 50, 40), wear=0.3, company="TERRA")
TRUCK = TruckLook("KNA-2593", "HBA-1708", (BOX,), seals=("passive_e_seal", "vehicle_seal"), seed=5)
SIZE = (640, 360)


@pytest.mark.parametrize("view", View)
def test_equal_inputs_give_equal_frames_and_another_noise_seed_another_frame(view: View) -> None:
    first = Scene(view, Light.DAY, SIZE, seed=3).frame(TRUCK, 0.4, noise_seed=7)
    again = Scene(view, Light.DAY, SIZE, seed=3)
    assert np.array_equal(first, again.frame(TRUCK, 0.4, noise_seed=7))
    assert not np.array_equal(first, again.frame(TRUCK, 0.4, noise_seed=8))
    assert first.shape == (360, 640, 3)
    assert first.dtype == np.uint8


def test_a_scene_too_small_to_show_anything_is_refused() -> None:
    with pytest.raises(FrameError, match="10×10"):
        Scene(View.REAR, Light.DAY, (10, 10))
