"""The lane file: one YAML file per site, checked before anything starts. Every error names the file, the line and the key.

Secrets never stand in it: they are named by the file or the environment variable that holds them.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.model.host import Host
from gateway.model.lane_rules import Direction, LaneRules
from gateway.model.policy import Policy
from gateway.model.wire import Name
from gateway.ocr.cameras import CameraConfig
from gateway.ocr.engine import DEFAULT_ENGINE, ENGINES
from gateway.rfid.config import ReaderConfig, TagPrefixConfig
from gateway.seal_reader.config import BluezReceiverConfig, ReceiverConfig
from gateway.seal_reader.keys import SealKeyConfig
from gateway.signals.config import (
    Adam6050Config,
    Adam6060Config,
    BarrierConfig,
    LightsConfig,
    ModbusModuleConfig,
    ModbusRtuModuleConfig,
    SounderConfig,
)
from gateway.site.checked_yaml import CheckedYamlError, load_checked, parse_checked
from gateway.store.space import StoreSettings
from gateway.timekeeping.config import TimeConfig
from gateway.uplink.broker import BrokerSettings
from gateway.uplink.settings import UplinkSettings

ModuleConfig = Annotated[ModbusModuleConfig | ModbusRtuModuleConfig | Adam6050Config | Adam6060Config, Field(discriminator="type")]


INPUT_USES = frozenset({"loop", "barrier's end switch", "key switch", "direction switch"})


class LaneFileError(Exception):
    """A lane file that cannot be used. `problems` holds one line per thing wrong, each with file and line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Title(_Config):
    """A name as people see it, in both languages."""

    zh_TW: str = Field(min_length=1, max_length=60, description="Traditional Chinese")  # noqa: N815 — a language tag
    en: str = Field(min_length=1, max_length=60, description="English")


class LoopConfig(_Config):
    """The loop, light curtain or contact that says that a vehicle is in the lane."""

    module: Name = Field(description="Name of the I/O module")
    input: Name = Field(description="Input of that module")


class KeySwitchConfig(_Config):
    """The contact that is on while somebody opens the barrier past the lane: by a key, or by an app of its own."""

    module: Name = Field(description="Name of the I/O module")
    input: Name = Field(description="Input of that module")


class DirectionSwitchConfig(_Config):
    """The switch of a reversible lane: vehicles that come after it was turned go the other way."""

    module: Name = Field(description="Name of the I/O module")
    input: Name = Field(description="Input of that module")
    on: Direction = Field(Direction.IN, description="Which way vehicles go while the input is on; otherwise the other way")


class LaneConfig(_Config):
    name: Name = Field(description="The lane's name, unique within the site")
    title: Title = Field(description="The lane's name as people see it")
    rules: LaneRules = Field(LaneRules(), description="How long the lane waits and what it asks for")
    loop: LoopConfig | None = Field(None, description="What says that a vehicle is there; without it the cameras do")
    key_switch: KeySwitchConfig | None = Field(None, description="What says that the barrier is opened by hand")
    direction_switch: DirectionSwitchConfig | None = Field(None, description="What turns a reversible lane round")
    lights: LightsConfig | None = Field(None, description="The lane's three lights")
    barrier: BarrierConfig | None = Field(None, description="The lane's barrier")
    sounder: SounderConfig | None = Field(None, description="The lane's sounder")
    cameras: tuple[CameraConfig, ...] = Field((), description="The lane's cameras")

    @model_validator(mode="after")
    def _someone_opens_it(self) -> "LaneConfig":
        if (self.rules.opened_by == "loop") != (self.loop is not None):
            raise ValueError("rules.opened_by is `loop` exactly when the lane has a `loop`; otherwise it is `camera`")
        if self.rules.opened_by == "camera" and not self.cameras:
            raise ValueError("a lane without a loop needs a camera that opens its passages")
        return self


class SealsConfig(_Config):
    """How vehicle seals are heard and proved authentic."""

    keys: SealKeyConfig = Field(description="Where the master keys of the seals are")
    receivers: tuple[ReceiverConfig, ...] = Field(min_length=1, description="What hears the seals' advertisements")
    authority: SealKeyConfig | None = Field(
        None,
        description="Where this gate's own Ed25519 key is that seals obey (64 hex digits); only for gates that lock and unlock",
    )

    @model_validator(mode="after")
    def _an_adapter_is_one_receiver(self) -> "SealsConfig":
        adapters = [receiver.adapter.upper() for receiver in self.receivers if isinstance(receiver, BluezReceiverConfig)]
        if problems := _repeated("adapter", adapters):
            raise ValueError("; ".join(problems))
        return self


