"""Pictures of simulated trucks as the cameras of a gate lane see them: seeded, repeatable, and hard enough to read."""

from gateway.simulator.scene.errors import FrameError, LookError, SceneError
from gateway.simulator.scene.looks import BoxLook, Colour, Layout, Light, SealLook, TruckLook, View
from gateway.simulator.scene.random_truck import (
    OWNERS,
    Owner,
    random_box,
    random_container_number,
    random_tractor_plate,
    random_trailer_plate,
    random_truck,
)
from gateway.simulator.scene.scene import Scene

__all__ = [
    "OWNERS",
    "BoxLook",
    "Colour",
    "FrameError",
    "Layout",
    "Light",
    "LookError",
    "Owner",
    "Scene",
    "SceneError",
    "SealLook",
    "TruckLook",
    "View",
    "random_box",
    "random_container_number",
    "random_tractor_plate",
    "random_trailer_plate",
    "random_truck",
]
