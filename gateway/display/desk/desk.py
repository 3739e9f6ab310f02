"""The desk's work: who it is, what was decided, and handing it to the lane. One ruling for each passage, whoever is first."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from gateway.display.desk.form import Checked, Problem, Typed
from gateway.display.desk.own_form import OwnForm
from gateway.display.desk.sign_in import Proven, SignIn
from gateway.display.desk.staff import Role
from gateway.display.errors import LockedOutError, NotProvenError, StaffFileError
from gateway.look.i18n import _
from gateway.model import container_number, plate
from gateway.model.clock import Clock
from gateway.model.observation import Ruling
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from gateway.store.errors import StoreError

TAKEN: Final = "taken"
# What a lane answers to a ruling that it does not take (`gateway.lane.rulings`), as people read it.
ANSWERS: Final = {
    "no_such_passage": _("This vehicle has left the lane."),
    "not_waiting": _("The lane does not wait for a person now."),
    "already_ruled": _("Somebody else has decided already."),
    "expired": _("This came too late: decide again."),
    "not_allowed": _("What the lane stopped, a supervisor releases."),
    "out_of_service": _("The lane is out of service."),
}
NOT_TAKEN: Final = _("The lane did not take the decision.")

Rule = Callable[[str, Ruling], Awaitable[str]]  # a lane's name and a ruling; gives TAKEN or one of ANSWERS

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
            proven = await self.sign_in.prove(typed.of("staff_id"), typed.pin, typed.badge)
        except LockedOutError as error:
            return ("locked", f"{max(1, round(error.wait_s))}")
        except NotProvenError:
            return (
                ("badge", _("This is no badge of the gate's staff."))
                if typed.badge
                else ("pin", _("Staff number and PIN do not fit."))
            )
        except StaffFileError as error:
            log.error("desk: %s", error)
            return ("staff_id", _("The gate's staff file cannot be used: call the site engineer."))
        may_release_stopped = proven.person.role is Role.SUPERVISOR
        stopped = passage.verdict is not None and passage.verdict.outcome is Outcome.STOP
        if checked.approved and stopped and not may_release_stopped:
            log.warning("desk: lane %s passage %s: %s may not release it", lane, passage.passage_id, proven.person.called)
            return ("decision", ANSWERS["not_allowed"])
        ruling = self._ruling(passage, checked, proven, may_release_stopped)
        answer = await self.rule(lane, ruling)
        _audit(lane, ruling, answer)
        return None if answer == TAKEN else ("decision", ANSWERS.get(answer, NOT_TAKEN))

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


class OncePerPassage:
    """Between the desk and the lanes: of two people who decide at once, the second is told so."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._turns: dict[str, asyncio.Lock] = {}
        self._ruled: dict[str, str] = {}  # by lane: the passage whose ruling it took last

    async def __call__(self, lane: str, ruling: Ruling) -> str:
        async with self._turns.setdefault(lane, asyncio.Lock()):
            if self._ruled.get(lane) == ruling.passage_id:
                return "already_ruled"
            answer = await self._rule(lane, ruling)
            if answer == TAKEN:
                self._ruled[lane] = ruling.passage_id
            return answer


def _audit(lane: str, ruling: Ruling, answer: str) -> None:
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
