"""Pictures of lines of lettering, as a text detector would cut them out: painted or pressed, worn, lit, tilted, blurred.

A picture is made in the order in which the world makes it: lettering, ground, wear, light, the camera's view, its lens, its
sensor, its compression. Everything is drawn from the generator that is passed in.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gateway.ocr.glyphs import HYPHEN, symbol_of
from gateway.ocr.lettering import ALONG, HEIGHT
from training.lettering.phrases import BOX, GAP, container_row, marking, plate
from training.lettering.plate_font import PlateFace

Grey = NDArray[np.uint8]
Grain = NDArray[np.float32]
Direction = Literal["row", "column"]

FONTS: Final = sorted((Path(__file__).parent.parent / "fonts").glob("*.ttf"))
CAP: Final = 40  # pixels of a capital in the drawing, before the camera
WIDEST: Final = 480  # pixels of a finished picture
PLATES: Final = 0.5  # the share of plates among the lines
FLAT: Final = 5.0  # grey levels of deviation below which nothing can be read: two in a hundred pictures, dark or faded


@dataclass(frozen=True, slots=True)
class Sample:
    """A finished picture, `HEIGHT` high, and what stands in it."""

    picture: Grey
    text: str


@lru_cache(maxsize=256)
def _font(path: Path) -> ImageFont.FreeTypeFont:
    trial = ImageFont.truetype(str(path), 200)
    _, top, _, bottom = trial.getbbox("H")
    return ImageFont.truetype(str(path), round(200 * CAP / (bottom - top)))


@lru_cache(maxsize=8192)
def _letter(path: Path, character: str) -> Grey:
    """A character as wide as its ink, with room for a cap height and a descender."""
    font = _font(path)
    _, top, _, _ = font.getbbox("H")
    left, _, right, _ = font.getbbox(character)
    picture = Image.new("L", (max(1, int(right - left)), round(CAP * 1.3)), 0)
    ImageDraw.Draw(picture).text((-left, -top), character, fill=255, font=font)
    return np.asarray(picture)


def _boxed(mask: Grey, rng: Generator) -> Grey:
    """The character with a frame around it, which may be missing a side or lie close to it."""
    width = mask.shape[1]
    room_x, room_y = (round(CAP * rng.uniform(0.1, 0.34)) for _ in range(2))
    thick = max(1, round(CAP * rng.uniform(0.04, 0.15)))
    full = np.zeros((CAP + 2 * (room_y + thick), width + 2 * (room_x + thick)), dtype=np.uint8)
    cv2.rectangle(full, (thick // 2, thick // 2), (full.shape[1] - 1 - thick // 2, full.shape[0] - 1 - thick // 2), 255, thick)
    inner = mask[:CAP]
    scale = rng.uniform(0.7, 1.0) if rng.random() < 0.3 else 1.0
    inner = cast(Grey, cv2.resize(inner, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    top, left = (full.shape[0] - inner.shape[0]) // 2, (full.shape[1] - inner.shape[1]) // 2
    place = full[top : top + inner.shape[0], left : left + inner.shape[1]]
    np.maximum(place, inner, out=place)
    if rng.random() < 0.08:
        side = int(rng.integers(4))
        band = thick + 2
        full[
            (slice(None, band), slice(-band, None), slice(None), slice(None))[side],
            (slice(None), slice(None), slice(None, band), slice(-band, None))[side],
        ] = 0
    return full


class Lettering:
    """The characters of one line, in one face, laid in a row or stacked."""

    def __init__(self, rng: Generator, direction: Direction) -> None:
        self._rng = rng
        self._direction = direction

    def draw(self, text: str, pressed: bool) -> tuple[Grain, str]:
        """The mask (0 to 1) with its label. Its middle row or column is the middle of the capitals."""
        rng = self._rng
        own = pressed and rng.random() < 0.8
        face = PlateFace(rng, CAP) if own else None
        path = FONTS[int(rng.integers(len(FONTS)))]
        narrow = rng.uniform(0.62, 1.15)
        tracking = CAP * (rng.uniform(0.04, 0.2) if pressed else rng.choice([rng.uniform(0.02, 0.16), rng.uniform(0.1, 0.45)]))
        space = CAP * (rng.uniform(0.25, 0.7) if rng.random() < 0.6 else rng.uniform(0.6, 2.4))
        cell = CAP * rng.uniform(0.36, 0.6) if pressed and not own else 0.0
        pieces: list[Grey] = []
        label, frame = [], False
        for character in text:
            if character == BOX:
                frame = True
                continue
            if character == GAP:
                pieces.append(self._gap(space))
                continue
            if character == HYPHEN and pressed:
                pieces.append(self._separator(tracking))
                label.append(HYPHEN)
                pieces.append(self._gap(tracking))
                continue
            mask = face.mask(character) if face else _letter(path, character)
            if not face:
                across = cell if cell and character not in "1I-" else mask.shape[1] * (1.0 if cell else narrow)
                mask = cast(Grey, cv2.resize(mask, (max(2, round(across)), mask.shape[0]), interpolation=cv2.INTER_AREA))
            pieces.append(_boxed(mask, rng) if frame else mask)
            frame = False
            label.append(symbol_of(character))
            pieces.append(self._gap(tracking))
        return self._joined(pieces), "".join(label)

    def _gap(self, size: float) -> Grey:
        length = max(1, round(size))
        return np.zeros((length, 1) if self._direction == "column" else (1, length), dtype=np.uint8)

    def _separator(self, tracking: float) -> Grey:
        """A dot or a hyphen at half height; some plates show none that can be seen, only the gap."""
        rng = self._rng
        size = round(CAP * rng.uniform(0.1, 0.2))
        across = size if rng.random() < 0.6 else round(CAP * rng.uniform(0.2, 0.36))
        mask = np.zeros((CAP, across + round(tracking * 0.4)), dtype=np.uint8)
        middle = CAP // 2 + round(CAP * rng.uniform(-0.06, 0.06))
        mask[middle - size // 2 : middle + (size + 1) // 2, :across] = 255 if rng.random() < 0.93 else 90
        return mask

    def _joined(self, pieces: list[Grey]) -> Grain:
        """Around a common middle: of the row's height, or of the column's width."""
        rng = self._rng
        column = self._direction == "column"
        half = CAP  # from the middle to the edge
        length = sum(piece.shape[0] if column else piece.shape[1] for piece in pieces)
        joined = np.zeros((length, 2 * half) if column else (2 * half, length), dtype=np.uint8)
        loose = rng.uniform(0, 0.04) * CAP
        at = 0
        for piece in pieces:
            step = piece.shape[0 if column else 1]
            across = piece.shape[1 if column else 0]
            lettered = not column and CAP < across <= round(CAP * 1.3)  # with room for a descender below the capitals
            middle = CAP // 2 if lettered else across // 2
            start = max(0, min(half - middle + round(rng.normal(0, 1) * loose), 2 * half - across))
            end = min(start + across, 2 * half)
            if column:
                joined[at : at + step, start:end] = piece[:, : end - start]
            else:
                joined[start:end, at : at + step] = piece[: end - start]
            at += step
        return joined.astype(np.float32) / np.float32(255)


def noise(rng: Generator, shape: tuple[int, int], grain: float) -> Grain:
    """Smooth noise, mean 0 and deviation about 1; `grain` is the size of its blotches, pixels."""
    height, width = max(2, int(shape[0] / grain) + 1), max(2, int(shape[1] / grain) + 1)
    coarse = rng.standard_normal((height, width), dtype=np.float32)
    return cast(Grain, cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC))


def worn(mask: Grain, rng: Generator) -> Grain:
    """Paint that has flaked off, and stencil bridges."""
    if rng.random() < 0.45:
        level = rng.uniform(1.0, 2.6)
        flakes = noise(rng, mask.shape, rng.uniform(1.5, 9.0))
        mask = mask * np.clip((level - flakes) * 3, 0, 1)
    if rng.random() < 0.12:
        mask = mask * np.clip(0.75 + 0.35 * noise(rng, mask.shape, 14.0), 0.15, 1)
    return mask


def _ground(rng: Generator, shape: tuple[int, int], pressed: bool) -> Grain:
    """The surface without lettering, as brightness around 0: corrugation, dirt, streaks, rods, seams."""
    width = shape[1]
    ground = noise(rng, shape, rng.uniform(20, 90)) * rng.uniform(0, 0.06) + noise(rng, shape, 2.0) * rng.uniform(0, 0.03)
    across = np.arange(width, dtype=np.float32)
    if not pressed and rng.random() < 0.4:  # corrugation, upright as on walls and doors
        pitch, phase = CAP * rng.uniform(0.8, 6.0), rng.uniform(0, 6.28)
        wave = np.clip(np.sin(across / pitch * 6.28 + phase) * rng.uniform(1, 5), -1, 1)
        ground = ground + wave[None, :] * rng.uniform(0.02, 0.2)
    if rng.random() < 0.3:  # streaks of rust and rain, downwards
        streaks = noise(rng, (2, width), rng.uniform(2, 8))[0]
        ground = ground - np.clip(streaks - 0.8, 0, 2)[None, :] * rng.uniform(0.05, 0.3)
    if rng.random() < 0.2:
        ground = ground - np.clip(noise(rng, shape, rng.uniform(6, 30)) - 1.2, 0, 1) * rng.uniform(0.1, 0.5)
    return ground.astype(np.float32)


def _light(picture: Grain, rng: Generator) -> Grain:
    height, width = picture.shape
    across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    if rng.random() < 0.5:
        picture = picture * (1 + (across / width - 0.5) * rng.uniform(-0.6, 0.6) + (down / height - 0.5) * rng.uniform(-0.5, 0.5))
    if rng.random() < 0.12:  # the edge of a shadow
        angle = rng.uniform(-1.2, 1.2)
        edge = rng.uniform(0, width) + (down - height / 2) * np.float32(np.tan(angle))
        picture = picture * np.where(across > edge, np.float32(1.0), np.float32(rng.uniform(0.4, 0.8)))
    if rng.random() < 0.06:  # a lamp's reflection
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), CAP * rng.uniform(0.3, 1.5)
        spot = np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * size**2)) * rng.uniform(0.2, 0.9)
        picture = picture + spot.astype(np.float32)
    return picture.astype(np.float32)


def _clutter(picture: Grain, rng: Generator, inked: float, pressed: bool) -> None:
    """What reaches into the crop beside the lettering: rods, edges, bolts, and pieces of other lines."""
    height, width = picture.shape
    if not pressed and rng.random() < 0.22:  # a door rod or a seam across the line
        thick = max(2, int(CAP * rng.uniform(0.05, 0.45)))
        begin = int(rng.uniform(0, width))
        band = picture[:, begin : begin + thick]
        shade = rng.uniform(0.0, 1.0)
        if rng.random() < 0.5:
            band[...] = band * 0.2 + shade * 0.8
        else:
            band *= rng.uniform(0.5, 1.6)
    edge = CAP * 0.45
    for _ in range(int(rng.integers(0, 4 if pressed else 3))):  # blotches, bolts, stickers near the margins
        x = rng.uniform(0, width)
        y = rng.choice([rng.uniform(0, edge), height - rng.uniform(0, edge)])
        size = CAP * rng.uniform(0.03, 0.22)
        cv2.ellipse(
            picture, ((x, y), (size * rng.uniform(0.5, 3), size), rng.uniform(0, 180)), float(rng.uniform(0, 1)), -1, cv2.LINE_AA
        )
    if rng.random() < 0.4:  # the feet or heads of the next line
        text = marking(rng)
        path = FONTS[int(rng.integers(len(FONTS)))]
        scale = rng.uniform(0.3, 1.0)
        at = rng.uniform(0, 0.6 * width)
        top = bool(rng.random() < 0.5)
        for character in text:
            mask = (
                cv2.resize(_letter(path, character), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
                / 255
            )
            reach = round(CAP * 0.3)
            part = mask[-reach:] if top else mask[:reach]
            left = round(at)
            if left + part.shape[1] >= width or part.shape[0] > height:
                break
            zone = (
                picture[: part.shape[0], left : left + part.shape[1]]
                if top
                else picture[-part.shape[0] :, left : left + part.shape[1]]
            )
            zone += (inked - zone) * part
            at += part.shape[1] + CAP * 0.1 * scale
    if pressed and rng.random() < 0.5:  # the plate ends, the vehicle begins
        around = float(rng.uniform(0, 1))
        rim = round(CAP * rng.uniform(0.02, 0.3))
        for zone in (picture[:rim], picture[-rim:], picture[:, :rim], picture[:, -rim:]):
            if rng.random() < 0.6:
                zone[...] = around


def render(rng: Generator, along: float = ALONG, plates: float = PLATES) -> Sample:
    """One picture of one line that can be seen at all, stretched `along` itself as its recogniser does. `plates`: how likely it is
    a plate's."""
    while True:
        sample = _drawn(rng, along, plates)
        if not sample.text or float(sample.picture.std()) >= FLAT:
            return sample


