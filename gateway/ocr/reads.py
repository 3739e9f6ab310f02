"""What was read in one picture. Frozen; turned into the model's observations by whoever knows the device and the time."""

from dataclasses import dataclass
from datetime import datetime

from gateway.model.observation import ContainerRead, PlateRead, Position, Quad


@dataclass(frozen=True, slots=True)
class FoundContainer:
    """A container number in a picture. `accepted`: a lane would rely on it, and it is on the vehicle in the foreground."""

    number: str
    confidence: float
    accepted: bool
    check_digit_valid: bool
    check_digit_seen: bool
    size_type: str | None
    characters: tuple[Position, ...]
    box: Quad

    def observation(
        self, device: str, at: datetime, frame_size: tuple[int, int], picture: str = "", crop: str = ""
    ) -> ContainerRead:
        """As the lane keeps it. `frame_size`: width and height of the whole frame, pixels; pictures are SHA-256 names."""
        return ContainerRead(
            device=device,
            at=at,
            number=self.number,
            confidence=self.confidence,
            accepted=self.accepted,
            characters=self.characters,
            box=self.box,
            frame_size=frame_size,
            picture=picture,
            crop=crop,
            check_digit_valid=self.check_digit_valid,
            check_digit_seen=self.check_digit_seen,
            size_type=self.size_type,
        )


@dataclass(frozen=True, slots=True)
class FoundPlate:
    """A Taiwanese plate in a picture. `text` has its hyphen."""

    number: str
    text: str
    confidence: float
    accepted: bool
    characters: tuple[Position, ...]
    box: Quad

    def observation(self, device: str, at: datetime, frame_size: tuple[int, int], picture: str = "", crop: str = "") -> PlateRead:
        """As the lane keeps it; see `FoundContainer.observation`."""
        return PlateRead(
            device=device,
            at=at,
            number=self.number,
            text=self.text,
            confidence=self.confidence,
            accepted=self.accepted,
            characters=self.characters,
            box=self.box,
            frame_size=frame_size,
            picture=picture,
            crop=crop,
        )


@dataclass(frozen=True, slots=True)
class ImageReads:
    """All numbers found in one picture, surest first."""

    containers: tuple[FoundContainer, ...] = ()
    plates: tuple[FoundPlate, ...] = ()
