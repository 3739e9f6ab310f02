"""A wall to paint on, measured in metres from its top left corner."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from gateway.simulator.scene.faces import Face, fitted_mask, text_mask
from gateway.simulator.scene.looks import Colour
from gateway.simulator.scene.pixels import Grain, Picture, as_grain, bgr, cover_at, plain, seeded
from gateway.simulator.scene.wear import chipped


@dataclass
class Canvas:
    """`picture` is painted in place. `alpha` says where there is anything at all; None: everywhere."""

    width: float
    height: float
    ppm: float
    base: Colour = (0, 0, 0)
    see_through: bool = False
    picture: Picture = field(init=False)
    alpha: Grain | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.picture = plain(self.px(self.height), self.px(self.width), self.base)
        if self.see_through:
            self.alpha = np.zeros(self.picture.shape[:2], dtype=np.float32)

    def px(self, metres: float) -> int:
        return round(metres * self.ppm)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle."""
        first, second = (self.px(x), self.px(y)), (self.px(x + width) - 1, self.px(y + height) - 1)
        cv2.rectangle(self.picture, first, second, bgr(colour), -1)
        if self.alpha is not None:
            cv2.rectangle(self.alpha, first, second, 1.0, -1)

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        corners = [np.array([(self.px(x), self.px(y)) for x, y in points], dtype=np.int32)]
        cv2.fillPoly(self.picture, corners, bgr(colour), cv2.LINE_AA)
        if self.alpha is not None:
            cv2.fillPoly(self.alpha, corners, 1.0, cv2.LINE_AA)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        centre, pixels = (self.px(x), self.px(y)), max(1, self.px(radius))
        cv2.circle(self.picture, centre, pixels, bgr(colour), -1, cv2.LINE_AA)
        if self.alpha is not None:
            cv2.circle(self.alpha, centre, pixels, 1.0, -1, cv2.LINE_AA)

    def line(self, start: tuple[float, float], end: tuple[float, float], thickness: float, colour: Colour) -> None:
        first, second = (self.px(start[0]), self.px(start[1])), (self.px(end[0]), self.px(end[1]))
        cv2.line(self.picture, first, second, bgr(colour), max(1, self.px(thickness)), cv2.LINE_AA)
        if self.alpha is not None:
            cv2.line(self.alpha, first, second, 1.0, max(1, self.px(thickness)), cv2.LINE_AA)

    def frame(self, x: float, y: float, width: float, height: float, *, thickness: float, colour: Colour) -> None:
        """An outline."""
        first, second = (self.px(x), self.px(y)), (self.px(x + width) - 1, self.px(y + height) - 1)
        cv2.rectangle(self.picture, first, second, bgr(colour), max(1, self.px(thickness)), cv2.LINE_AA)

    def tube(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A round bar: bright along its middle, dark at its edges; upright when higher than wide."""
        upright = height > width
        self.box(x, y, width, height, colour)
        area = self.picture[self.px(y) : self.px(y + height), self.px(x) : self.px(x + width)]
        if area.size:
            across = np.linspace(-1, 1, area.shape[1] if upright else area.shape[0])
            glow = 0.5 + 0.75 * np.sqrt(np.clip(1 - (across * 0.85 + 0.2) ** 2, 0, 1))
            area[:] = np.clip(area * (glow[None, :, None] if upright else glow[:, None, None]), 0, 255)

    def shadow(self, x: float, y: float, width: float, height: float, strength: float) -> None:
        """Darken a rectangle, softly at its edges."""
        soft = max(1, self.px(0.012))
        x0, y0, x1, y1 = self.px(x), self.px(y), self.px(x + width), self.px(y + height)
        area = self.picture[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
        if area.size:
            mask = np.full(area.shape[:2], strength, dtype=np.float32)
            mask = as_grain(cv2.blur(mask, (2 * soft + 1, 2 * soft + 1), borderType=cv2.BORDER_CONSTANT))
            area[:] = area * (1 - mask[..., None])

    def text(
        self,
        text: str,
        face: Face,
        x: float,
        y: float,
        *,
        cap: float,
        colour: Colour,
        tracking: float = 0.06,
        fit: float | None = None,
        worn: tuple[str, float] | None = None,
    ) -> float:
        """Letters with their capitals' top left at (x, y), `cap` metres high; gives the width drawn, metres.

        `fit`: narrow them to this width if need be. `worn`: chip them, seeded by this word, as far as this wear.
        """
        pixels = max(1, self.px(cap))
        mask = text_mask(text, face, pixels, tracking) if fit is None else fitted_mask(text, face, pixels, tracking, self.px(fit))
        if worn is not None:
            mask = chipped(mask, seeded(worn[0], text), worn[1], self.ppm)
        cover_at(self.picture, colour, mask, self.px(x), self.px(y))
        return float(mask.shape[1]) / self.ppm

    def stamp(self, patch: Picture, x: float, y: float) -> None:
        """Copy a finished patch (a plate, a sticker) onto the wall; what lies outside is cut off."""
        left, top = self.px(x), self.px(y)
        area = self.picture[max(0, top) : top + patch.shape[0], max(0, left) : left + patch.shape[1]]
        area[:] = patch[max(0, -top) : max(0, -top) + area.shape[0], max(0, -left) : max(0, -left) + area.shape[1]]
        if self.alpha is not None:
            self.alpha[max(0, top) : top + patch.shape[0], max(0, left) : left + patch.shape[1]] = 1.0
