"""The desk's work: who it is, what was decided, and handing it to the lane, which takes one ruling for each passage."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from gateway.display.desk.own_form import OwnForm
from gateway.display.desk.sign_in import Proven, SignIn
from gateway.display.desk.staff import Role
from gateway.display.errors import LockedOutError, NotProvenError, StaffFileError
from gateway.lane.rulings import RulingAnswer
from gateway.look.forms import Problem, Typed
from gateway.look.i18n import _
from gateway.look.ruling_form import Checked
from gateway.model import container_number, plate
from gateway.model.clock import Clock
from gateway.model.observation import Ruling
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from gateway.store.errors import StoreError

# What a lane answers to a ruling that it does not take, as people read it.
ANSWERS: Final = {
    RulingAnswer.NO_SUCH_PASSAGE: _("This vehicle has left the lane."),
    RulingAnswer.NOT_WAITING: _("The lane does not wait for a person now."),
    RulingAnswer.ALREADY_RULED: _("Somebody else has decided already."),
    RulingAnswer.EXPIRED: _("This came too late: decide again."),
    RulingAnswer.NOT_ALLOWED: _("What the lane stopped, a supervisor releases."),
    RulingAnswer.OUT_OF_SERVICE: _("The lane is out of service."),
}

Rule = Callable[[str, Ruling], Awaitable[RulingAnswer]]  # takes a lane's name and a ruling

log = logging.getLogger(__name__)


class Orders(Protocol):
    """The gate's cached orders. Raises StoreError."""

    async def find(
        self, containers: Sequence[str], plates: Sequence[str], driving_licences: Sequence[str]
    ) -> tuple[TransportOrder, ...]: ...

    async def numbered(self, order_number: str) -> TransportOrder | None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk needs. `valid`: for how long a ruling may be carried out."""

    sign_in: SignIn
    own_form: OwnForm
    rule: Rule
    orders: Orders
    clock: Clock
    valid: timedelta = timedelta(seconds=60)

    async def decide(self, lane: str, passage: Passage, typed: Typed, checked: Checked) -> Problem | None:
        """Prove the person and hand the ruling to the lane; None once the lane has taken it, else what is in the way."""
        try:
            proven = await self.sign_in.prove(typed.of("staff_id"), typed.secret("pin"), typed.secret("badge"))
        except LockedOutError as error:
            return ("locked", f"{max(1, round(error.wait_s))}")
        except NotProvenError:
            return (
                ("badge", _("This is no badge of the gate's staff."))
                if typed.secret("badge")
                else ("pin", _("Staff number and PIN do not fit."))
            )
        except StaffFileError as error:
            log.error("desk: %s", error)
            return ("staff_id", _("The gate's staff file cannot be used: call the site engineer."))
        may_release_stopped = proven.person.role is Role.SUPERVISOR
        stopped = passage.verdict is not None and passage.verdict.outcome is Outcome.STOP
        if checked.approved and stopped and not may_release_stopped:
            log.warning("desk: lane %s passage %s: %s may not release it", lane, passage.passage_id, proven.person.called)
            return ("decision", ANSWERS[RulingAnswer.NOT_ALLOWED])
        ruling = self._ruling(passage, checked, proven, may_release_stopped)
        answer = await self.rule(lane, ruling)
        _audit(lane, ruling, answer)
        return None if answer is RulingAnswer.TAKEN else ("decision", ANSWERS[answer])

    def _ruling(self, passage: Passage, checked: Checked, proven: Proven, may_release_stopped: bool) -> Ruling:
        now = self.clock()
        return Ruling(
            device="desk",
            at=now,
            passage_id=passage.passage_id,
            approved=checked.approved,
            person=proven.person.called,
            proof=proven.proof,
            may_release_stopped=may_release_stopped,
            reason=checked.reason,
            order=checked.order,
            corrections=checked.corrections,
            expires_at=now + self.valid,
        )

    async def look_up(self, checked: Checked) -> tuple[TransportOrder, ...]:
        """Orders that name a corrected number, and the one whose own number was typed; none where the cache cannot be read."""
        corrected = checked.corrections
        boxes = [container_number.normalise(one.corrected) for one in corrected if one.subject == "container"]
        plates = [plate.normalise(one.corrected) for one in corrected if one.subject == "plate"]
        try:
            found = await self.orders.find(boxes, plates, ())
            numbered = await self.orders.numbered(checked.order) if checked.order else None
        except StoreError as error:
            log.error("desk: the order cache cannot be read: %s", error)
            return ()
        return (*found, numbered) if numbered else found


def _audit(lane: str, ruling: Ruling, answer: RulingAnswer) -> None:
    """One line for every act of a person."""
    log.info(
        "desk: lane %s passage %s %s by %s (%s): %s; %s",
        lane,
        ruling.passage_id,
        "approved" if ruling.approved else "refused",
        ruling.person,
        ruling.proof,
        " ".join(f"{one.subject} {one.read or '-'} is {one.corrected}" for one in ruling.corrections) or "nothing corrected",
        answer,
    )
