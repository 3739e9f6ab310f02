"""The recogniser's network: a line of lettering in, a probability for every symbol at every column out (CTC, Graves et al. 2006).

Small on purpose. Convolutions only, and a view of about three characters: it must read what stands there, not guess words.
"""

from typing import Final

import torch
from torch import Tensor, nn

from gateway.ocr.glyphs import ALPHABET

CLASSES: Final = len(ALPHABET) + 1  # the last one is "nothing here"
BLANK: Final = len(ALPHABET)


class Conv(nn.Sequential):
    def __init__(
        self, inside: int, outside: int, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]
    ) -> None:
        super().__init__(
            nn.Conv2d(inside, outside, kernel, stride, padding, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
        )


class Kept(nn.Module):
    """A convolution whose input is added to its output."""

    def __init__(self, channels: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, kernel, 1, (kernel[0] // 2, kernel[1] // 2), bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.conv(x)))


class LetteringNet(nn.Module):
    """N × 1 × 32 × W, brightness with mean 0 and deviation about ½ → N × W/4 × 40 logits (`ALPHABET`, then nothing)."""

    def __init__(self, width: float = 1.0, deep: bool = False) -> None:
        """`deep`: two kept convolutions instead of one at three of the sizes."""
        super().__init__()
        a, b, c, d, e = (8 * round(width * channels / 8) for channels in (16, 40, 64, 96, 128))
        kept = 2 if deep else 1
        self.body = nn.Sequential(
            Conv(1, a, (3, 3), (2, 2), (1, 1)),
            Kept(a, (3, 3)),
            Conv(a, b, (3, 3), (2, 2), (1, 1)),
            *(Kept(b, (3, 3)) for _ in range(kept)),
            Conv(b, c, (3, 3), (2, 1), (1, 1)),
            *(Kept(c, (3, 3)) for _ in range(kept)),
            Conv(c, d, (3, 3), (2, 1), (1, 1)),
            *(Kept(d, (3, 3)) for _ in range(kept)),
            Conv(d, e, (2, 3), (1, 1), (0, 1)),
            Kept(e, (1, 5)),
            Kept(e, (1, 5)),
            nn.Dropout(0.1),
        )
        self.head = nn.Conv2d(e, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x)).squeeze(2).transpose(1, 2)
