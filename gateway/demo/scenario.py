"""A scenario: trucks, what happens to them and to the devices, and what the gate must make of it. Written as YAML.

Every scenario is held to more than it says: a green light and one pulse of the barrier for each `PASS` and for nothing else, as
many passages as it names, no device shown out of order but those, and all of them working again at the end.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from gateway.model.reasons import Reason
from gateway.model.verdict import Outcome
from gateway.simulator.camera_server import Fault as CameraFault
from gateway.simulator.scene import Light
from gateway.simulator.visits import SPOILS
from gateway.site.checked_yaml import CheckedYamlError, load_checked

SHIPPED: Final = Path(__file__).parent / "scenarios"

TruckName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
LaneRole = Literal["here", "next"]  # the lane of the scenario, and the one beside it
Device = Literal["reader", "seals", "front", "rear", "side", "module", "barrier", "clock"]  # a lane's, by what it does there
MOST_TRUCKS: Final = 5  # orders have room for a thousand a day
CAMERAS: Final = frozenset({"front", "rear", "side"})
MODULES: Final = frozenset({"module", "barrier"})

Need = Literal["bridge", "adapter"]  # seals heard through a bridge elsewhere, or an adapter of the gate PC
SealFault = Literal["forged", "replayed", "silent"]  # `replayed`: frames of yesterday

Unseen = Literal["green", "amber", "barrier"]


class Part(BaseModel):
    """A piece of a scenario file: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Title(Part):
    zh_TW: str = Field(min_length=1, max_length=60)  # noqa: N815 — a language tag
    en: str = Field(min_length=1, max_length=80)


class Truck(Part):
    """Everything about it is in order, but for `but`."""

    boxes: int = Field(1, ge=0, le=2)
    light: Light = Light.DAY
    but: tuple[str, ...] = Field((), description="What is wrong with it, by the names of `SPOILS`")
    order_late: bool = Field(False, description="Its order is not transmitted before a step `transmit`")
    heard_next_door_db: int | None = Field(
        None, ge=-40, le=60, description="The lane beside it hears its tags and seals, too: so many dB more weakly"
    )

    @field_validator("but")
    @classmethod
    def _known(cls, but: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(but) - set(SPOILS))
        if unknown:
            raise ValueError(f"no {unknown[0]!r}; there are: {', '.join(sorted(SPOILS))}")
        return but


# Steps ---------------------------------------------------------------------------------------------------------------


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


class Unplug(Part):
    unplug: Device


class PlugIn(Part):
    plug_in: Device


class Spoil(Part):
    """A device stays on the network and goes wrong."""

    spoil: Device
    how: Literal["freeze", "mute", "refuse", "truncate", "drop", "failing", "late", "garbage"]
    late_s: float = Field(0.3, gt=0, le=30)

    @field_validator("how")
    @classmethod
    def _can_go_wrong_so(cls, how: str, info: ValidationInfo) -> str:
        device, ways = info.data.get("spoil", ""), {"mute", "garbage"}
        if device in CAMERAS:
            ways = {fault.value for fault in CameraFault} - {"none"}
        elif device in MODULES:
            ways = {"mute", "failing", "late"}
        if how not in ways:
            raise ValueError(f"{device} cannot {how}; it can: {', '.join(sorted(ways))}")
        return how


class Repair(Part):
    repair: Device


class AwaitLost(Part):
    """The gate's screen shows the device as out of order."""

    await_lost: Device


class AwaitBack(Part):
    """The gate's screen shows the device as out of order no more."""

    await_back: Device


class Loop(Part):
    """The loop says so by itself, whatever stands on it."""

    loop: Literal["occupied", "free"]


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
        *(Arrive, Follow, WaitForLight, Leave, Reverse, Transmit, Seal),
        *(Unplug, PlugIn, Spoil, Repair, AwaitLost, AwaitBack, Loop, Flicker, Clock, Service, Pause),
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
    | Annotated[Unplug, Tag("Unplug")]
    | Annotated[PlugIn, Tag("PlugIn")]
    | Annotated[Spoil, Tag("Spoil")]
    | Annotated[Repair, Tag("Repair")]
    | Annotated[AwaitLost, Tag("AwaitLost")]
    | Annotated[AwaitBack, Tag("AwaitBack")]
    | Annotated[Loop, Tag("Loop")]
    | Annotated[Flicker, Tag("Flicker")]
    | Annotated[Clock, Tag("Clock")]
    | Annotated[Service, Tag("Service")]
    | Annotated[Pause, Tag("Pause")],
    Discriminator(_kind, custom_error_type="step", custom_error_message=f"a step says one thing to do: {', '.join(STEPS)}"),
]


# What must come of it ------------------------------------------------------------------------------------------------


class ExpectedPassage(Part):
    truck: TruckName | None = Field(None, description="Whose it is; None: nobody's, the loop was wrong")
    outcome: Outcome
    reasons: frozenset[Reason] = frozenset()
    lane: LaneRole = "here"


