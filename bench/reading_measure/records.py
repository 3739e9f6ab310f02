"""What an engine's process says: one JSON object a line."""

from pydantic import BaseModel, ConfigDict

from gateway.model.observation import ContainerRead, PlateRead, Quad


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hello(_Line):
    """The first line: what the engine is, or why it cannot be measured here."""

    description: str = ""
    unavailable: str = ""


class ReadNumber(_Line):
    """One number in a picture. `box`: corners in pixels, where the engine says where it is."""

    number: str
    accepted: bool
    confidence: float
    box: Quad | None = None


class Record(_Line):
    """One picture: what was read in it, and how long that took (decoding the file not counted)."""

    file: str
    elapsed_ms: float | None = None
    containers: tuple[ReadNumber, ...] = ()
    plates: tuple[ReadNumber, ...] = ()
    stages: dict[str, float] = {}  # milliseconds by stage, for engines behind our seam
    observations: tuple[ContainerRead | PlateRead, ...] | None = None  # for fusing; None where the engine gives bare text
    error: str | None = None


class Farewell(_Line):
    """The last line: the most memory that the process ever held, MiB."""

    peak_mib: float
