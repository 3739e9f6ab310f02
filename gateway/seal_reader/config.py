"""How a lane file describes receivers of vehicle seals: bridges elsewhere, and Bluetooth adapters of this machine."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.host import Host

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class AdvertisementFeedConfig(BaseModel):
    """A receiver elsewhere (a network BLE bridge, or the simulator) that tells what it hears, one JSON line each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["advertisement_feed"] = Field("advertisement_feed", description="BLE advertisements as JSON lines over TCP")
    name: Name = Field(description="Name of the receiver in this site")
    host: Host = Field(description="Host name or IP address")
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


class BluezReceiverConfig(BaseModel):
    """A Bluetooth adapter of this machine, through BlueZ. Each adapter is one receiver."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["bluez"] = Field("bluez", description="A Bluetooth adapter of this machine, through BlueZ (bluetoothd)")
    name: Name = Field(description="Name of the receiver in this site")
    adapter: str = Field(
        "hci0",
        pattern=r"^(hci[0-9]{1,3}|([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})$",
        description="The adapter: hci0, hci1, … or its address, which stays the same when adapters are plugged anew",
    )
    lanes: tuple[Name, ...] = Field(min_length=1, description="Lanes in which this receiver hears seals")
    silence_s: float = Field(
        90.0,
        gt=0,
        le=3600,
        description="Seconds without any advertisement, of whatever device, after which it counts as lost and scans afresh",
    )
    timeout_s: float = Field(10.0, gt=0, le=60, description="Seconds to wait for an answer of bluetoothd")
    retry_s: float = Field(10.0, ge=0.2, le=300, description="Longest wait between two attempts to scan again, seconds")

    @property
    def location(self) -> str:
        return self.adapter


ReceiverConfig = Annotated[AdvertisementFeedConfig | BluezReceiverConfig, Field(discriminator="type")]
