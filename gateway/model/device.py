"""What every driver offers the site: a check for commissioning, and a stream of observations.

The protocols stand here, on the ground floor, so that device rooms and the lane share them without knowing each other.
"""

from collections.abc import Callable
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from gateway.model.observation import Observation

Emit = Callable[[Observation], None]  # called on the event loop; never blocks
KeepPicture = Callable[[bytes], str]  # stores a JPEG durably and gives its SHA-256; called from worker threads


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


class Driver(Protocol):
    """One device. `run` lasts until it is cancelled and heals by itself; it raises only on a wrong configuration."""

    @property
    def device(self) -> str: ...

    async def run(self, emit: Emit) -> None:
        """Emit observations until cancelled. A loss and a return are each emitted once, as DeviceState."""

    async def check(self) -> DeviceReport:
        """Open the device by itself, ask what it is, close it. Never raises for a device that does not answer."""


class Light(Protocol):
    """A lane's outputs, fail-safe: red and closed whenever nobody says otherwise."""

    async def show(self, light: str) -> None:
        """Show `green`, `amber` or `red`, switching the others off; read back. Raises the room's error if it cannot."""

    async def open_barrier(self) -> None:
        """One pulse. The caller makes sure that there is one per release."""
