"""Lettering, plates and motion: every character can be told apart, plates look like their series, trucks stop where they should."""

from importlib.resources import files
from itertools import combinations, pairwise
from typing import get_args

import numpy as np
import pytest

from gateway.simulator.scene import View
from gateway.simulator.scene.faces import Face, text_mask
from gateway.simulator.scene.motion import place
from gateway.simulator.scene.plates import plate_picture, style

FONTS = files("gateway.simulator").joinpath("fonts")
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@pytest.mark.parametrize("face", get_args(Face))
def test_every_face_draws_every_character_and_no_two_alike(face: Face) -> None:
    masks = {c: text_mask(c, face, 40) for c in CHARACTERS}
    assert all(mask.max() > 0.9 for mask in masks.values())
    for one, other in combinations(CHARACTERS, 2):
        assert masks[one].shape != masks[other].shape or np.abs(masks[one] - masks[other]).sum() > 5, (one, other)


def test_every_font_is_named_in_the_readme_with_its_licence_beside_it() -> None:
    readme = FONTS.joinpath("README.md").read_text(encoding="utf-8")
    names = [entry.name for entry in FONTS.iterdir()]
    rows = {line.split("`")[1]: line.split("`")[3] for line in readme.splitlines() if line.startswith("| `")}
    assert set(rows) == {name for name in names if name.endswith(".ttf")}
    for licence in rows.values():
        assert "SIL OPEN FONT LICENSE Version 1.1" in FONTS.joinpath(licence).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("plate", "separator", "green_ground", "width"),
    [
        ("KNA-2593", "·", True, 0.38),
        ("KLE-5056", "·", True, 0.38),
        ("KEB-1987", "·", False, 0.38),
        ("HAA-1235", "·", False, 0.38),
        ("HBA-1708", "·", True, 0.38),
        ("FJ-L2", "-", True, 0.32),
        ("123-HQ", "-", True, 0.32),
    ],
)
def test_a_plate_looks_like_its_series(plate: str, separator: str, green_ground: bool, width: float) -> None:
    look = style(plate)
    assert (look.separator, look.width) == (separator, width)
    picture = plate_picture(plate, 400, wear=0.2)
    rim = picture[6:10, 20:40].reshape(-1, 3).mean(axis=0)
    assert bool(rim[1] > 1.3 * rim[2]) is green_ground
    assert picture.shape[1] == round(width * 400)


@pytest.mark.parametrize("view", View)
def test_a_truck_moves_forward_all_the_time_and_stands_at_the_stop(view: View) -> None:
    way = [place(view, 15.0, step / 50) for step in range(51)]
    assert all(later.z >= earlier.z for earlier, later in pairwise(way))
    assert (way[25].x, way[25].z, way[25].speed) == (0.0, 0.0, 0.0)
    assert way[5].speed > 2
