"""What one passage has gathered so far, drawn from its observations in their order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.decision.fusion import fuse
from gateway.model.answer import Answer
from gateway.model.observation import (
    CLOCK,
    ContainerRead,
    DeviceState,
    Observation,
    OrdersFound,
    PassiveSealRead,
    PassRead,
    PlateRead,
    SealRejected,
    VehicleSealHeard,
)
from gateway.model.order_standing import OrderStanding
from gateway.model.transport_order import TransportOrder


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of each pass, chip and seal the last word; of each device its last state; of the reads one fused answer."""

    answer: Answer
    passes: tuple[PassRead, ...]
    passive_seals: tuple[PassiveSealRead, ...]
    vehicle_seals: tuple[VehicleSealHeard, ...]
    seals_elsewhere: tuple[VehicleSealHeard, ...]  # heard here, but more strongly in another lane
    rejected_seals: tuple[SealRejected, ...]
    lost_devices: tuple[str, ...]
    clock_fault: str  # by how much the gate's clock was off, and against whom; empty while it was right
    clock_off_s: float  # by how many seconds, either way
    orders: tuple[TransportOrder, ...]
    standings: Mapping[str, OrderStanding]  # by order number; only of orders of which more is known than their message says
    orders_age_s: float | None  # since the platform last answered; None: nobody ever did, or nobody was asked


def gather(observations: Iterable[Observation], seal_rssi_dbm: float) -> Evidence:
    """Evidence of the observations. `seal_rssi_dbm`: as in `seals_here`."""
    reads: list[ContainerRead | PlateRead] = []
    passes: dict[tuple[str, str], PassRead] = {}
    chips: dict[str, PassiveSealRead] = {}
    frames: list[VehicleSealHeard] = []
    rejected: list[SealRejected] = []
    devices: dict[str, bool] = {}
    clock_fault, clock_off_s = "", 0.0
    found: OrdersFound | None = None
    for seen in observations:
        match seen:
            case ContainerRead() | PlateRead():
                reads.append(seen)
            case PassRead():
                passes[seen.technology, seen.uid] = seen
            case PassiveSealRead():
                chips[seen.epc] = seen
            case VehicleSealHeard():
                frames.append(seen)
            case SealRejected():
                rejected.append(seen)
            case DeviceState(device=device) if device == CLOCK:
                clock_fault = "" if seen.working else seen.detail
                clock_off_s = 0.0 if seen.working else abs(seen.offset_s or 0.0)
            case DeviceState():
                devices[seen.device] = seen.working
            case OrdersFound():
                found = seen
            case _:
                pass
    here = seals_here(frames, seal_rssi_dbm)
    return Evidence(
        answer=fuse(reads),
        passes=tuple(passes.values()),
        passive_seals=tuple(chips.values()),
        vehicle_seals=tuple(here.values()),
        seals_elsewhere=tuple(seen for number, seen in _elsewhere(frames).items() if number not in here),
        rejected_seals=tuple(rejected),
        lost_devices=tuple(sorted(device for device, working in devices.items() if not working)),
        clock_fault=clock_fault,
        clock_off_s=clock_off_s,
        orders=found.orders if found else (),
        standings={standing.order_number: standing for standing in found.standings} if found else {},
        orders_age_s=found.cache_age_s if found else None,
    )


def seals_here(frames: Sequence[VehicleSealHeard], seal_rssi_dbm: float) -> dict[str, VehicleSealHeard]:
    """The vehicle seals that are in this lane, by number, each with its last frame: that is its state.

    A radio wave knows no lanes, so strength decides, at its peak over the passage, when the seal is nearest to the lane's
    receiver: at least `seal_rssi_dbm`, and no receiver of another lane has heard it more strongly meanwhile.
    """
    peak, elsewhere = _peaks(frames)
    last = {seen.number: seen for seen in frames}
    return {n: seen for n, seen in last.items() if peak[n] >= max(seal_rssi_dbm, elsewhere.get(n, seal_rssi_dbm))}


def _elsewhere(frames: Sequence[VehicleSealHeard]) -> dict[str, VehicleSealHeard]:
    """The seals that another lane's receiver heard more strongly over the passage: they are there."""
    peak, elsewhere = _peaks(frames)
    return {seen.number: seen for seen in frames if elsewhere.get(seen.number, peak[seen.number]) > peak[seen.number]}


def _peaks(frames: Sequence[VehicleSealHeard]) -> tuple[dict[str, float], dict[str, float]]:
    """How strongly each seal was heard at most: in this lane, and in any other."""
    peak: dict[str, float] = {}
    elsewhere: dict[str, float] = {}
    for seen in frames:
        peak[seen.number] = max(seen.rssi, peak.get(seen.number, seen.rssi))
        if seen.elsewhere_rssi is not None:
            elsewhere[seen.number] = max(seen.elsewhere_rssi, elsewhere.get(seen.number, seen.elsewhere_rssi))
    return peak, elsewhere
