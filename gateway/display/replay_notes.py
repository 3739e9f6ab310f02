"""What a replay notes down for its report: frames, what was read in them, and the passages that came of it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.observation import Quad
from gateway.model.passage import Passage


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadNote(_Note):
    """One thing that was read in one frame. `text` is as it stands there, `number` without separators."""

    kind: Literal["container", "plate"] = "container"
    text: str
    number: str
    accepted: bool
    confidence: float | None = Field(None, ge=0, le=1)
    box: Quad | None = None


class FrameNote(_Note):
    """One frame that was looked at, whether or not anything was read in it."""

    camera: str
    index: int = Field(ge=0, description="Number of the frame in its clip, from 0")
    at: UtcTime
    read_ms: float = Field(ge=0)
    reads: tuple[ReadNote, ...] = ()
    picture: str = Field("", description="SHA-256 of the frame's JPEG; empty where none was kept")
    frame_size: tuple[int, int] | None = None


class ReplayReport(_Note):
    """Everything that `gateway replay` found out. Frames are assigned to passages by their time."""

    site: str
    lane: str
    title_zh: str
    title_en: str
    clips: tuple[str, ...] = Field((), description="What was replayed, as given: CAMERA=FILE")
    engine: str = ""
    version: str
    made_at: UtcTime
    passages: tuple[Passage, ...]
    frames: tuple[FrameNote, ...] = ()
    latency_ms: dict[str, float] = Field(default_factory=dict, description="By passage id: last needed frame to verdict")