class Expected(Part):
    passages: tuple[ExpectedPassage, ...] = Field(description="In the order of their verdicts, lane by lane")
    lost: frozenset[Device] = Field(frozenset(), description="Devices that the screen shows as out of order at some time")
    greens: int | None = Field(None, ge=0, description="How often the light turns green here; otherwise once for each PASS")
    pulses: int | None = Field(None, ge=0, description="How often the barrier is opened here; otherwise once for each PASS")
    never: frozenset[Unseen] = Field(frozenset(), description="Lights that never show and a barrier that never opens, here")


class Scenario(Part):
    title: Title
    why: str = Field("", max_length=1000, description="What it is about, for those who read it")
    needs: frozenset[Need] = Field(frozenset(), description="What the lane must have beside the devices that the script names")
    trucks: dict[TruckName, Truck] = Field({}, max_length=MOST_TRUCKS)
    script: tuple[Step, ...] = Field(min_length=1)
    expect: Expected
    gap: str = Field("", max_length=600, description="Why what is expected is not what should come of it: a known gap")

    @model_validator(mode="after")
    def _hangs_together(self) -> "Scenario":
        standing: dict[str, str] = {}
        for number, step in enumerate(self.script):
            problem = self._problem(step, standing)
            if problem:
                raise ValueError(f"script.{number}: {problem}")
        if standing:
            raise ValueError(f"script: {next(iter(standing))!r} never leaves")
        strangers = [found.truck for found in self.expect.passages if found.truck and found.truck not in self.trucks]
        if strangers:
            raise ValueError(f"expect.passages: no truck {strangers[0]!r}; there are: {', '.join(self.trucks)}")
        return self

    def _problem(self, step: Part, standing: dict[str, str]) -> str:
        """What is wrong with a step, given which trucks stand in which lane; moves them on."""
        name = _truck_of(step)
        if name is not None and name not in self.trucks:
            return f"no truck {name!r}; there are: {', '.join(self.trucks)}"
        if isinstance(step, Arrive | Follow):
            lane = step.lane if isinstance(step, Arrive) else "here"
            if isinstance(step, Follow):
                ahead = [other for other, where in standing.items() if where == lane]
                if not ahead:
                    return f"{name!r} has nobody to follow"
                del standing[ahead[0]]
            if lane in standing.values():
                return f"{name!r} arrives in a lane where another truck stands"
            standing[str(name)] = lane
        elif isinstance(step, WaitForLight | Leave | Reverse | Seal):
            if name not in standing:
                return f"{name!r} is in no lane"
            if isinstance(step, Leave | Reverse):
                del standing[str(name)]
        return ""

    # What it needs ---------------------------------------------------------------------------------------------------

    @property
    def lanes(self) -> int:
        beside = any(isinstance(step, Arrive) and step.lane == "next" for step in self.script)
        return 2 if beside or any(truck.heard_next_door_db is not None for truck in self.trucks.values()) else 1

    @property
    def devices(self) -> frozenset[Device]:
        """Devices that the script lays hands on or asks about."""
        steps = (getattr(step, next(iter(type(step).model_fields))) for step in self.script if isinstance(step, _ON_DEVICES))
        return frozenset(steps) | self.expect.lost

    @property
    def needs_our_gate(self) -> bool:
        """Only where the bench has started the gate itself can it kill it, or set its clock."""
        return any(isinstance(step, Clock) or (isinstance(step, Service) and step.service == "gate") for step in self.script)

    @property
    def stands_alone(self) -> bool:
        """Whether other lanes would notice: then nothing else runs meanwhile."""
        return (
            self.lanes > 1
            or bool(self.devices)
            or bool(self.needs)
            or any(isinstance(step, Clock | Service) for step in self.script)
        )


_ON_DEVICES: Final = (Unplug, PlugIn, Spoil, Repair, AwaitLost, AwaitBack)


def _truck_of(step: Part) -> str | None:
    if isinstance(step, Arrive | Follow | WaitForLight | Leave | Reverse | Transmit | Seal):
        found: str = getattr(step, next(iter(type(step).model_fields)))
        return found
    return None


# Files ---------------------------------------------------------------------------------------------------------------


def shipped_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load_scenario(name: str) -> tuple[str, Scenario]:
    """A shipped scenario by its name, or any by its file; with its name. Raises CheckedYamlError."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else SHIPPED / f"{name}.yaml"
    if path.parent == SHIPPED and path.stem not in shipped_names():
        raise CheckedYamlError((f"no scenario {name!r}; `gateway simulate --list` names those that there are",))
    return path.stem, load_checked(path, Scenario, "scenario")


def serial_of(name: str, place: int) -> int:
    """Where the numbers of a scenario's people, seals and orders begin. Those that are shipped have their own, so that they
    repeat exactly; others have them by their `place` in the run."""
    names = shipped_names()
    return (names.index(name) if name in names else len(names) + place) * MOST_TRUCKS + 1
