"""How a lane file describes I/O modules, lights and barriers. Addresses and polarity are configuration, never code."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

PointName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Address = Annotated[int, Field(ge=0, le=65535)]


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputConfig(_Config):
    """One input. Advantech ADAM-6050 and ADAM-6060 have theirs at 0 and up, as coils or discrete inputs by firmware."""

    address: Address = Field(description="Modbus address of the input, counted from 0")
    inverted: bool = Field(False, description="Whether the input is on when the contact is open (a normally closed photocell)")
    table: Literal["discrete", "coil"] = Field(
        "discrete", description="Where the module keeps it: discrete inputs (function 2) or coils (function 1)"
    )


class OutputConfig(_Config):
    """One output, always a coil. Advantech ADAM-6050 and ADAM-6060 have theirs at 16 and up."""

    address: Address = Field(description="Modbus address of the coil, counted from 0")
    inverted: bool = Field(False, description="Whether the coil is off when the output is on (a lamp on a normally closed relay)")


class WatchdogConfig(_Config):
    """For modules whose communication watchdog wants to see a value change; any request is enough for the others."""

    table: Literal["coil", "register"] = Field(description="Write a coil that toggles, or a holding register that counts up")
    address: Address = Field(description="Modbus address of the coil or register, counted from 0")
    interval_s: float = Field(1.0, gt=0, le=60, description="Seconds between two writes; well below the module's own limit")


class _ModuleConfig(_Config):
    name: PointName = Field(description="Name of the module in this site")
    unit: int = Field(1, ge=0, le=247, description="Modbus unit identifier")
    inputs: dict[PointName, InputConfig] = Field(default_factory=dict, description="Inputs by name")
    outputs: dict[PointName, OutputConfig] = Field(default_factory=dict, description="Outputs by name")
    poll_ms: int = Field(20, ge=5, le=1000, description="Milliseconds between two readings of the inputs")
    debounce_ms: int = Field(
        35, ge=0, le=2000, description="Milliseconds for which an input must stay the same before it counts (5 was too short)"
    )
    watchdog: WatchdogConfig | None = Field(None, description="Sign of life for the module's own communication watchdog")

    @model_validator(mode="after")
    def _one_output_per_coil(self) -> "_ModuleConfig":
        if not self.inputs and not self.outputs:
            raise ValueError(f"module {self.name!r} has neither inputs nor outputs")
        seen: dict[int, str] = {}
        for name, output in self.outputs.items():
            if output.address in seen:
                raise ValueError(f"outputs {seen[output.address]!r} and {name!r} share the coil {output.address}")
            seen[output.address] = name
        return self


class ModbusModuleConfig(_ModuleConfig):
    """A digital I/O module over Modbus TCP."""

    type: Literal["modbus_tcp"] = Field("modbus_tcp", description="An I/O module over Modbus TCP")
    host: str = Field(min_length=1, max_length=253, description="Host name or IP address")
    port: int = Field(502, ge=1, le=65535, description="TCP port")

    @property
    def location(self) -> str:
        return f"{self.host}:{self.port}"


class ModbusRtuModuleConfig(_ModuleConfig):
    """A digital I/O module on a serial line (RS-485), Modbus RTU."""

    type: Literal["modbus_rtu"] = Field("modbus_rtu", description="An I/O module on a serial line, Modbus RTU")
    device: str = Field(min_length=1, max_length=255, description="Serial device, such as /dev/serial/by-id/…")
    baudrate: int = Field(9600, ge=300, le=1_000_000, description="Bits per second")
    parity: Literal["N", "E", "O"] = Field("N", description="Parity: N none, E even, O odd")
    stopbits: Literal[1, 2] = Field(1, description="Stop bits")

    @property
    def location(self) -> str:
        return self.device


AnyModuleConfig = ModbusModuleConfig | ModbusRtuModuleConfig


class LightsConfig(_Config):
    """The three lights of a lane, as outputs of one module."""

    module: PointName = Field(description="Name of the I/O module")
    red: PointName = Field(description="Output of the red light")
    amber: PointName = Field(description="Output of the amber light")
    green: PointName = Field(description="Output of the green light")


class BarrierConfig(_Config):
    """A barrier that opens on one pulse and closes by itself behind the vehicle."""

    module: PointName = Field(description="Name of the I/O module")
    output: PointName = Field(description="Output that the barrier takes its opening pulse from")
    pulse_s: float = Field(1.0, ge=0.05, le=10, description="Length of the opening pulse, seconds")
