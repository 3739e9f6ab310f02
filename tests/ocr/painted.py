"""Pictures that the tests paint themselves: numbers on flat and corrugated steel, and plates on vehicles."""

from typing import Final

import cv2
import numpy as np

from gateway.ocr.geometry import Image

FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
WHITE: Final = (240, 240, 240)
BLACK: Final = (20, 20, 20)


def steel(width: int = 960, height: int = 540, colour: tuple[int, int, int] = (60, 50, 130), corrugated: bool = False) -> Image:
    """A box's wall (blue green red), flat or with upright ribs."""
    wall = np.empty((height, width, 3), dtype=np.uint8)
    wall[:] = colour
    if corrugated:
        ribs = (14 * np.sin(np.arange(width) / 11)).astype(np.int16)
        wall = np.clip(wall.astype(np.int16) + ribs[None, :, None], 0, 255).astype(np.uint8)
    return wall


def write(picture: Image, text: str, left: int, baseline: int, scale: float = 1.6, colour: tuple[int, int, int] = WHITE) -> None:
    cv2.putText(picture, text, (left, baseline), FONT, scale, colour, max(2, round(scale * 2.5)), cv2.LINE_AA)


def write_down(picture: Image, text: str, left: int, top: int, step: int = 44, scale: float = 1.3) -> None:
    """Stacked upright characters; a space leaves half a step."""
    y = top
    for character in text:
        if character == " ":
            y += step // 2
            continue
        (width, _), _ = cv2.getTextSize(character, FONT, scale, 3)
        cv2.putText(picture, character, (left + (30 - width) // 2, y), FONT, scale, WHITE, 3, cv2.LINE_AA)
        y += step


def boxed(picture: Image, digit: str, left: int, baseline: int, scale: float = 1.6) -> None:
    """A check digit in its frame."""
    (width, height), _ = cv2.getTextSize(digit, FONT, scale, 4)
    write(picture, digit, left, baseline, scale)
    cv2.rectangle(picture, (left - 12, baseline - height - 12), (left + width + 10, baseline + 12), WHITE, 3)


def plate(picture: Image, text: str, left: int, top: int, width: int = 300, height: int = 110, scale: float = 1.7) -> None:
    """A white plate with black characters."""
    cv2.rectangle(picture, (left, top), (left + width, top + height), (235, 235, 235), -1)
    cv2.rectangle(picture, (left, top), (left + width, top + height), BLACK, 2)
    (across, up), _ = cv2.getTextSize(text, FONT, scale, 5)
    cv2.putText(picture, text, (left + (width - across) // 2, top + (height + up) // 2), FONT, scale, BLACK, 5, cv2.LINE_AA)
