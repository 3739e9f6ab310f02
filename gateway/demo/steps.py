"""The steps of a scenario's script: one thing to do each, written as a mapping whose first key is the verb."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationInfo, field_validator

from gateway.demo.desk_visitor import How
from gateway.simulator.barrier import BarrierFault
from gateway.simulator.camera_faults import Fault as CameraFault

TruckName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
LaneRole = Literal["here", "next"]  # the lane of the scenario, and the one beside it
# A lane's, by what each does there. `barrier` is the module that opens it, `arm` the barrier itself, as its end switches show it.
Device = Literal["reader", "seals", "front", "rear", "side", "module", "barrier", "arm", "loop", "clock"]
Pluggable = Literal["reader", "seals", "front", "rear", "side", "module", "barrier"]
SealFault = Literal["forged", "replayed", "silent"]  # `replayed`: frames of yesterday
CAMERAS: Final = frozenset({"front", "rear", "side"})
MODULES: Final = frozenset({"module", "barrier"})
WAYS: Final[Mapping[str, frozenset[str]]] = {  # in which a device can go wrong; every other one: mute, garbage
    **dict.fromkeys(CAMERAS, frozenset(fault.value for fault in CameraFault) - {"none"}),
    **dict.fromkeys(MODULES, frozenset({"mute", "failing", "late", "garbage"})),
    "arm": frozenset(fault.value for fault in BarrierFault) - {"none"},
    "loop": frozenset(),  # the step `loop` says what it says
    "clock": frozenset(),  # it is set, not spoilt
}


class Part(BaseModel):
    """A piece of a scenario file: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Arrive(Part):
    """The truck drives onto the loop and stops. `seal_fault`: what its vehicle seal sends from the beginning."""

    arrive: TruckName
    lane: LaneRole = "here"
    seal_fault: SealFault | None = None


class Follow(Part):
    """The truck in the lane leaves, and this one follows so close that the loop never sees the gap."""

    follow: TruckName


class WaitForLight(Part):
    """The driver waits until the lane has its verdict; the light that he then sees must fit it."""

    wait_for_light: TruckName


class Leave(Part):
    leave: TruckName


class Reverse(Part):
    """The truck leaves the way it came."""

    reverse: TruckName


class Transmit(Part):
    """The truck's order reaches the platform now."""

    transmit: TruckName


class Seal(Part):
    """The truck's vehicle seal changes, or its frames do."""

    seal: TruckName
    inserted: bool | None = None
    locked: bool | None = None
    cable_cut: bool | None = None
    shell_opened: bool | None = None
    fault: SealFault | None = None


class Decide(Part):
    """A person at the gate's exception desk decides on the truck, which its lane has referred or stopped."""

    decide: TruckName
    how: How


class Unplug(Part):
    unplug: Pluggable


class PlugIn(Part):
    plug_in: Pluggable


class Spoil(Part):
    """A device stays on the network and goes wrong."""

    spoil: Device
    how: str
    late_s: float = Field(0.3, gt=0, le=30)

    @field_validator("how")
    @classmethod
    def _can_go_wrong_so(cls, how: str, info: ValidationInfo) -> str:
        device = info.data.get("spoil", "")
        ways = WAYS.get(device, frozenset({"mute", "garbage"}))
        if how not in ways:
            raise ValueError(f"{device} cannot {how}; it can: {', '.join(sorted(ways)) or 'nothing'}")
        return how


class Repair(Part):
    repair: Device


class AwaitLost(Part):
    """The gate's screen shows the device as out of order."""

    await_lost: Device


class AwaitBack(Part):
    """The gate's screen shows the device as out of order no more."""

    await_back: Device


class AwaitLight(Part):
    """The lane shows this light."""

    await_light: Literal["red", "amber", "green"]


class Loop(Part):
    """The loop says so by itself, whatever stands on it. `stuck`: it says occupied from now on, until it is `free`."""

    loop: Literal["occupied", "stuck", "free"]


class Key(Part):
    """Somebody at the lane turns the key that opens the barrier past it."""

    key: Literal["turned", "released"]


class AwaitPage(Part):
    """The lane's page on the gate's screen shows these words, in English."""

    await_page: str = Field(min_length=3, max_length=80)


class Flicker(Part):
    """The loop's contact bounces so many times: each time the gate sees it on once, and off when it looks again."""

    flicker: int = Field(ge=1, le=100)


class Clock(Part):
    """The gate PC's clock jumps to so many seconds ahead of the true time; negative: behind it."""

    clock_ahead_s: float = Field(ge=-10_000_000, le=10_000_000)


class Service(Part):
    """`kill` is a power cut; `start` brings it back and waits until it answers."""

    service: Literal["gate", "platform", "bluetoothd"]
    does: Literal["kill", "start"]


class Pause(Part):
    pause_s: float = Field(gt=0, le=60)


STEPS: Final[dict[str, type[Part]]] = {
    next(iter(step.model_fields)): step
    for step in (
        *(Arrive, Follow, WaitForLight, Leave, Reverse, Transmit, Seal, Decide),
        *(Unplug, PlugIn, Spoil, Repair, AwaitLost, AwaitBack, AwaitLight, AwaitPage, Loop, Key, Flicker, Clock, Service, Pause),
    )
}


def _kind(step: Any) -> str | None:
    """Which kind of step a mapping is: by the one key that names a verb."""
    if isinstance(step, BaseModel):
        return type(step).__name__
    verbs = [key for key in step if key in STEPS] if isinstance(step, Mapping) else []
    return STEPS[verbs[0]].__name__ if len(verbs) == 1 else None


Step = Annotated[
    Annotated[Arrive, Tag("Arrive")]
    | Annotated[Follow, Tag("Follow")]
    | Annotated[WaitForLight, Tag("WaitForLight")]
    | Annotated[Leave, Tag("Leave")]
    | Annotated[Reverse, Tag("Reverse")]
    | Annotated[Transmit, Tag("Transmit")]
    | Annotated[Seal, Tag("Seal")]
    | Annotated[Decide, Tag("Decide")]
    | Annotated[Unplug, Tag("Unplug")]
    | Annotated[PlugIn, Tag("PlugIn")]
    | Annotated[Spoil, Tag("Spoil")]
    | Annotated[Repair, Tag("Repair")]
    | Annotated[AwaitLost, Tag("AwaitLost")]
    | Annotated[AwaitBack, Tag("AwaitBack")]
    | Annotated[AwaitLight, Tag("AwaitLight")]
    | Annotated[Loop, Tag("Loop")]
    | Annotated[Key, Tag("Key")]
    | Annotated[AwaitPage, Tag("AwaitPage")]
    | Annotated[Flicker, Tag("Flicker")]
    | Annotated[Clock, Tag("Clock")]
    | Annotated[Service, Tag("Service")]
    | Annotated[Pause, Tag("Pause")],
    Discriminator(_kind, custom_error_type="step", custom_error_message=f"a step says one thing to do: {', '.join(STEPS)}"),
]


ON_DEVICES: Final = (Unplug, PlugIn, Spoil, Repair, AwaitLost, AwaitBack)


def truck_of(step: Part) -> str | None:
    """The truck that a step is about."""
    if isinstance(step, Arrive | Follow | WaitForLight | Leave | Reverse | Transmit | Seal | Decide):
        found: str = getattr(step, next(iter(type(step).model_fields)))
        return found
    return None