def _drawn(rng: Generator, along: float, plates: float) -> Sample:
    pressed = bool(rng.random() < plates)
    kind = rng.random()
    if pressed:
        text = plate(rng)
    elif kind < 0.7:
        text = container_row(rng)
    elif kind < 0.94:
        text = marking(rng)
    else:
        text = ""
    lettering = Lettering(rng, "row")
    mask, label = lettering.draw(text if text else GAP * int(rng.integers(1, 6)), pressed)
    room = [round(CAP * rng.uniform(0.05, 1.1 if rng.random() < 0.25 else 0.45)) for _ in range(2)]
    mask = np.pad(mask, ((0, 0), tuple(room)))
    mask = worn(mask, rng)
    ground_level, ink_level = levels(rng)
    ground = np.clip(_ground(rng, mask.shape, pressed) + ground_level, 0, 1.2)
    fade = 1 if rng.random() < 0.7 else rng.uniform(0.35, 1.0)
    picture = ground + (np.float32(ink_level) + (ground - ground_level) * np.float32(0.5) - ground) * (mask * np.float32(fade))
    if pressed and rng.random() < 0.5 and not (mask.shape[1] < 4):
        picture = picture * (1 - 0.2 * (np.roll(mask, 2, axis=0) - np.roll(mask, -2, axis=0)))
    elif rng.random() < 0.15:  # lettering on a dark patch, or outlined
        halo = cv2.dilate(mask, np.ones((5, 5), np.uint8)) - mask
        picture = picture + (rng.uniform(0, 1) - picture) * halo
    picture = np.ascontiguousarray(_light(picture.astype(np.float32), rng))
    _clutter(picture, rng, ink_level, pressed)
    return Sample(_photographed(picture, rng, along), label)


