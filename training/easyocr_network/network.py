"""The recogniser as EasyOCR calls it. The exporter copies this file beside the weights; alone it needs nothing but PyTorch.

EasyOCR gives brightness from −1 to 1, every line padded on its right by its last column, and takes class 0 for "nothing here".
The recogniser was trained on lines of mean 0 and deviation ½, padded by 0, and its last class is nothing.
"""

from typing import Final

import torch
from torch import Tensor, nn

from training.lettering.net import CLASSES, LetteringNet

LEAST_SPREAD: Final = 4.0 / 127.5  # a flat line is not blown up to noise


class Model(nn.Module):
    """EasyOCR's interface: N × 1 × H × W brightness and a text that is not used → N × columns × classes, logits. `height`: to
    which the lines are squeezed, so that they are as stretched as in training."""

    def __init__(self, num_class: int, height: int) -> None:
        super().__init__()
        if num_class != CLASSES:
            raise ValueError(f"the network tells {CLASSES} classes apart, the list of characters names {num_class}")
        self.height = height
        self.net = LetteringNet()

    def forward(self, lines: Tensor, _text: Tensor) -> Tensor:
        squeezed = nn.functional.interpolate(lines, (self.height, lines.shape[3]), mode="bilinear", antialias=True)
        return self.net(_normalised(squeezed, _used(lines))).roll(1, dims=2)


def _used(lines: Tensor) -> Tensor:
    """1 for the columns of a line and 0 for its padding, N × 1 × 1 × W."""
    repeated = (lines == lines[..., -1:]).all(dim=2, keepdim=True).to(lines.dtype)
    padding = repeated.flip(3).cumprod(3).flip(3)
    return 1 - torch.cat([torch.zeros_like(padding[..., :1]), padding[..., :-1]], dim=3)  # the last column itself is seen once


def _normalised(lines: Tensor, used: Tensor) -> Tensor:
    count = used.sum(dim=3, keepdim=True) * lines.shape[2]
    mean = (lines * used).sum(dim=(2, 3), keepdim=True) / count
    centred = (lines - mean) * used
    spread = (centred.square().sum(dim=(2, 3), keepdim=True) / count).sqrt()
    return centred / (2 * spread.clamp(min=LEAST_SPREAD))
