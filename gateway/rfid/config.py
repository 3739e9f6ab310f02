"""How a lane file describes UHF readers."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
AntennaNumber = Annotated[int, Field(ge=1, le=255)]


class AntennaConfig(BaseModel):
    """Where one antenna of a reader looks, and what it is there to read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lane: Name = Field(description="Lane that this antenna looks into")
    purpose: Literal["pass", "seal", "any"] = Field(
        "any", description="What it reads: port passes (pass), passive e-seals (seal), or both (any)"
    )


class LlrpReaderConfig(BaseModel):
    """A UHF reader that speaks LLRP 1.0.1 (EPCglobal Low Level Reader Protocol)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["llrp"] = Field("llrp", description="A UHF reader over LLRP 1.0.1")
    name: Name = Field(description="Name of the reader in this site")
    host: str = Field(min_length=1, max_length=253, description="Host name or IP address")
    port: int = Field(5084, ge=1, le=65535, description="TCP port")
    antennas: dict[AntennaNumber, AntennaConfig] = Field(
        min_length=1, description="Antennas by the reader's own number; only these are switched on"
    )
    keepalive_s: float = Field(
        5.0, ge=0.05, le=60, description="Seconds between the reader's keepalives; silent for three of them, it counts as lost"
    )
    timeout_s: float = Field(3.0, gt=0, le=30, description="Seconds to wait for a connection and for each answer")
    retry_s: float = Field(10.0, ge=0.2, le=300, description="Longest wait between two attempts to reconnect, seconds")

    @property
    def location(self) -> str:
        return f"{self.host}:{self.port}"
