"""What the screen shows, drawn from a lane's machine and from the site."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from gateway.display.view import LaneView
from gateway.lane.machine import LaneMachine
from gateway.lane.transitions import LIGHTS, State
from gateway.look.marks import Mark
from gateway.model.clock import Clock
from gateway.model.passage import Passage
from gateway.model.reasons import Reason
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome, Verdict
from gateway.seal_reader.alarms import SealAlarm
from gateway.site.lane_file import LaneConfig

MARKS: Final[dict[State, Mark]] = {
    State.IDLE: Mark.IDLE,
    State.READING: Mark.BUSY,
    State.COMMITTING: Mark.BUSY,
    State.UNSTORED: Mark.STOP,
    State.PASSED: Mark.PASS,
    State.REFERRED: Mark.REFER,
    State.STOPPED: Mark.STOP,
    State.RULING_COMMITTING: Mark.BUSY,
    State.RULING_UNSTORED: Mark.STOP,
    State.RELEASED: Mark.PASS,
    State.REFUSED: Mark.STOP,
    State.LAPSED: Mark.STOP,
    State.WITHDRAWING: Mark.STOP,
    State.LEFT_COMMITTING: Mark.BUSY,
}


def lane_view(
    config: LaneConfig,
    machine: LaneMachine,
    lost_devices: tuple[str, ...],
    seal_alarms: tuple[SealAlarm, ...],
    clock: Clock,
    attended_by: Callable[[str], str] = lambda _: "",
) -> LaneView:
    """The lane as it stands, and why: while the store refuses a record, and once a release was taken back or not used, the
    verdict on record is not what the screen must say."""
    passage = machine.passage
    now = clock()
    verdict = _said_instead(machine.state, passage, now) if passage else None
    if passage and verdict:
        passage = passage.model_copy(update={"verdict": verdict})
    return LaneView(
        lane=config.name,
        title_zh=config.title.zh_TW,
        title_en=config.title.en,
        mark=MARKS[machine.state],
        light=LIGHTS[machine.state].value,
        passage=passage,
        orders=_orders(machine, passage),
        lost_devices=lost_devices,
        seal_alarms=seal_alarms,
        attended_by=attended_by(passage.passage_id) if passage else "",
        updated_at=now,
    )


def _said_instead(state: State, passage: Passage, now: datetime) -> Verdict | None:
    if state in {State.UNSTORED, State.RULING_UNSTORED}:
        return Verdict(outcome=Outcome.STOP, reasons=(Reason.STORE_FULL,), checks=(), orders=(), decided_at=now)
    if state in {State.WITHDRAWING, State.STOPPED} and passage.withdrawn:
        return passage.withdrawn.model_copy(update={"outcome": Outcome.STOP})
    if state is State.LAPSED and passage.verdict:
        return passage.verdict.model_copy(update={"outcome": Outcome.STOP, "reasons": (Reason.GREEN_ENDED,)})
    return None


def _orders(machine: LaneMachine, passage: Passage | None) -> tuple[TransportOrder, ...]:
    """The orders that the verdict names, or would name now."""
    verdict = (passage.verdict if passage else None) or (machine.decision.verdict if machine.decision else None)
    if verdict is None or machine.evidence is None:
        return ()
    return tuple(order for order in machine.evidence.orders if order.order_number in verdict.orders)
