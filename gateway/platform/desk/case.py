"""One case of the desk: what waits, who has it, what its record says, and the numbers and orders of the form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection

from gateway.look.claims import box_claims
from gateway.look.ruling_form import NumberField, Shot, container_field, plate_field
from gateway.model.answer import ContainerAnswer, PlateAnswer, PlateRole
from gateway.model.observation import Correction
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import CheckResult, Subject
from gateway.platform.accounts.store import Account
from gateway.platform.desk import store
from gateway.platform.desk.store import Claim, Ruled
from gateway.platform.desk.waiting import Waiting
from gateway.platform.lanes import confirmation_store, picture_store
from gateway.platform.lanes.passage_view import Passage, pictures_named
from gateway.platform.orders import store as orders

MOST_ORDERS: Final = 12  # to pick from
Stage = Literal["gone", "open", "mine", "taken", "sent", "answered"]


@dataclass(frozen=True, slots=True)
class Case:
    """`waiting` None: nothing waits (any more). `passage` None: its record has not arrived yet."""

    gate: str
    passage_id: str
    waiting: Waiting | None
    claim: Claim | None
    ruled: Ruled | None
    passage: Passage | None

    def stage(self, account: Account) -> Stage:
        """What this person sees of it: his own case is a form, another's is not, and what is decided waits for the lane."""
        if self.ruled and self.ruled.answer == "taken":
            return "answered"
        if self.ruled and not self.ruled.over:
            return "sent"
        if self.waiting is None:
            return "gone"
        if self.claim is None:
            return "open"
        return "mine" if self.claim.login == account.login else "taken"

    @property
    def address(self) -> str:
        return f"/desk/{self.gate}/{self.passage_id}"


def load(connection: Connection, gate: str, passage_id: str, waiting: Waiting | None, now: datetime) -> Case:
    return Case(
        gate,
        passage_id,
        waiting,
        store.claim_of(connection, gate, passage_id, now),
        store.ruled(connection, gate, passage_id, now),
        _passage(connection, gate, passage_id),
    )


def load_all(connection: Connection, room: tuple[Waiting, ...], now: datetime) -> tuple[Case, ...]:
    return tuple(load(connection, one.gate, one.lane.passage_id, one, now) for one in room)


def _passage(connection: Connection, gate: str, passage_id: str) -> Passage | None:
    state = confirmation_store.latest_of(connection, gate, passage_id)
    if state is None:
        return None
    return Passage(state, picture_store.sizes(connection, pictures_named(state.confirmation)))


def number_fields(passage: Passage) -> tuple[NumberField, ...]:
    """Boxes in their order, then the tractor's plate, then the trailer's where one was read."""
    checks, answer = passage.confirmation.verdict.checks, passage.confirmation.answer
    fields = [
        container_field(place, claim.answer, claim.expected, _shot(passage, claim.answer))
        for place, claim in enumerate(box_claims(answer.containers, checks))
    ]
    if not fields:
        fields.append(container_field(0, None, "", None))
    tractor = answer.plate(PlateRole.TRACTOR) or answer.plate(PlateRole.UNKNOWN)
    wrong = (check for check in checks if check.subject is Subject.PLATE and check.result is not CheckResult.OK)
    expected = next((check.expected for check in wrong), "")
    fields.append(plate_field(PlateRole.TRACTOR, tractor, expected, _shot(passage, tractor)))
    trailer = answer.plate(PlateRole.TRAILER)
    return (*fields, *([plate_field(PlateRole.TRAILER, trailer, "", _shot(passage, trailer))] if trailer else []))


def _shot(passage: Passage, answer: ContainerAnswer | PlateAnswer | None) -> Shot | None:
    """The best sight of which a picture has arrived."""
    views = passage.sights(answer) if answer else ()
    view = next((view for view in views if view.frame), None)
    return Shot(view.device, view.frame, view.crop, view.box, view.frame_size) if view else None


def orders_to_pick(
    connection: Connection, passage: Passage, corrections: tuple[Correction, ...], typed: str
) -> tuple[TransportOrder, ...]:
    """Orders that the lane thought of, and those of the numbers that were read, corrected or typed."""
    record = passage.confirmation
    numbers = [*record.verdict.orders, *(check.order for check in record.verdict.checks if check.order), typed]
    read = [box.number for box in record.answer.containers if box.accepted]
    read += [plate.number for plate in record.answer.plates if plate.accepted]
    return orders.naming(connection, filter(None, numbers), [*read, *(one.corrected for one in corrections)], MOST_ORDERS)
