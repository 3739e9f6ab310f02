"""Train the rectifier on rendered views and write it as ONNX: `python -m training.rectifier`.

Everything follows from the seed, as in `training.lettering`.
"""

import logging
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from gateway.ocr.brightness import LEAST_SPREAD, normalised
from gateway.ocr.rectifier import VIEW_HEIGHT, VIEW_WIDTH
from training.checkpoints import MODELS
from training.course import Course, arguments, begun
from training.rectifier.feed import batches, some_views
from training.rectifier.net import RectifierNet
from training.rectifier.views import View

BATCH: Final = 64
HELD_OUT: Final = 1 << 40  # scenes from this number on are for testing
PEAK_RATE: Final = 2e-3
AVERAGED: Final = 0.998  # the weights that are written are a running mean
EXACT: Final = 0.03  # view heights of error from which the loss grows only linearly
NEAR: Final = 0.15  # of the capitals' height: a corner this near is as good as exact

log = logging.getLogger("training.rectifier")


def stacked(batch: list[View]) -> Tensor:
    return torch.from_numpy(np.stack([normalised(view.picture, LEAST_SPREAD) for view in batch]))[:, None]


def corners_of(batch: list[View]) -> Tensor:
    return torch.from_numpy(np.stack([view.corners for view in batch])) / VIEW_HEIGHT


def heights_of(corners: Tensor) -> Tensor:
    """Of the capitals, in view heights."""
    return ((corners[:, 3] - corners[:, 0]).norm(dim=1) + (corners[:, 2] - corners[:, 1]).norm(dim=1)) / 2


def loss_of(seen: Tensor, truth: Tensor) -> Tensor:
    """Errors in the capitals' heights: what the reading suffers from."""
    apart = nn.functional.smooth_l1_loss(seen, truth, beta=EXACT, reduction="none").sum((1, 2))
    return (apart / heights_of(truth).clamp(min=0.15)).mean()


@torch.no_grad()
def near(net: nn.Module, held_out: list[View]) -> float:
    """The share of lines whose corners are all near enough."""
    net.eval()
    truth = corners_of(held_out)
    seen = torch.cat([net(stacked(held_out[i : i + BATCH])) for i in range(0, len(held_out), BATCH)])
    apart = (seen - truth).norm(dim=2).amax(dim=1) / heights_of(truth)
    net.train()
    return float((apart < NEAR).float().mean())


def export(net: nn.Module, out: Path) -> None:
    """ONNX, for any number of views."""
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        net.eval(),
        (torch.zeros(1, 1, VIEW_HEIGHT, VIEW_WIDTH),),
        str(out),
        input_names=["views"],
        output_names=["corners"],
        dynamic_axes={"views": {0: "count"}, "corners": {0: "count"}},
        opset_version=17,
        dynamo=False,
    )


def train(steps: int, seed: int, threads: int, processes: int, out: Path, beginning: Path | None = None) -> float:
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    net = begun(RectifierNet(), beginning)
    course = Course(net, steps, PEAK_RATE if beginning is None else PEAK_RATE / 2, 0.02, AVERAGED)
    held_out = [view for i in range(8) for view in some_views(HELD_OUT + 1000 * i, seed)]
    for batch in batches(steps, BATCH, seed, processes):
        seen = net(stacked(batch).to(course.device, memory_format=torch.channels_last))
        course.learn(loss_of(seen, corners_of(batch).to(course.device)))
        if course.is_due(250):
            course.keep("rectifier", log, round(near(course.mean.cpu(), held_out), 3))
            course.mean.to(course.device)
    final = course.mean.cpu().eval()
    export(final, out)  # in full precision: in eight bits, corners that are a tenth of the height off cost more than the time saved
    return near(final, held_out)


def main() -> None:
    parser = arguments(__doc__, 8000, "64 views", "half")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    out = given.out or MODELS / "rectifier.onnx"
    share = train(given.steps, given.seed, given.threads, given.processes, out, given.beginning)
    log.info("%.1f %% of held-out lines with every corner near; written to %s", 100 * share, out)


if __name__ == "__main__":
    main()
