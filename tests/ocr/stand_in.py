"""A stand-in for the reader: it says that one number stands where a test wants it, and remembers what it was asked."""

from abc import ABC, abstractmethod
from typing import Literal

from gateway.model.observation import Quad
from gateway.ocr.frame import Image
from gateway.ocr.reads import FoundContainer, ImageReads
from tests.evidence import positions


class StandInReader(ABC):
    def __init__(self, number: str, accepted: bool = True) -> None:
        self.number, self.accepted = number, accepted
        self.asked: list[tuple[tuple[int, ...], str | None]] = []
        self.patience: list[bool] = []

    @abstractmethod
    def place(self, image: Image, offset: tuple[float, float]) -> Quad | None:
        """Where the number stands; None: nowhere."""

    def read(
        self,
        image: Image,
        only: Literal["containers", "plates"] | None = None,
        offset: tuple[float, float] = (0.0, 0.0),
        patient: bool = True,
    ) -> ImageReads:
        self.asked.append((image.shape, only))
        self.patience.append(patient)
        quad = self.place(image, offset)
        if quad is None:
            return ImageReads()
        return ImageReads((FoundContainer(self.number, 0.99, self.accepted, True, True, None, positions(self.number, 1.0), quad),))