class StoreConfig(StoreSettings):
    folder: Path = Field(description="Folder of the gate's database and pictures; a relative path starts at the lane file")


class ScreenConfig(_Config):
    host: str = Field("127.0.0.1", description="Address at which the gate staff's screen is served")
    port: int = Field(8081, ge=0, le=65535, description="Port of the gate staff's screen")
    names: tuple[Host, ...] = Field(
        (), description="Names under which browsers may ask for it, beside `localhost`, `host` and this machine's own addresses"
    )


class DeskConfig(_Config):
    """The exception desk on the staff's screen: people of the gate decide what a lane referred or stopped."""

    staff: Path = Field(
        description="File of those who may decide, made with `gateway staff add`; a relative path starts at the lane file"
    )
    ruling_valid_s: float = Field(60, ge=5, le=600, description="For how long a person's decision may be carried out")


class ReadingConfig(_Config):
    engine: str = Field(
        DEFAULT_ENGINE, description="The engine that reads numbers and plates", json_schema_extra={"enum": [*sorted(ENGINES)]}
    )
    threads: int = Field(1, ge=1, le=64, description="Processor threads of one read")
    parallel: int = Field(
        2, ge=1, le=64, description="Reads at the same time, over all cameras; threads × parallel is what it takes"
    )

    @field_validator("engine")
    @classmethod
    def _there_is_such_an_engine(cls, engine: str) -> str:
        if engine not in ENGINES:
            raise ValueError(f"no engine {engine!r}; there are: {', '.join(sorted(ENGINES))}")
        return engine


class SiteConfig(_Config):
    """A whole site: the gate's name, its devices and its lanes."""

    name: Name = Field(description="The gate's name at the platform; part of every confirmation")
    title: Title = Field(description="The site's name as people see it")
    store: StoreConfig
    screen: ScreenConfig = Field(ScreenConfig(), description="The gate staff's screen")
    desk: DeskConfig | None = Field(None, description="Where people decide; without it the screen only shows")
    platform: UplinkSettings | None = Field(None, description="The central platform; without it the gate keeps everything")
    broker: BrokerSettings | None = Field(None, description="The site's own MQTT broker, which is told of every confirmation")
    time: TimeConfig = Field(TimeConfig(), description="What the gate's clock is compared with")
    reading: ReadingConfig = Field(ReadingConfig(), description="How pictures are read")
    io_modules: tuple[ModuleConfig, ...] = Field((), description="Modbus I/O modules: loops, lights, barriers")
    readers: tuple[ReaderConfig, ...] = Field((), description="Readers of port passes and passive e-seals")
    tag_prefixes: tuple[TagPrefixConfig, ...] = Field((), description="What tags are that no register knows, by their first digits")
    seals: SealsConfig | None = Field(None, description="Receivers of vehicle seals and their master key")
    policy: Path | None = Field(
        None, description="File that says which orders need which seal, instead of the shipped one; relative to the lane file"
    )
    lanes: tuple[LaneConfig, ...] = Field(description="The lanes of the site")

    @property
    def feed_kinds(self) -> frozenset[str]:
        """Which kinds of entries the gate needs of the platform's feed.

        Every reader needs both registers of tags, whatever its antennas are there for: a tag is what its register says it is.
        """
        kinds = {"order", "order_standing"}
        kinds |= {"port_pass", "passive_seal"} if self.readers else set()
        return frozenset(kinds | ({"vehicle_seal"} if self.seals else set()))

    @model_validator(mode="after")
    def _names_fit(self) -> "SiteConfig":
        problems = [*_repeated("lane", [lane.name for lane in self.lanes]), *self._strangers()]
        if not self.lanes:
            problems.append("a site has at least one lane")
        devices = [module.name for module in self.io_modules] + [reader.name for reader in self.readers]
        devices += [camera.name for lane in self.lanes for camera in lane.cameras]
        devices += [receiver.name for receiver in self.seals.receivers] if self.seals else []
        problems += _repeated("device", devices)
        problems += [
            f"lane {lane.name}: rules.without names the device {name!r}, which the site does not have"
            for lane in self.lanes
            for name in sorted(set(lane.rules.without) - set(devices))
        ]
        problems += _repeated("tag prefix", [f"{rule.technology} {rule.prefix.lower()}" for rule in self.tag_prefixes])
        serial = [module.device for module in self.io_modules if isinstance(module, ModbusRtuModuleConfig)]
        problems += _repeated("serial line", serial)  # one request at a time: two modules would answer each other's
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _strangers(self) -> list[str]:
        """Names that point to nothing."""
        modules = {module.name: module for module in self.io_modules}
        lanes = {lane.name for lane in self.lanes}
        found = []
        for lane in self.lanes:
            for use, module, points in _uses(lane):
                known = modules.get(module)
                if known is None:
                    found.append(f"lane {lane.name}: {use} names the I/O module {module!r}, which the site does not have")
                    continue
                have = known.inputs if use in INPUT_USES else known.outputs
                found += [f"lane {lane.name}: {use} names {p!r}, which module {module!r} does not have" for p in points - set(have)]
        for reader in self.readers:
            found += [
                f"reader {reader.name}: antenna {number} names the lane {antenna.lane!r}, which the site does not have"
                for number, antenna in reader.antennas.items()
                if antenna.lane not in lanes
            ]
        for receiver in self.seals.receivers if self.seals else ():
            found += [
                f"receiver {receiver.name} names the lane {lane!r}, which the site does not have"
                for lane in receiver.lanes
                if lane not in lanes
            ]
        return found


