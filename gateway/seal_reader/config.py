"""How a lane file describes receivers of vehicle seals."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class AdvertisementFeedConfig(BaseModel):
    """A receiver elsewhere (a network BLE bridge, or the simulator) that tells what it hears, one JSON line each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["advertisement_feed"] = Field("advertisement_feed", description="BLE advertisements as JSON lines over TCP")
    name: Name = Field(description="Name of the receiver in this site")
    host: str = Field(min_length=1, max_length=253, description="Host name or IP address")
    port: int = Field(ge=1, le=65535, description="TCP port")
    lanes: tuple[Name, ...] = Field(min_length=1, description="Lanes in which this receiver hears seals")
    silence_s: float = Field(
        90.0, gt=0, le=3600, description="Seconds without a line, heartbeats included, after which it counts as lost"
    )
    max_skew_s: float = Field(
        5.0, gt=0, le=300, description="Seconds by which a line's time may differ from this gate's clock; others are left out"
    )
    timeout_s: float = Field(3.0, gt=0, le=30, description="Seconds to wait for a connection, and for the first line of a check")
    retry_s: float = Field(10.0, ge=0.2, le=300, description="Longest wait between two attempts to reconnect, seconds")

    @property
    def location(self) -> str:
        return f"{self.host}:{self.port}"
