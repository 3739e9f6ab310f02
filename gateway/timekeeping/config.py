"""How a lane file says whom to ask for the time."""

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.host import Host


class NtpConfig(BaseModel):
    """An NTP server, asked as a simple client (SNTP)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Host = Field(description="Host name or IP address of the NTP server")
    port: int = Field(123, ge=1, le=65535, description="UDP port")
    every_s: float = Field(64.0, ge=15, le=3600, description="Seconds between two questions; servers want 15 or more")
    timeout_s: float = Field(2.0, gt=0, le=10, description="Longest wait for an answer, seconds")


class TimeConfig(BaseModel):
    """The gate's clock held against others. The platform's is always compared; an NTP server only where one is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ntp: NtpConfig | None = Field(None, description="NTP server to compare the gate's clock with")
    limit_s: float = Field(
        1.0, ge=0.1, le=60, description="An offset of more seconds than this is shown, and marked on every record"
    )
