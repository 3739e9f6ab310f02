"""Labelled pictures that are rendered: trucks at the cameras of the simulator, whose numbers are known because we painted them."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from bench.reading_measure.corpus import Picture, bare
from gateway.ocr.picture import encode_jpeg
from gateway.simulator.scene import Light, Scene, TruckLook, View, random_truck

SIZE: Final = (1280, 720)
STOP: Final = 0.5
AWAY: Final = 0.08  # of the passage: this far before the stop (front) or behind it (rear) a truck is still all in the picture
LAYOUTS: Final = {"plain": "plain", "split": "plain", "two_line": "two lines", "vertical": "vertical"}


def render(folder: Path, count: int, seed: int) -> Iterator[list[Picture]]:
    """Render so many pictures into a folder, one by one. Each is measured for containers, and for plates where it shows one.

    Every truck carries one box, so that nothing else is written on it; views and lights take turns.
    """
    scenes: dict[tuple[View, Light], Scene] = {}
    turns = [(view, light) for light in Light for view in View]
    for index in range(count):
        rng = Random(f"{seed}/{index}")
        view, light = turns[index % len(turns)]
        scene = scenes.setdefault((view, light), Scene(view, light, SIZE, seed))
        truck = random_truck(rng, boxes=1)
        path = folder / f"{index:05d}-{view}-{light}.jpg"
        path.write_bytes(encode_jpeg(scene.frame(truck, _progress(view, rng), index)))
        yield list(_labelled(path, truck, view))


def _progress(view: View, rng: Random) -> float:
    away = rng.uniform(0.0, AWAY)
    return {View.FRONT: STOP - away, View.REAR: STOP + away, View.SIDE: STOP}[view]


def _labelled(path: Path, truck: TruckLook, view: View) -> Iterator[Picture]:
    (box,) = truck.boxes
    yield Picture("containers", path, frozenset({box.number}), layout=_layout(box.layout, view))
    plate = {View.FRONT: truck.tractor_plate, View.REAR: truck.trailer_plate, View.SIDE: None}[view]
    if plate is not None:
        yield Picture("plates", path, frozenset({bare(plate)}))


def _layout(layout: str, view: View) -> str:
    """How the number stands in this view: the doors have no columns, and front walls choose for themselves."""
    if view is View.FRONT:
        return "front wall"
    return "plain" if view is View.REAR and layout == "vertical" else LAYOUTS[layout]
