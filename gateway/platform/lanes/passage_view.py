"""A confirmation as its page shows it: each claim with the pictures beside it, as far as these have arrived. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.model.answer import ContainerAnswer, PlateAnswer, PlateRole, Sight
from gateway.model.observation import Quad
from gateway.model.wire import Confirmation
from gateway.platform.lanes.messages import ConfirmationState

Sizes = Mapping[str, tuple[int, int]]  # of the pictures that are here: width and height in pixels


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture beside a claim: `crop` is what is shown, `frame` what opens, `box` is drawn into the frame.

    `frame` is empty where nothing of it has arrived.
    """

    device: str
    frame: str = ""
    crop: str = ""
    box: Quad | None = None
    frame_size: tuple[int, int] | None = None
    at: datetime | None = None


def see(sight: Sight, sizes: Sizes) -> PictureView:
    """The sight with what has arrived of it. A crop without its frame opens by itself, without the box."""
    crop = sight.crop if sight.crop in sizes else ""
    if sight.picture in sizes:
        return PictureView(sight.device, sight.picture, crop, sight.box, sizes[sight.picture])
    return PictureView(sight.device, crop, crop, None, sizes.get(crop))


@dataclass(frozen=True, slots=True)
class Passage:
    """What both the list and the page of one passage show."""

    state: ConfirmationState
    sizes: Sizes
    sequences: tuple[int, ...] = ()  # under which its gate confirmed this passage; not looked up for the list

    @property
    def confirmation(self) -> Confirmation:
        return self.state.confirmation

    @property
    def address(self) -> str:
        return f"/passages/{self.confirmation.gate}/{self.confirmation.sequence}"

    @property
    def pictures(self) -> str:
        """Where its pictures are, for whoever sees the passage."""
        return f"{self.address}/pictures/"

    @property
    def before(self) -> str:
        """The address of what was confirmed of this passage before this record; empty where this is the first."""
        return self._address(min(self.sequences, default=self.confirmation.sequence))

    @property
    def since(self) -> str:
        """The address of what was confirmed of it since; empty where this record holds."""
        return self._address(max(self.sequences, default=self.confirmation.sequence))

    def _address(self, sequence: int) -> str:
        return f"/passages/{self.confirmation.gate}/{sequence}" if sequence != self.confirmation.sequence else ""

    @property
    def lane_title(self) -> str:
        return self.confirmation.lane_title or self.confirmation.lane

    @property
    def containers(self) -> tuple[ContainerAnswer, ...]:
        return self.confirmation.answer.containers

    @property
    def plate(self) -> PlateAnswer | None:
        """The tractor's plate; where none was told apart, whatever plate was read."""
        plates = self.confirmation.answer.plates
        return self.confirmation.answer.plate(PlateRole.TRACTOR) or next(iter(plates), None)

    @property
    def first_picture(self) -> PictureView | None:
        """The best that has arrived: the box number, else a plate, else any whole frame."""
        answers: tuple[ContainerAnswer | PlateAnswer, ...] = (*self.containers, *self.confirmation.answer.plates)
        seen = (view for answer in answers for view in self.sights(answer) if view.frame)
        return next(seen, None) or next((view for view in self.frames if view.frame), None)

    @property
    def frames(self) -> tuple[PictureView, ...]:
        """Every whole frame of the record, in order of time; those not yet here with an empty `frame`."""
        return tuple(
            PictureView(picture.device, picture.sha256, at=picture.at, frame_size=self.sizes[picture.sha256])
            if picture.sha256 in self.sizes
            else PictureView(picture.device, at=picture.at)
            for picture in self.confirmation.pictures
            if picture.role == "frame"
        )

    @property
    def sealing_pictures(self) -> tuple[tuple[PictureView, str], ...]:
        """The pictures of the confirmation of sealing, each with its role; those not yet here with an empty `frame`."""
        sealing = self.confirmation.sealing
        return tuple(
            (
                PictureView(
                    picture.device,
                    picture.sha256 if picture.sha256 in self.sizes else "",
                    box=picture.box,
                    frame_size=self.sizes.get(picture.sha256),
                    at=picture.at,
                ),
                picture.role,
            )
            for picture in (sealing.pictures if sealing else ())
        )

    def sights(self, answer: ContainerAnswer | PlateAnswer) -> tuple[PictureView, ...]:
        return tuple(see(sight, self.sizes) for sight in answer.sights)


def pictures_named(confirmation: Confirmation) -> set[str]:
    """Every picture that the record names, the answer's own sights included."""
    sights = [sight for box in confirmation.answer.containers for sight in box.sights]
    sights += [sight for plate in confirmation.answer.plates for sight in plate.sights]
    named = {picture.sha256 for picture in confirmation.pictures}
    return (named | {sight.picture for sight in sights} | {sight.crop for sight in sights}) - {""}
