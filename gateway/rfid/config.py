"""How a lane file describes readers. One class a driver, chosen by `type`."""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.model.host import Host, usable_host

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
AntennaNumber = Annotated[int, Field(ge=1, le=255)]
Technology = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,20}$")]
Purpose = Literal["pass", "seal", "any"]

NETWORK_SCHEMES: Final = ("socket", "rfc2217")
MOST_UHF18_ANTENNAS: Final = 8  # the inventory command knows codes for eight


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AntennaConfig(_Config):
    """Where one antenna of a reader looks, and what it is there to read."""

    lane: Name = Field(description="Lane that this antenna looks into")
    purpose: Purpose = Field("any", description="What it reads: port passes (pass), passive e-seals (seal), or both (any)")
    weakest_dbm: float | None = Field(
        None, ge=-120, le=0, description="Tags seen more weakly than this are not in this lane; none: every tag counts"
    )


class TagPrefixConfig(_Config):
    """What tags are that no register knows, by how their numbers begin. The longest prefix that fits counts."""

    prefix: str = Field(pattern=r"^[0-9A-Fa-f]{1,64}$", description="How the tag's number begins, hexadecimal")
    purpose: Purpose = Field(
        description="What such a tag is: a port pass (pass), a passive e-seal (seal), or nothing that concerns the gate (any)"
    )
    technology: Technology = Field("uhf", description="What reads it: uhf, hf, wiegand26, …")


class _ReaderConfig(_Config):
    name: Name = Field(description="Name of the reader in this site")
    antennas: dict[AntennaNumber, AntennaConfig] = Field(
        min_length=1, description="Antennas by the reader's own number; only these are read. A reader with one antenna calls it 1"
    )
    timeout_s: float = Field(3.0, gt=0, le=30, description="Seconds to wait for a connection and for each answer")
    retry_s: float = Field(10.0, ge=0.2, le=300, description="Longest wait between two attempts to reconnect, seconds")


class GpiTriggerConfig(_Config):
    """An input of the reader itself that says when to read: a loop or a light barrier wired to the reader."""

    input: int = Field(ge=1, le=255, description="General purpose input (GPI) of the reader, by its own number")
    active: Literal["high", "low"] = Field("high", description="Level of that input at which the reader reads")
    timeout_s: float = Field(
        0.0, ge=0, le=3600, description="Seconds after which reading ends though the input is still active; 0: never"
    )


class LlrpReaderConfig(_ReaderConfig):
    """A UHF reader that speaks LLRP 1.0.1 (EPCglobal Low Level Reader Protocol)."""

    type: Literal["llrp"] = Field("llrp", description="A UHF reader over LLRP 1.0.1")
    host: Host = Field(description="Host name or IP address")
    port: int = Field(5084, ge=1, le=65535, description="TCP port")
    trigger: GpiTriggerConfig | None = Field(None, description="Read only while an input of the reader is active; none: always")
    keepalive_s: float = Field(
        5.0, ge=0.05, le=60, description="Seconds between the reader's keepalives; silent for three of them, it counts as lost"
    )

    @property
    def location(self) -> str:
        return f"{self.host}:{self.port}"


class SerialReaderConfig(_ReaderConfig):
    """What all readers on a serial line have, whether the line ends in this machine or in a device server."""

    port: str = Field(
        min_length=1,
        max_length=255,
        description="Serial port: a device such as /dev/serial/by-id/…, socket://HOST:PORT or rfc2217://HOST:PORT",
    )
    baudrate: int = Field(57600, ge=300, le=1_000_000, description="Bits per second; a socket:// port has its own")
    parity: Literal["N", "E", "O"] = Field("N", description="Parity: N none, E even, O odd")
    stopbits: Literal[1, 2] = Field(1, description="Stop bits")

    @field_validator("port")
    @classmethod
    def _there_is_such_a_kind_of_port(cls, port: str) -> str:
        if "://" not in port:
            return port
        url = urlsplit(port)
        try:
            complete = bool(url.hostname and url.port)
        except ValueError:
            complete = False
        if url.scheme not in NETWORK_SCHEMES or not complete or url.path or url.query or url.username:
            raise ValueError("a serial port is a device, socket://HOST:PORT or rfc2217://HOST:PORT")
        usable_host(url.hostname or "")
        return port

    @property
    def location(self) -> str:
        return self.port


