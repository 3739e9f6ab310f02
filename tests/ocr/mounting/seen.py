"""What a camera saw, for the tests of its mounting: numbers at known places, and looks that were never taken."""

from gateway.model.observation import Quad
from gateway.ocr.frame import Image
from gateway.ocr.mounting.lettering import Lettering
from gateway.ocr.mounting.looks import FrameLook, NumberLook, Subject
from gateway.ocr.mounting.picture import PictureLook
from tests.ocr.stand_in import StandInReader

NUMBER = "TEMU9221353"
QUAD: Quad = ((100.0, 100.0), (400.0, 100.0), (400.0, 140.0), (100.0, 140.0))
PICTURE = PictureLook(blockiness=1.2, brightness=200.0, glare=0.0, focus=2.0)
GOOD = Lettering(
    rotation=1.0,
    clipped=0.0,
    height=36.0,
    slant=2.0,
    slimness=0.5,
    edge_along=2.0,
    edge_across=2.4,
    ink=220.0,
    ground=90.0,
)


class KnowingReader(StandInReader):
    """Says what stands where, whatever the picture looks like. `quad` None: nothing."""

    def __init__(self, quad: Quad | None, number: str = NUMBER, accepted: bool = True) -> None:
        super().__init__(number, accepted)
        self.quad = quad

    def place(self, image: Image, offset: tuple[float, float]) -> Quad | None:
        return self.quad


def number_look(
    lettering: Lettering = GOOD, number: str = NUMBER, accepted: bool = True, subject: Subject = Subject.CONTAINERS
) -> NumberLook:
    return NumberLook(subject, number, number, accepted, 0.9, QUAD, lettering)


def frame_look(index: int, *numbers: NumberLook, at_s: float | None = None, picture: PictureLook = PICTURE) -> FrameLook:
    """The lane looks five times a second."""
    return FrameLook(index, index / 5 if at_s is None else at_s, (1280, 720), numbers, picture, "")
