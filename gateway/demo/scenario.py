"""A scenario: trucks, what happens to them and to the devices, and what the gate must make of it. Written as YAML.

Every scenario is held to more than it says: a green light and one pulse of the barrier for each `PASS` and for nothing else, as
many passages as it names, no device shown out of order but those, and all of them working again at the end.
"""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from gateway.demo.desk_visitor import How
from gateway.demo.steps import (
    ON_DEVICES,
    Arrive,
    Clock,
    Decide,
    Device,
    Follow,
    LaneRole,
    Leave,
    Part,
    Reverse,
    Seal,
    Service,
    Step,
    TruckName,
    WaitForLight,
    truck_of,
)
from gateway.model.reasons import Reason
from gateway.model.verdict import Outcome
from gateway.simulator.scene import Light
from gateway.simulator.visits import SPOILS
from gateway.site.checked_yaml import CheckedYamlError, load_checked

SHIPPED: Final = Path(__file__).parent / "scenarios"

MOST_TRUCKS: Final = 5  # orders have room for a thousand a day

# Seals heard through a bridge elsewhere, or an adapter of the gate PC; a loop's module on a serial line; cameras over RTSP; and
# placards, on which a front camera sees no box: a rendered one does, so there no box stays unread for want of the rear camera.
Need = Literal["bridge", "adapter", "serial_module", "rtsp", "placards", "key_switch"]

Unseen = Literal["green", "amber", "barrier"]


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


# What must come of it ------------------------------------------------------------------------------------------------


class ExpectedPassage(Part):
    truck: TruckName | None = Field(None, description="Whose it is; None: nobody's, the loop was wrong")
    outcome: Outcome
    reasons: frozenset[Reason] = frozenset()
    lane: LaneRole = "here"
    ruling: How | None = Field(None, description="What a person decides, and the platform is told")
    by_hand: bool = Field(False, description="The barrier is opened by hand meanwhile, and the platform told, with pictures")
    taken_back: bool = Field(False, description="The lane takes its green back while the vehicle is still there")


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
        name = truck_of(step)
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
        elif isinstance(step, WaitForLight | Leave | Reverse | Seal | Decide):
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
        steps = (getattr(step, next(iter(type(step).model_fields))) for step in self.script if isinstance(step, ON_DEVICES))
        return frozenset(steps) | self.expect.lost

    @property
    def needs_our_gate(self) -> bool:
        """Only where the bench has started the gate itself can it kill it, or set its clock."""
        return any(isinstance(step, Clock) or (isinstance(step, Service) and step.service == "gate") for step in self.script)

    @property
    def needs_desk(self) -> bool:
        return any(isinstance(step, Decide) for step in self.script)

    @property
    def stands_alone(self) -> bool:
        """Whether other lanes would notice: then nothing else runs meanwhile."""
        return (
            self.lanes > 1
            or bool(self.devices)
            or bool(self.needs)
            or any(isinstance(step, Clock | Service) for step in self.script)
        )


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
