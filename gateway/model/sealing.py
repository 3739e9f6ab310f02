"""The confirmation of sealing (加封確認): what the specialist (專責人員) would have written down where a sealed box leaves. Pure.

Made where a vehicle is let out, by the lane itself or by a person at it, and at least one of its orders names a seal; else there
is nothing to confirm, or nothing that this lane may confirm. A person vouches for what no device proves.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.lane_rules import Direction
from gateway.model.observation import ContainerRead, OrdersFound, PassiveSealRead, PlateRead, Quad, VehicleSealHeard, View
from gateway.model.passage import Passage
from gateway.model.seal import PASSIVE_E_SEAL, VEHICLE_SEAL
from gateway.model.transport_order import OrderSeal, TransportOrder
from gateway.model.verdict import CheckResult, Outcome, Subject, Verdict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProvenSeal(_Part):
    """One seal of an order, and what proves that it is on the box.

    `vehicle_seal`: its authentic radio frame says inserted and locked. `passive_seal`: its chip was read, and the register gives
    this number for it. `none`: no device reads this kind, or the lane's rules do not ask for it.
    """

    kind: str = Field(description="Seal kind of the CN message: 5 passive e-seal, 8 vehicle seal, …")
    number: str
    proof: Literal["vehicle_seal", "passive_seal", "none"]
    device: str = Field("", description="The device that heard or read it")
    at: UtcTime | None = Field(None, description="When it was heard or read last")
    chip: str = Field("", description="Of a passive e-seal: the chip id, hex")
    counter: int | None = Field(None, description="Of a vehicle seal: the counter of the frame that proves it")
    battery_percent: int | None = None


class SealedOrder(_Part):
    """One order and the box that it sends out."""

    order_number: str
    container: str = Field(
        "", description="The number as the order has it; the pictures or the person confirm it; empty without a box"
    )
    size_type: str = ""
    plate: str
    driver: str
    origin: str
    destination: str
    seals: tuple[ProvenSeal, ...]


class SealingPicture(_Part):
    """One of the pictures that the specialist would have taken; the JPEG is among the confirmation's `pictures`.

    `doors`: the box number as it was read. `seal`: the rear doors at the moment nearest to the seals' last word. `plate`: the
    vehicle's. `box` is where the text stands in the frame.
    """

    role: Literal["doors", "seal", "plate"]
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    device: str
    at: UtcTime
    box: Quad | None = None


class Sealing(_Part):
    """Who confirms, when and where, which boxes and seals, and the pictures of it."""

    confirmed_by: str = Field(description="The lane")
    person: str = Field("", description="Who let the vehicle go at this lane, where the lane did not do so by itself")
    gate: str
    place: str = Field(description="The lane's title, as people know the place")
    at: UtcTime
    orders: tuple[SealedOrder, ...] = Field(min_length=1)
    pictures: tuple[SealingPicture, ...]


def sealing_of(passage: Passage, gate: str, lane_title: str) -> Sealing | None:
    """The confirmation of sealing of a passage as it stands; None where there is none to give, or none any more."""
    verdict, ruling = passage.verdict, passage.ruling
    if verdict is None or passage.outcome is not Outcome.PASS or passage.rules.direction is not Direction.OUT:
        return None
    orders = tuple(_sealed(order, passage) for order in _carried(passage) if order.seals)
    if not orders:
        return None
    at = ruling.at if ruling else verdict.decided_at
    proven = [seal.at for order in orders for seal in order.seals if seal.at]
    return Sealing(
        confirmed_by=passage.lane,
        person=ruling.person if ruling else "",
        gate=gate,
        place=lane_title or passage.lane,
        at=at,
        orders=orders,
        pictures=tuple(_pictures(passage, max(proven, default=at))),
    )


def _carried(passage: Passage) -> tuple[TransportOrder, ...]:
    """The orders with which it was let go, as the lane found them last before."""
    known: dict[str, TransportOrder] = {}
    for seen in passage.observations:
        if isinstance(seen, OrdersFound):
            known |= {order.order_number: order for order in seen.orders}
    return tuple(known[number] for number in passage.orders if number in known)


def _last_word(passage: Passage) -> Verdict | None:
    """What the lane made of the passage last, with a person's ruling where there is one."""
    return passage.weighed if passage.ruling and passage.weighed else passage.verdict


def _sealed(order: TransportOrder, passage: Passage) -> SealedOrder:
    return SealedOrder(
        order_number=order.order_number,
        container=order.container.number if order.container else "",
        size_type=(order.container.size_type or "") if order.container else "",
        plate=order.vehicle.plate_value,
        driver=order.vehicle.driver,
        origin=order.origin,
        destination=order.destination,
        seals=tuple(_proven(seal, order, passage) for seal in order.seals),
    )


def _proven(seal: OrderSeal, order: TransportOrder, passage: Passage) -> ProvenSeal:
    """The last word on a seal before the release. Only a check that holds proves: a seal of the next lane is no proof here."""
    if _holds(Subject.VEHICLE_SEAL if seal.kind == VEHICLE_SEAL else Subject.PASSIVE_SEAL, seal, order, passage):
        for seen in reversed(passage.observations):
            if seal.kind == VEHICLE_SEAL and isinstance(seen, VehicleSealHeard) and seen.number == seal.number and _is_shut(seen):
                return ProvenSeal(
                    kind=seal.kind,
                    number=seal.number,
                    proof="vehicle_seal",
                    device=seen.device,
                    at=seen.at,
                    counter=seen.counter,
                    battery_percent=seen.battery_percent,
                )
            if seal.kind == PASSIVE_E_SEAL and isinstance(seen, PassiveSealRead) and seen.number == seal.number:
                return ProvenSeal(
                    kind=seal.kind, number=seal.number, proof="passive_seal", device=seen.device, at=seen.at, chip=seen.epc
                )
    return ProvenSeal(kind=seal.kind, number=seal.number, proof="none")


def _is_shut(seen: VehicleSealHeard) -> bool:
    """A record that has been closed may also tell of what became of the seal later."""
    return seen.inserted and seen.locked and not seen.tampered


def _holds(subject: Subject, seal: OrderSeal, order: TransportOrder, passage: Passage) -> bool:
    weighed = _last_word(passage)
    checks = weighed.checks if weighed else ()
    return any(
        check.subject is subject
        and check.expected == seal.number
        and check.order == order.order_number
        and check.result is CheckResult.OK
        for check in checks
    )


def _pictures(passage: Passage, sealed_at: datetime) -> Iterator[SealingPicture]:
    for box in passage.answer.containers:
        yield from _best_sight(passage, "doors", [sight.picture for sight in box.sights])
    views = [seen for seen in passage.observations if isinstance(seen, View) and seen.picture]
    nearest = min(views, key=lambda view: (abs(view.at - sealed_at), view.at), default=None)
    if nearest:
        yield SealingPicture(role="seal", sha256=nearest.picture, device=nearest.device, at=nearest.at)
    for plate in passage.answer.plates[:1]:
        yield from _best_sight(passage, "plate", [sight.picture for sight in plate.sights])


def _best_sight(passage: Passage, role: Literal["doors", "plate"], pictures: Sequence[str]) -> Iterator[SealingPicture]:
    """The frame in which a number was read best, if one was kept."""
    best = next((picture for picture in pictures if picture), "")
    kinds = ContainerRead if role == "doors" else PlateRead
    read = next((seen for seen in passage.observations if isinstance(seen, kinds) and seen.picture == best), None) if best else None
    if read:
        yield SealingPicture(role=role, sha256=best, device=read.device, at=read.at, box=read.box)
