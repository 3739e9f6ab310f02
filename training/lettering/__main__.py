"""Train a recogniser on rendered pictures and write it as ONNX: `python -m training.lettering`, and `--wide` for the second one.

Everything follows from the seed: the pictures by their number, the order by the step.
"""

import logging
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from gateway.ocr.brightness import LEAST_SPREAD, normalised
from gateway.ocr.glyphs import INDEX
from gateway.ocr.lettering import ALONG, ALONG_WIDE, COLUMN, HEIGHT, ROWS, WIDE_ROWS
from training.checkpoints import MODELS
from training.course import Course, arguments, begun
from training.lettering.export import export
from training.lettering.feed import batches, chunk
from training.lettering.net import BLANK, LetteringNet
from training.lettering.rendering import PLATES, Sample
from training.quantised import quantise

WIDTH_STEP: Final = 16
HELD_OUT: Final = 1 << 40  # pictures from this number on are for testing
PEAK_RATE: Final = 3e-3
PLATES_WIDE: Final = 0.9  # the second recogniser reads nothing but plates
AVERAGED: Final = 0.9985  # the weights that are written are a running mean

log = logging.getLogger("training.lettering")


def stacked(samples: list[Sample]) -> Tensor:
    widest = max(sample.picture.shape[1] for sample in samples)
    width = -(-widest // WIDTH_STEP) * WIDTH_STEP
    batch = np.zeros((len(samples), 1, HEIGHT, width), dtype=np.float32)
    for row, sample in enumerate(samples):
        batch[row, 0, :, : sample.picture.shape[1]] = normalised(sample.picture, LEAST_SPREAD)
    return torch.from_numpy(batch)


def decoded(logits: Tensor, widths: list[int]) -> list[str]:
    """The likeliest symbol of every column, repetitions and empty columns left out."""
    symbols = {index: symbol for symbol, index in INDEX.items()}
    texts = []
    for row, width in zip(logits.argmax(2).tolist(), widths, strict=True):
        used = row[: width // COLUMN]
        texts.append("".join(symbols[now] for now, before in zip(used, [BLANK, *used], strict=False) if now not in (BLANK, before)))
    return texts


@torch.no_grad()
def exact(net: nn.Module, held_out: list[list[Sample]]) -> float:
    """The share of held-out pictures read without a mistake."""
    net.eval()
    right = total = 0
    for batch in held_out:
        texts = decoded(net(stacked(batch)), [sample.picture.shape[1] for sample in batch])
        right += sum(text == sample.text for text, sample in zip(texts, batch, strict=True))
        total += len(batch)
    net.train()
    return right / total


def train(
    steps: int, seed: int, threads: int, processes: int, out: Path, *, wide: bool = False, beginning: Path | None = None
) -> float:
    along, plates = (ALONG_WIDE, PLATES_WIDE) if wide else (ALONG, PLATES)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    net = begun(LetteringNet(deep=wide), beginning)
    course = Course(net, steps, PEAK_RATE if beginning is None else PEAK_RATE / 6, 0.02, AVERAGED)
    loss_of = nn.CTCLoss(blank=BLANK, zero_infinity=True)
    held_out = chunk(HELD_OUT, seed, along, plates)
    for samples in batches(steps, seed, processes, along, plates):
        pictures = stacked(samples).to(course.device, memory_format=torch.channels_last)
        scores = net(pictures).log_softmax(2).transpose(0, 1).cpu()
        lengths = torch.tensor([sample.picture.shape[1] // COLUMN for sample in samples])
        targets = torch.tensor([INDEX[symbol] for sample in samples for symbol in sample.text])
        course.learn(loss_of(scores, targets, lengths, torch.tensor([len(sample.text) for sample in samples])))
        if course.is_due(500):
            course.keep(out.stem, log, round(exact(course.mean.cpu(), held_out), 3))
            course.mean.to(course.device)
    final = course.mean.cpu().eval()
    export(final, out)
    quantise(out, [stacked(batch).numpy() for batch in held_out])
    return exact(final, held_out)


def main() -> None:
    parser = arguments(__doc__, 9000, "64 pictures", "a sixth")
    parser.add_argument("--wide", action="store_true", help="the second recogniser: deeper, and for lines that are stretched more")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    out = given.out or MODELS / f"{WIDE_ROWS if given.wide else ROWS}.onnx"
    share = train(given.steps, given.seed, given.threads, given.processes, out, wide=given.wide, beginning=given.beginning)
    log.info("%.1f %% of held-out pictures read without a mistake; written to %s", 100 * share, out)


if __name__ == "__main__":
    main()
