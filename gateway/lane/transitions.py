"""The states of a lane and every transition between them, as a table. Everything that moves a lane's state stands here.

A trigger that the table does not name for a state changes nothing.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    IDLE = "idle"  # nobody there; red, barrier closed
    READING = "reading"  # a vehicle is there, evidence is gathered; amber
    COMMITTING = "committing"  # decided; the record is being stored; still amber
    UNSTORED = "unstored"  # decided, but the store refuses; red until it takes the record
    PASSED = "passed"  # stored and released; green, barrier pulsed
    REFERRED = "referred"  # stored; amber, waits for a person
    STOPPED = "stopped"  # stored; red
    RULING_COMMITTING = "ruling_committing"  # a person has decided; that is being stored
    RULING_UNSTORED = "ruling_unstored"  # a person has decided, but the store refuses; red until it takes the record
    RELEASED = "released"  # a person's approval is stored; green, barrier pulsed
    REFUSED = "refused"  # a person's refusal is stored; red
    LAPSED = "lapsed"  # the green was not used in time, or the lamps were lost; red, waits for a person
    WITHDRAWING = "withdrawing"  # something was seen that takes the release back; red, that is being stored
    LEFT_COMMITTING = "left_committing"  # the vehicle left before its record was stored


class Trigger(StrEnum):
    ARRIVED = "arrived"  # a vehicle is there
    DECIDED = "decided"  # the evidence is enough, or patience ended
    LEFT = "left"  # the vehicle is gone
    STORED_PASS = "stored_pass"
    STORED_REFER = "stored_refer"
    STORED_STOP = "stored_stop"
    STORE_REFUSED = "store_refused"
    RULED = "ruled"  # an identified person decided what the lane could not, or would not
    STORED_APPROVAL = "stored_approval"
    STORED_REFUSAL = "stored_refusal"
    GREEN_ENDED = "green_ended"  # nobody left on it in time, or the lamps no longer obey
    WITHDRAWN = "withdrawn"  # a seal was opened, or a box appeared, after the release
    STORED_WITHDRAWAL = "stored_withdrawal"
    FOLLOWED = "followed"  # another vehicle stands there, though the loop saw no gap


TRANSITIONS: Final[dict[State, dict[Trigger, State]]] = {
    State.IDLE: {Trigger.ARRIVED: State.READING},
    State.READING: {
        Trigger.DECIDED: State.COMMITTING,
        Trigger.LEFT: State.LEFT_COMMITTING,
    },
    State.COMMITTING: {
        Trigger.STORED_PASS: State.PASSED,
        Trigger.STORED_REFER: State.REFERRED,
        Trigger.STORED_STOP: State.STOPPED,
        Trigger.STORE_REFUSED: State.UNSTORED,
        Trigger.WITHDRAWN: State.WITHDRAWING,
        Trigger.FOLLOWED: State.IDLE,
        Trigger.LEFT: State.LEFT_COMMITTING,
    },
    State.UNSTORED: {
        Trigger.STORED_PASS: State.PASSED,
        Trigger.STORED_REFER: State.REFERRED,
        Trigger.STORED_STOP: State.STOPPED,
        Trigger.WITHDRAWN: State.WITHDRAWING,
        Trigger.FOLLOWED: State.IDLE,
        Trigger.LEFT: State.LEFT_COMMITTING,
    },
    State.PASSED: {
        Trigger.GREEN_ENDED: State.LAPSED,
        Trigger.WITHDRAWN: State.WITHDRAWING,
        Trigger.FOLLOWED: State.IDLE,
        Trigger.LEFT: State.IDLE,
    },
    State.REFERRED: {Trigger.RULED: State.RULING_COMMITTING, Trigger.LEFT: State.IDLE},
    State.STOPPED: {Trigger.RULED: State.RULING_COMMITTING, Trigger.LEFT: State.IDLE},
    State.RULING_COMMITTING: {
        Trigger.STORED_APPROVAL: State.RELEASED,
        Trigger.STORED_REFUSAL: State.REFUSED,
        Trigger.STORE_REFUSED: State.RULING_UNSTORED,
        Trigger.WITHDRAWN: State.WITHDRAWING,
        Trigger.FOLLOWED: State.IDLE,
        Trigger.LEFT: State.LEFT_COMMITTING,
    },
    State.RULING_UNSTORED: {
        Trigger.STORED_APPROVAL: State.RELEASED,
        Trigger.STORED_REFUSAL: State.REFUSED,
        Trigger.WITHDRAWN: State.WITHDRAWING,
        Trigger.FOLLOWED: State.IDLE,
        Trigger.LEFT: State.LEFT_COMMITTING,
    },
    State.RELEASED: {
        Trigger.GREEN_ENDED: State.LAPSED,
        Trigger.WITHDRAWN: State.WITHDRAWING,
        Trigger.FOLLOWED: State.IDLE,
        Trigger.LEFT: State.IDLE,
    },
    State.REFUSED: {Trigger.LEFT: State.IDLE},
    State.LAPSED: {Trigger.RULED: State.RULING_COMMITTING, Trigger.LEFT: State.IDLE},
    State.WITHDRAWING: {Trigger.STORED_WITHDRAWAL: State.STOPPED, Trigger.LEFT: State.LEFT_COMMITTING},
    State.LEFT_COMMITTING: {
        Trigger.STORED_PASS: State.IDLE,
        Trigger.STORED_REFER: State.IDLE,
        Trigger.STORED_STOP: State.IDLE,
        Trigger.STORED_APPROVAL: State.IDLE,
        Trigger.STORED_REFUSAL: State.IDLE,
        Trigger.STORED_WITHDRAWAL: State.IDLE,
    },
}


class LightColour(StrEnum):
    RED = "red"
    AMBER = "amber"
    GREEN = "green"


LIGHTS: Final[dict[State, LightColour]] = {
    State.IDLE: LightColour.RED,
    State.READING: LightColour.AMBER,
    State.COMMITTING: LightColour.AMBER,
    State.UNSTORED: LightColour.RED,
    State.PASSED: LightColour.GREEN,
    State.REFERRED: LightColour.AMBER,
    State.STOPPED: LightColour.RED,
    State.RULING_COMMITTING: LightColour.AMBER,
    State.RULING_UNSTORED: LightColour.RED,
    State.RELEASED: LightColour.GREEN,
    State.REFUSED: LightColour.RED,
    State.LAPSED: LightColour.RED,
    State.WITHDRAWING: LightColour.RED,
    State.LEFT_COMMITTING: LightColour.RED,
}


GREEN: Final = frozenset(state for state, colour in LIGHTS.items() if colour is LightColour.GREEN)


def diagram() -> str:
    """The table as a Mermaid state diagram; `docs/lane.md` holds its output, and a test compares the two."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.IDLE}"]
    for state, row in TRANSITIONS.items():
        lines += [f"    {state} --> {target} : {trigger}" for trigger, target in row.items()]
    lines += [f"    note right of {state}\n        {colour}\n    end note" for state, colour in LIGHTS.items()]
    return "\n".join(lines) + "\n"
