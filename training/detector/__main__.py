"""Train the finder of lettering on rendered pictures and write it as ONNX: `python -m training.detector`.

Everything follows from the seed, as in `training.lettering`.
"""

import logging
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from gateway.ocr.brightness import LEAST_SCENE_SPREAD, normalised
from gateway.ocr.network import STRIDE
from gateway.ocr.places import COLUMN, NUMBER, ROW
from training.checkpoints import MODELS
from training.course import Course, arguments, begun
from training.detector.feed import scene, scenes
from training.detector.net import FinderNet
from training.detector.scenes import Scene
from training.quantised import quantise

BATCH: Final = 8
HELD_OUT: Final = 1 << 40  # pictures from this number on are for testing
PEAK_RATE: Final = 3e-3
AVERAGED: Final = 0.998  # the weights that are written are a running mean
PRESENT: Final = 2.0  # weight of a pixel of lettering against one of ground

log = logging.getLogger("training.detector")


def stacked(batch: list[Scene]) -> Tensor:
    return torch.from_numpy(np.stack([normalised(one.picture, LEAST_SCENE_SPREAD) for one in batch]))[:, None]


def loss_of(logits: Tensor, maps: Tensor, counted: Tensor) -> Tensor:
    """Cross-entropy and overlap (dice) of the two cores; cross-entropy of the number-likeness where there is lettering."""
    cores, truth = logits[:, (ROW, COLUMN)], maps[:, (ROW, COLUMN)]
    weight = (1 + (PRESENT - 1) * truth) * counted[:, None]
    crossed = nn.functional.binary_cross_entropy_with_logits(cores, truth, reduction="none")
    hard = (crossed * weight).flatten(1).topk(crossed[0].numel() // 8, dim=1).values.mean()
    share = torch.sigmoid(cores) * counted[:, None]
    truth = truth * counted[:, None]
    overlap = 1 - (2 * (share * truth).sum((0, 2, 3)) + 1) / (share.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 1)
    asked = ((maps[:, NUMBER] - 0.5).abs() > 0.3).float()
    likeness = nn.functional.binary_cross_entropy_with_logits(logits[:, NUMBER], maps[:, NUMBER], reduction="none")
    return hard * 4 + overlap.sum() + 0.5 * (likeness * asked).sum() / (asked.sum() + 1)


@torch.no_grad()
def overlap(net: nn.Module, held_out: list[Scene]) -> list[float]:
    """Intersection over union of rows and columns, and how often the number-likeness is right."""
    net.eval()
    inside, either, right, asked = np.zeros(2), np.zeros(2), 0, 0
    for i in range(0, len(held_out), BATCH):
        batch = held_out[i : i + BATCH]
        logits = net(stacked(batch)).numpy()
        maps = np.stack([one.maps for one in batch])
        for which in (ROW, COLUMN):
            seen, truth = logits[:, which] > 0, maps[:, which] > 127
            inside[which] += (seen & truth).sum()
            either[which] += (seen | truth).sum()
        sure = np.abs(maps[:, NUMBER].astype(int) - 128) > 100
        right += int(((logits[:, NUMBER] > 0) == (maps[:, NUMBER] > 128))[sure].sum())
        asked += int(sure.sum())
    net.train()
    return [*(inside / either).tolist(), right / max(asked, 1)]


def export(net: nn.Module, out: Path) -> None:
    """ONNX with probabilities instead of logits, for any number of pictures of any size that `STRIDE` divides."""
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        nn.Sequential(net, nn.Sigmoid()).eval(),
        (torch.zeros(1, 1, 4 * STRIDE, 4 * STRIDE),),
        str(out),
        input_names=["pictures"],
        output_names=["maps"],
        dynamic_axes={"pictures": {0: "count", 2: "height", 3: "width"}, "maps": {0: "count", 2: "height", 3: "width"}},
        opset_version=17,
        dynamo=False,
    )


def train(steps: int, seed: int, threads: int, processes: int, out: Path, beginning: Path | None = None) -> None:
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    net = begun(FinderNet(), beginning)
    course = Course(net, steps, PEAK_RATE if beginning is None else PEAK_RATE / 2, 0.01, AVERAGED)
    held_out = [scene(HELD_OUT + i, seed) for i in range(64)]
    batch: list[Scene] = []
    for one in scenes(steps * BATCH, seed, processes):
        batch.append(one)
        if len(batch) < BATCH:
            continue
        maps = torch.from_numpy(np.stack([each.maps for each in batch])).to(course.device).float() / 255
        counted = torch.from_numpy(np.stack([each.counted for each in batch])).to(course.device).float() / 255
        course.learn(loss_of(net(stacked(batch).to(course.device, memory_format=torch.channels_last)), maps, counted))
        batch = []
        if course.is_due(200):
            course.keep("finder", log, np.round(overlap(course.mean.cpu(), held_out), 3))
            course.mean.to(course.device)
    export(course.mean.cpu(), out)
    quantise(out, [stacked([one]).numpy() for one in held_out])


def main() -> None:
    parser = arguments(__doc__, 3000, "8 pictures", "half")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(given.steps, given.seed, given.threads, given.processes, given.out or MODELS / "finder.onnx", given.beginning)


if __name__ == "__main__":
    main()
