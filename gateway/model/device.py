"""What drivers give and take: sightings, advertisements, reports of a check, and a lane's outputs.

They stand here, on the ground floor, so that device rooms and the lane share them without knowing each other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from gateway.model.observation import Observation

Emit = Callable[[Observation], None]  # called on the event loop; never blocks
KeepPicture = Callable[[bytes], str]  # stores a JPEG durably and gives its SHA-256; called from worker threads


@dataclass(frozen=True, slots=True)
class TagSighting:
    """A UHF tag or a card as a reader saw it, before the register says what it is."""

    device: str
    at: datetime
    technology: str  # `uhf`, `hf`, `wiegand26`, …
    uid: str  # hex, lower case; opaque
    antenna: int
    rssi: float | None  # dBm


@dataclass(frozen=True, slots=True)
class Advertisement:
    """A BLE advertisement as a receiver heard it: the seam between radio and seal profile."""

    device: str
    at: datetime
    address: str
    rssi: float  # dBm
    payload: bytes  # manufacturer data, company id included (2 bytes, little endian)


StateChanged = Callable[[bool, str], None]  # (working, detail): called once when a device is lost and once when it is back


class DeviceReport(BaseModel):
    """What `gateway check` prints of one device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    type: str
    address: str
    answers: bool
    identity: str = ""  # what the device says it is: model, firmware, picture size
    detail: str = ""  # what went wrong, or what was measured
    elapsed_ms: float = 0.0


class Light(Protocol):
    """A lane's outputs, fail-safe: red and closed whenever nobody says otherwise."""

    async def show(self, light: str) -> None:
        """Show `green`, `amber` or `red`, switching the others off; read back. Raises the room's error if it cannot."""

    async def open_barrier(self) -> None:
        """One pulse. The caller makes sure that there is one per release."""

    async def sound(self, outcome: str) -> None:
        """Let it be heard what was decided: `PASS`, `REFER` or `STOP`."""
