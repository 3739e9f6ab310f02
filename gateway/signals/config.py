"""How a lane file describes I/O modules, lights, barriers and sounders. Addresses and polarity are configuration, never code.

A module is described by its address map (`modbus_tcp`, `modbus_rtu`), or by its model where the map is known (`adam_6050`,
`adam_6060`): then its points are named by channel, as they are printed on the module.
"""

from typing import Annotated, Final, Generic, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.model.host import Host

PointName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Address = Annotated[int, Field(ge=0, le=65535)]
Table = Literal["discrete", "coil"]

ADAM_FIRST_OUTPUT: Final = 16  # DO 0 is coil 00017 (ADAM-6000 Series User Manual, appendix B.2), counted from 0 here


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputPoint(Protocol):
    """An input, however the lane file describes it."""

    @property
    def address(self) -> int: ...
    @property
    def table(self) -> Table: ...
    @property
    def inverted(self) -> bool: ...


class OutputPoint(Protocol):
    """An output, always a coil, however the lane file describes it."""

    @property
    def address(self) -> int: ...
    @property
    def inverted(self) -> bool: ...


class _Input(_Config):
    inverted: bool = Field(False, description="Whether the input is on when the contact is open (a normally closed photocell)")


class _Output(_Config):
    inverted: bool = Field(False, description="Whether the coil is off when the output is on (a lamp on a normally closed relay)")


class InputConfig(_Input):
    """One input by its address."""

    address: Address = Field(description="Modbus address of the input, counted from 0")
    table: Table = Field("discrete", description="Where the module keeps it: discrete inputs (function 2) or coils (function 1)")


class OutputConfig(_Output):
    """One output by its address, always a coil."""

    address: Address = Field(description="Modbus address of the coil, counted from 0")


class _AdamInput(_Input):
    # The manual's map has the inputs as coils from 00001 on; some firmware answers for them as discrete inputs.
    table: Table = Field(
        "coil", description="Coils (function 1), as the manual has it, or discrete inputs (function 2) by firmware"
    )


class Adam6050Input(_AdamInput):
    """DI 0 to DI 11."""

    channel: int = Field(ge=0, le=11, description="Channel as printed on the module: DI 0 to DI 11")

    @property
    def address(self) -> int:
        return self.channel


class Adam6060Input(_AdamInput):
    """DI 0 to DI 5."""

    channel: int = Field(ge=0, le=5, description="Channel as printed on the module: DI 0 to DI 5")

    @property
    def address(self) -> int:
        return self.channel


class AdamOutput(_Output):
    """DO 0 to DO 5 (ADAM-6050), or relay 0 to 5 (ADAM-6060)."""

    channel: int = Field(ge=0, le=5, description="Channel as printed on the module: DO 0 to DO 5, or relay 0 to 5")

    @property
    def address(self) -> int:
        return ADAM_FIRST_OUTPUT + self.channel


class HeartbeatConfig(_Config):
    """For modules whose communication watchdog wants to see a value change; any request is enough for the others."""

    table: Literal["coil", "register"] = Field(description="Write a coil that toggles, or a holding register that counts up")
    address: Address = Field(description="Modbus address of the coil or register, counted from 0")
    interval_s: float = Field(1.0, gt=0, le=30, description="Seconds between two writes; at most half of the watchdog's timeout")


class SettingConfig(_Config):
    """One setting that the module must have, as its own manual describes it."""

    table: Literal["coil", "register"] = Field(description="A coil, or a holding register")
    address: Address = Field(description="Modbus address of the coil or register, counted from 0")
    value: int = Field(ge=0, le=65535, description="What it must hold; for a coil 0 or 1")

    @model_validator(mode="after")
    def _fits(self) -> "SettingConfig":
        if self.table == "coil" and self.value > 1:
            raise ValueError(f"value: a coil holds 0 or 1, not {self.value}")
        return self


class WatchdogConfig(_Config):
    """The module's own communication watchdog: it makes the outputs safe when nobody speaks to the module any more."""

    timeout_s: float = Field(
        8.0, ge=0.5, le=60, description="Seconds without a request after which the module makes its outputs safe"
    )
    settings: tuple[SettingConfig, ...] = Field(
        (), description="What arms the watchdog, where Modbus reaches it: compared at every start, and written where it differs"
    )
    heartbeat: HeartbeatConfig | None = Field(None, description="A sign of life, for modules to which a request alone is none")

    @model_validator(mode="after")
    def _in_time(self) -> "WatchdogConfig":
        if self.heartbeat and self.heartbeat.interval_s > self.timeout_s / 2:
            raise ValueError(f"heartbeat.interval_s: more than half of timeout_s ({self.timeout_s:g}) would trip the watchdog")
        return self