class Uhf18ReaderConfig(SerialReaderConfig):
    """A UHF reader of the UHFReader18 family, asked again and again what tags it sees."""

    type: Literal["uhfreader18"] = Field("uhfreader18", description="A UHF reader of the UHFReader18 family on a serial port")
    model: Literal["18", "288"] = Field(
        "18", description="Its inventory frames: 18 for one antenna without signal strength, 288 for antennas with signal strength"
    )
    address: int = Field(255, ge=0, le=255, description="Address of the reader; 255: whichever is there")
    timeout_s: float = Field(1.0, gt=0, le=30, description="Seconds to wait for a connection and for each answer")
    poll_ms: int = Field(50, ge=0, le=10_000, description="Milliseconds between an inventory and the next")
    scan_ms: int = Field(
        300, ge=300, le=25_500, description="Longest inventory, milliseconds; model 18 keeps its own, which must not be longer"
    )
    rssi_offset_db: float = Field(
        -129.0,
        ge=-256,
        le=0,
        description="What makes dBm of the strength that model 288 tells (its manual names no unit)",
    )

    @model_validator(mode="after")
    def _antennas_are_there(self) -> "Uhf18ReaderConfig":
        most = 1 if self.model == "18" else MOST_UHF18_ANTENNAS
        if max(self.antennas) > most:
            raise ValueError(f"model {self.model} has antennas up to {most}, not {max(self.antennas)}")
        return self


class _TextReaderConfig(SerialReaderConfig):
    """A reader that says a line of text for each tag and cannot be asked anything."""

    baudrate: int = Field(9600, ge=300, le=1_000_000, description="Bits per second; a socket:// port has its own")
    framing: Literal["lines", "stx_etx"] = Field(
        "lines", description="What surrounds a tag: lines end with CR, LF or both; stx_etx stands between the bytes 02 and 03"
    )
    silence_s: float | None = Field(
        None, gt=0, le=86_400, description="Seconds without a byte after which it counts as lost; none: silence means no tags"
    )

    def _require_groups(self, pattern: str, *alternatives: frozenset[str]) -> None:
        """Raises ValueError unless the pattern has all groups of one alternative; `antenna` and `rssi` may stand beside them."""
        try:
            groups = set(re.compile(pattern, re.ASCII).groupindex)
        except re.error as error:
            raise ValueError(f"pattern: {error}") from None
        if not any(groups - {"antenna", "rssi"} == names for names in alternatives):
            wanted = " or ".join("".join(f"(?P<{name}>…)" for name in sorted(names)) for names in alternatives)
            raise ValueError(f"pattern: a named group is needed, {wanted}; (?P<antenna>…) and (?P<rssi>…) may stand beside it")
        if "antenna" not in groups and set(self.antennas) != {1}:
            raise ValueError("antennas: without (?P<antenna>…) in its pattern the reader has one antenna, which is 1")


class LineReaderConfig(_TextReaderConfig):
    """A reader that says each tag's number in a line of text."""

    type: Literal["lines"] = Field("lines", description="A reader that says each tag's number in a line of text")
    technology: Technology = Field("uhf", description="What its tags are: uhf, hf, …; part of a pass's identity in the register")
    pattern: str = Field(
        r"(?P<uid>[0-9A-Fa-f]{8,64})",
        max_length=500,
        description="Regular expression of a whole line; its group `uid` is the tag's number, `antenna` and `rssi` may be there",
    )

    @model_validator(mode="after")
    def _pattern_names_the_tag(self) -> "LineReaderConfig":
        self._require_groups(self.pattern, frozenset({"uid"}))
        return self


class WiegandReaderConfig(_TextReaderConfig):
    """A card reader with a Wiegand interface, behind a converter that says each card in a line of text."""

    type: Literal["wiegand"] = Field("wiegand", description="A Wiegand card reader behind a converter to text lines")
    bits: Literal[26, 34] = Field(26, description="Length of the Wiegand frame, both parity bits included")
    pattern: str = Field(
        r"(?P<frame_bits>[01]+)",
        max_length=500,
        description="Regular expression of a whole line; a group says what it tells: `frame_bits` or `frame_hex` (parity is "
        "checked), `payload_hex` or `payload_decimal` (the converter dropped the parity), or `facility` and `card` (decimal)",
    )

    @model_validator(mode="after")
    def _pattern_names_the_card(self) -> "WiegandReaderConfig":
        single = ("frame_bits", "frame_hex", "payload_hex", "payload_decimal")
        self._require_groups(self.pattern, *(frozenset({name}) for name in single), frozenset({"facility", "card"}))
        return self


ReaderConfig = Annotated[LlrpReaderConfig | Uhf18ReaderConfig | LineReaderConfig | WiegandReaderConfig, Field(discriminator="type")]
