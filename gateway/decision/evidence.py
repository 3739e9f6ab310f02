"""What one passage has gathered so far, drawn from its observations in their order."""

from collections.abc import Iterable
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
    """Evidence of the observations. Vehicle seals never heard as strongly as `seal_rssi_dbm` are not in this lane.

    A seal's state is that of its last frame; its nearness that of its strongest.
    """
    reads: list[ContainerRead | PlateRead] = []
    passes: dict[tuple[str, str], PassRead] = {}
    chips: dict[str, PassiveSealRead] = {}
    seals: dict[str, VehicleSealHeard] = {}
    strongest: dict[str, float] = {}
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
                seals[seen.number] = seen
                strongest[seen.number] = max(seen.rssi, strongest.get(seen.number, seen.rssi))
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
        vehicle_seals=tuple(seal for number, seal in seals.items() if strongest[number] >= seal_rssi_dbm),
        rejected_seals=tuple(rejected),
        lost_devices=tuple(sorted(device for device, working in devices.items() if not working)),
        clock_fault=clock_fault,
        orders=orders,
    )
