"""The finder's network: a grey picture in, three maps at half its size out. A feature pyramid of plain convolutions.

Maps: the core of rows of lettering, the core of columns of stacked lettering (both in the manner of differentiable
binarisation, Liao et al. 2020), and how likely the lettering there is a container number, a size code or a plate.
"""

from torch import Tensor, nn

from gateway.ocr.places import MAPS
from training.lettering.net import Conv, Kept


def _halved(inside: int, outside: int) -> Conv:
    return Conv(inside, outside, (3, 3), (2, 2), (1, 1))


def _kept(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Kept(channels, (3, 3)) for _ in range(count)))


def _narrow(inside: int, outside: int) -> Conv:
    return Conv(inside, outside, (1, 1), (1, 1), (0, 0))


class FinderNet(nn.Module):
    """N × 1 × H × W, brightness with mean 0 and deviation about ½ → N × 3 × H/2 × W/2 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.to4 = nn.Sequential(_halved(1, 12), _halved(12, 24), _kept(24, 1))
        self.to8 = nn.Sequential(_halved(24, 48), _kept(48, 2))
        self.to16 = nn.Sequential(_halved(48, 72), _kept(72, 2))
        self.to32 = nn.Sequential(_halved(72, 96), _kept(96, 2), _narrow(96, 48))
        self.side16, self.side8, self.side4 = _narrow(72, 48), _narrow(48, 48), _narrow(24, 24)
        self.join16, self.join8 = _kept(48, 1), _kept(48, 1)
        self.down4 = _narrow(48, 24)
        self.join4 = _kept(24, 1)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.head = nn.Sequential(nn.Conv2d(24, MAPS * 4, 1), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        four = self.to4(x)
        eight = self.to8(four)
        sixteen = self.to16(eight)
        deep = self.to32(sixteen)
        deep = self.join16(self.up(deep) + self.side16(sixteen))
        deep = self.join8(self.up(deep) + self.side8(eight))
        return self.head(self.join4(self.up(self.down4(deep)) + self.side4(four)))
