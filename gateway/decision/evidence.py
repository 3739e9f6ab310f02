"""What one passage has gathered so far, drawn from its observations in their order."""

from collections.abc import Iterable, Sequence
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
from gateway.model.transport_order import TransportOrder


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of each pass, chip and seal the last word; of each device its last state; of the reads one fused answer."""

    answer: Answer
    passes: tuple[PassRead, ...]
    passive_seals: tuple[PassiveSealRead, ...]
    vehicle_seals: tuple[VehicleSealHeard, ...]
    rejected_seals: tuple[SealRejected, ...]
    lost_devices: tuple[str, ...]
    clock_fault: str  # by how much the gate's clock was off, and against whom; empty while it was right
    orders: tuple[TransportOrder, ...]


def gather(observations: Iterable[Observation], seal_rssi_dbm: float) -> Evidence:
    """Evidence of the observations. `seal_rssi_dbm`: as in `seals_here`."""
    reads: list[ContainerRead | PlateRead] = []
    passes: dict[tuple[str, str], PassRead] = {}
    chips: dict[str, PassiveSealRead] = {}
    frames: list[VehicleSealHeard] = []
    rejected: list[SealRejected] = []
    devices: dict[str, bool] = {}
    clock_fault = ""
    orders: tuple[TransportOrder, ...] = ()
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
            case DeviceState():
                devices[seen.device] = seen.working
            case OrdersFound():
                orders = seen.orders
            case _:
                pass
    return Evidence(
        answer=fuse(reads),
        passes=tuple(passes.values()),
        passive_seals=tuple(chips.values()),
        vehicle_seals=tuple(seals_here(frames, seal_rssi_dbm).values()),
        rejected_seals=tuple(rejected),
        lost_devices=tuple(sorted(device for device, working in devices.items() if not working)),
        clock_fault=clock_fault,
        orders=orders,
    )


def seals_here(frames: Sequence[VehicleSealHeard], seal_rssi_dbm: float) -> dict[str, VehicleSealHeard]:
    """The vehicle seals that are in this lane, by number, each with its last frame: that is its state.

    A radio wave knows no lanes, so strength decides, at its peak over the passage, when the seal is nearest to the lane's
    receiver: at least `seal_rssi_dbm`, and no receiver of another lane has heard it more strongly meanwhile.
    """
    peak: dict[str, float] = {}
    elsewhere: dict[str, float] = {}
    for seen in frames:
        peak[seen.number] = max(seen.rssi, peak.get(seen.number, seen.rssi))
        if seen.elsewhere_rssi is not None:
            elsewhere[seen.number] = max(seen.elsewhere_rssi, elsewhere.get(seen.number, seen.elsewhere_rssi))
    last = {seen.number: seen for seen in frames}
    return {n: seen for n, seen in last.items() if peak[n] >= max(seal_rssi_dbm, elsewhere.get(n, seal_rssi_dbm))}