def levels(rng: Generator) -> tuple[float, float]:
    """Brightness of ground and lettering, 0 to 1; at least a little apart."""
    while True:
        ground, ink = rng.uniform(0.03, 0.97), rng.uniform(0.03, 0.97)
        if rng.random() < 0.5:
            ground, ink = (
                (rng.uniform(0.5, 0.95), rng.uniform(0.02, 0.3))
                if rng.random() < 0.5
                else (rng.uniform(0.05, 0.5), rng.uniform(0.6, 0.97))
            )
        if abs(ground - ink) > 0.12:
            return float(ground), float(ink)


def _photographed(picture: Grain, rng: Generator, stretch: float) -> Grey:
    """The line as the camera sees it and the detector cuts it."""
    across, along = picture.shape
    size = rng.uniform(0.5, 0.95) if rng.random() < 0.85 else rng.uniform(0.4, 1.08)  # of the crop's height: the capitals
    band = CAP / size  # pixels of the drawing that the crop is high
    middle = across / 2 + rng.normal(0, 0.07) * band * (1 - size * 0.5)
    tilt = rng.normal(0, 0.025)
    lean = rng.normal(0, 0.25 if rng.random() < 0.1 else 0.1)  # what the rectifier leaves, and what it never sees
    taper = rng.normal(0, 0.05)
    natural = along * HEIGHT / band * stretch * np.exp(rng.normal(0.02, 0.28))
    width = int(np.clip(round(natural), 12, WIDEST))
    # Corners of the crop in the drawing, along (u) and across (v) the line.
    top, bottom = middle - band / 2, middle + band / 2
    swing = np.clip(tilt * along, -0.3 * band, 0.3 * band)
    corners = [
        (0 - lean * band / 2, top - swing / 2 - taper * band), (along - lean * band / 2, top + swing / 2 + taper * band),
        (along + lean * band / 2, bottom + swing / 2 - taper * band), (0 + lean * band / 2, bottom - swing / 2 + taper * band),
    ]  # fmt: skip
    source = np.array(corners, dtype=np.float32)
    detail = min(
        float(np.exp(rng.uniform(np.log(12), np.log(56)))), HEIGHT * 1.4
    )  # pixels the crop is high in the camera's picture
    seen = seen_size(width, stretch, detail)
    shrink = band / detail
    if shrink > 1.2:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.42 * shrink).astype(np.float32)
    target = np.array([[0, 0], [seen[0], 0], [seen[0], seen[1]], [0, seen[1]]], dtype=np.float32)
    view = cv2.warpPerspective(
        picture, cv2.getPerspectiveTransform(source, target), seen, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if rng.random() < 0.25:  # a wide lens bends the line
        bend = rng.normal(0, 0.06) * seen[1]
        u = np.linspace(-1, 1, seen[0], dtype=np.float32)
        shift = bend * (u**2 - 0.4)
        grid_x, grid_y = np.meshgrid(np.arange(seen[0], dtype=np.float32), np.arange(seen[1], dtype=np.float32))
        view = cv2.remap(
            view, grid_x, grid_y + shift[None, :].astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return _sensed(np.asarray(view, dtype=np.float32), rng, width)


def seen_size(width: int, stretch: float, detail: float) -> tuple[int, int]:
    """The pixels, across and down, that a camera has for a line of `width` pixels as the recogniser sees it, `stretch`ed along
    itself. A camera's pixels are square: a line that is stretched later has no more of them."""
    return max(8, round(width / stretch * detail / HEIGHT)), max(6, round(detail))


def _sensed(view: Grain, rng: Generator, width: int) -> Grey:
    """Lens, sensor, compression; then as the engine scales it."""
    if rng.random() < 0.4:
        view = cv2.GaussianBlur(view, (0, 0), rng.uniform(0.3, 1.0) * max(1.0, view.shape[0] / 22)).astype(np.float32)
    if rng.random() < 0.12:
        length = int(rng.integers(2, 2 + max(2, view.shape[0] // 8)))
        kernel = np.ones((1, length) if rng.random() < 0.6 else (length, 1), np.float32) / length
        view = cv2.filter2D(view, -1, kernel).astype(np.float32)
    exposure = rng.uniform(0.15, 0.6) if rng.random() < 0.2 else rng.uniform(0.7, 1.35)
    view = view * exposure
    view = np.clip(view, 0, 1) ** rng.uniform(0.7, 1.5)
    view = view + rng.standard_normal(view.shape, dtype=np.float32) * (
        rng.uniform(0.0, 0.025) * min(1.0, 2 * exposure) if rng.random() < 0.8 else rng.uniform(0.02, 0.05)
    )
    grey = (np.clip(view, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.2:  # sharpened by the camera
        soft = cv2.GaussianBlur(grey, (0, 0), 1.2)
        grey = cv2.addWeighted(grey, 1.8, soft, -0.8, 0).astype(np.uint8)
    if rng.random() < 0.5:
        _, packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))])
        grey = cast(Grey, cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE))
    way = cv2.INTER_AREA if grey.shape[0] > HEIGHT else cv2.INTER_LINEAR
    return cast(Grey, cv2.resize(grey, (width, HEIGHT), interpolation=way))
