"""The rectifier's network: the surroundings of a line in, the four corners of its lettering out."""

import torch
from torch import Tensor, nn

from gateway.ocr.rectifier import VIEW_HEIGHT, VIEW_WIDTH
from training.lettering.net import Conv, Kept


class RectifierNet(nn.Module):
    """N × 1 × VIEW_HEIGHT × VIEW_WIDTH, brightness with mean 0 and deviation about ½ → N × 4 × 2 corners, in view heights."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inside = 1
        for outside, kept in ((16, 0), (24, 1), (40, 1), (64, 1), (96, 1)):
            layers.append(Conv(inside, outside, (3, 3), (2, 2), (1, 1)))
            layers += [Kept(outside, (3, 3)) for _ in range(kept)]
            inside = outside
        self.body = nn.Sequential(*layers)
        seen = (VIEW_HEIGHT // 32) * (VIEW_WIDTH // 32) * inside
        self.head = nn.Sequential(nn.Linear(seen, 192), nn.ReLU(inplace=True), nn.Linear(192, 8))
        # Where the corners are on average.
        left, right, top, bottom = 0.15 * VIEW_WIDTH / VIEW_HEIGHT, 0.85 * VIEW_WIDTH / VIEW_HEIGHT, 0.25, 0.75
        middle = [[left, top], [right, top], [right, bottom], [left, bottom]]
        self.register_buffer("middle", torch.tensor(middle))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).flatten(1)).reshape(-1, 4, 2) + self.middle