def _uses(lane: LaneConfig) -> list[tuple[str, str, set[str]]]:
    uses = []
    if lane.loop:
        uses.append(("loop", lane.loop.module, {lane.loop.input}))
    if lane.key_switch:
        uses.append(("key switch", lane.key_switch.module, {lane.key_switch.input}))
    if lane.direction_switch:
        uses.append(("direction switch", lane.direction_switch.module, {lane.direction_switch.input}))
    if lane.lights:
        uses.append(("lights", lane.lights.module, {lane.lights.red, lane.lights.amber, lane.lights.green}))
    if lane.barrier:
        uses.append(("barrier", lane.barrier.module, {lane.barrier.output}))
        switches = {name for name in (lane.barrier.opened, lane.barrier.closed) if name}
        uses.append(("barrier's end switch", lane.barrier.module, switches))
    if lane.sounder:
        uses.append(("sounder", lane.sounder.module, {lane.sounder.output}))
    return uses


def _repeated(what: str, names: list[str]) -> list[str]:
    return [f"{what} {name!r} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]


def load_site(path: Path) -> SiteConfig:
    """Read and check a lane file. Raises LaneFileError naming file, line and key of everything wrong."""
    try:
        return _from_here(load_checked(path, SiteConfig, "site"), path.parent)
    except CheckedYamlError as error:
        raise LaneFileError(error.problems) from None


def parse_site(text: str, path: Path) -> SiteConfig:
    """Like `load_site`, for text at hand; `path` names it in errors and is where relative paths start."""
    try:
        return _from_here(parse_checked(text, path, SiteConfig, "site"), path.parent)
    except CheckedYamlError as error:
        raise LaneFileError(error.problems) from None


def _with_policy(site: SiteConfig, folder: Path) -> SiteConfig:
    """The site's policy in the rules of each lane that has none of its own. Raises CheckedYamlError naming the policy file."""
    if site.policy is None:
        return site
    policy = load_checked(folder / site.policy, Policy, "policy")
    lanes = tuple(
        lane
        if "policy" in lane.rules.model_fields_set
        else lane.model_copy(update={"rules": lane.rules.model_copy(update={"policy": policy})})
        for lane in site.lanes
    )
    return site.model_copy(update={"lanes": lanes})


def _from_here(site: SiteConfig, folder: Path) -> SiteConfig:
    """Relative paths in a lane file start at the file's own folder; the policy file that it names is read."""

    def anchored(value: Any) -> Any:
        if isinstance(value, Path):
            return value if value.is_absolute() else folder / value
        if isinstance(value, BaseModel):
            return value.model_copy(update={name: anchored(getattr(value, name)) for name in type(value).model_fields})
        return tuple(anchored(item) for item in value) if isinstance(value, tuple) else value

    found: SiteConfig = anchored(_with_policy(site, folder))
    return found


def schema() -> str:
    """The JSON Schema of lane files, for editors that check while one types."""
    found = SiteConfig.model_json_schema()
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(found, ensure_ascii=False, indent=2)