In = TypeVar("In", InputConfig, Adam6050Input, Adam6060Input)
Out = TypeVar("Out", OutputConfig, AdamOutput)


class _ModuleConfig(_Config, Generic[In, Out]):
    name: PointName = Field(description="Name of the module in this site")
    unit: int = Field(1, ge=0, le=247, description="Modbus unit identifier")
    inputs: dict[PointName, In] = Field(default_factory=dict, description="Inputs by name")
    outputs: dict[PointName, Out] = Field(default_factory=dict, description="Outputs by name")
    poll_ms: int = Field(20, ge=5, le=1000, description="Milliseconds between two readings of the inputs")
    debounce_ms: int = Field(
        35, ge=0, le=2000, description="Milliseconds for which an input must stay the same before it counts (5 was too short)"
    )
    watchdog: WatchdogConfig | None = Field(None, description="The module's own communication watchdog")

    @model_validator(mode="after")
    def _one_output_per_coil(self) -> Self:
        if not self.inputs and not self.outputs:
            raise ValueError(f"module {self.name!r} has neither inputs nor outputs")
        seen: dict[int, str] = {}
        for name, output in self.outputs.items():
            if output.address in seen:
                raise ValueError(f"outputs {seen[output.address]!r} and {name!r} share the coil {output.address}")
            seen[output.address] = name
        return self

    @model_validator(mode="after")
    def _no_point_is_both(self) -> Self:
        both = sorted(set(self.inputs) & set(self.outputs))
        if both:
            raise ValueError(f"{both[0]!r} names an input and an output of module {self.name!r}")
        return self


class TcpModuleConfig(_ModuleConfig[In, Out], Generic[In, Out]):
    """What every module on the network has."""

    host: Host = Field(description="Host name or IP address")
    port: int = Field(502, ge=1, le=65535, description="TCP port")

    @property
    def location(self) -> str:
        return f"{self.host}:{self.port}"


class ModbusModuleConfig(TcpModuleConfig[InputConfig, OutputConfig]):
    """Any digital I/O module over Modbus TCP, by its address map."""

    type: Literal["modbus_tcp"] = Field("modbus_tcp", description="Any I/O module over Modbus TCP, by its address map")


class Adam6050Config(TcpModuleConfig[Adam6050Input, AdamOutput]):
    """Advantech ADAM-6050: 12 inputs, 6 outputs."""

    type: Literal["adam_6050"] = Field("adam_6050", description="Advantech ADAM-6050: 12 inputs, 6 outputs, by channel")


class Adam6060Config(TcpModuleConfig[Adam6060Input, AdamOutput]):
    """Advantech ADAM-6060: 6 inputs, 6 relays."""

    type: Literal["adam_6060"] = Field("adam_6060", description="Advantech ADAM-6060: 6 inputs, 6 relays, by channel")


class ModbusRtuModuleConfig(_ModuleConfig[InputConfig, OutputConfig]):
    """Any digital I/O module on a serial line (RS-485), Modbus RTU, by its address map."""

    type: Literal["modbus_rtu"] = Field("modbus_rtu", description="Any I/O module on a serial line, Modbus RTU, by its address map")
    device: str = Field(min_length=1, max_length=255, description="Serial device, such as /dev/serial/by-id/…")
    baudrate: int = Field(9600, ge=300, le=1_000_000, description="Bits per second")
    parity: Literal["N", "E", "O"] = Field("N", description="Parity: N none, E even, O odd")
    stopbits: Literal[1, 2] = Field(1, description="Stop bits")

    @property
    def location(self) -> str:
        return self.device


AnyTcpModuleConfig = ModbusModuleConfig | Adam6050Config | Adam6060Config
AnyModuleConfig = AnyTcpModuleConfig | ModbusRtuModuleConfig


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
    opened: PointName | None = Field(None, description="Input of the end switch that is on while the barrier is fully open")
    closed: PointName | None = Field(None, description="Input of the end switch that is on while the barrier is fully closed")
    moves_within_s: float = Field(8.0, gt=0, le=120, description="Longest time from one end switch to the other, seconds")
    closes_within_s: float = Field(
        60.0, gt=0, le=3600, description="Longest time that the barrier may stay open once the lane is red again, seconds"
    )


class SounderConfig(_Config):
    """A sounder that sounds once when the lane has decided. Seconds; 0 keeps silent."""

    module: PointName = Field(description="Name of the I/O module")
    output: PointName = Field(description="Output of the sounder")
    pass_s: float = Field(0.0, ge=0, le=10, description="How long it sounds for a pass")
    refer_s: float = Field(0.5, ge=0, le=10, description="How long it sounds for a referral")
    stop_s: float = Field(2.0, ge=0, le=10, description="How long it sounds for a stop")
