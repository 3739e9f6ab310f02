"""Train the recogniser on rendered pictures and write it as ONNX: `python -m training.lettering`.

Everything follows from the seed: the pictures by their number, the order by the step.
"""

import argparse
import logging
import time
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from gateway.ocr.brightness import LEAST_SPREAD, normalised
from gateway.ocr.glyphs import INDEX
from gateway.ocr.lettering import COLUMN, HEIGHT
from training.checkpoints import CHECKPOINTS, MODELS
from training.lettering.export import export
from training.lettering.feed import batches, chunk
from training.lettering.net import BLANK, LetteringNet
from training.lettering.rendering import Sample
from training.quantised import quantise

WIDTH_STEP: Final = 16
HELD_OUT: Final = 1 << 40  # pictures from this number on are for testing
PEAK_RATE: Final = 3e-3
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


def train(steps: int, seed: int, threads: int, processes: int, out: Path, beginning: Path | None = None) -> float:
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    net = LetteringNet()
    if beginning is not None:
        net.load_state_dict(torch.load(beginning))
    peak = PEAK_RATE if beginning is None else PEAK_RATE / 6
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGED), use_buffers=True
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=peak, weight_decay=0.02)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak, total_steps=steps, pct_start=0.08)
    loss_of = nn.CTCLoss(blank=BLANK, zero_infinity=True)
    held_out = chunk(HELD_OUT, seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net.to(device)
    mean.to(device)
    began, running = time.monotonic(), 0.0
    for step, samples in enumerate(batches(steps, seed, processes), 1):
        pictures = stacked(samples).to(device, memory_format=torch.channels_last)
        scores = net(pictures).log_softmax(2).transpose(0, 1).cpu()
        lengths = torch.tensor([sample.picture.shape[1] // COLUMN for sample in samples])
        targets = torch.tensor([INDEX[symbol] for sample in samples for symbol in sample.text])
        loss = loss_of(scores, targets, lengths, torch.tensor([len(sample.text) for sample in samples]))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        rate.step()
        mean.update_parameters(net)
        running += (float(loss.detach()) - running) / min(step, 100)
        if step % 500 == 0 or step == steps:
            share = exact(mean.module.to("cpu") if device.type == "cpu" else mean.module, held_out)
            log.info(
                "step %d of %d, %.0f s, loss %.3f, held-out exact %.3f",
                step,
                steps,
                time.monotonic() - began,
                running,
                share,
            )
            CHECKPOINTS.mkdir(exist_ok=True)
            torch.save(mean.module.state_dict(), CHECKPOINTS / "row.pt")
    final = mean.module.cpu().eval()
    export(final, out)
    quantise(out, [stacked(batch).numpy() for batch in held_out])
    return exact(final, held_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=9000, help="batches of 64 pictures")
    parser.add_argument("--seed", type=int, default=6346)
    parser.add_argument("--threads", type=int, default=1, help="of the network")
    parser.add_argument("--processes", type=int, default=1, help="that render")
    parser.add_argument("--from", dest="beginning", type=Path, help="a checkpoint to go on from, at a sixth of the rate")
    parser.add_argument("--out", type=Path, default=MODELS / "row.onnx", help="the ONNX file")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    share = train(given.steps, given.seed, given.threads, given.processes, given.out, given.beginning)
    log.info("%.1f %% of held-out pictures read without a mistake; written to %s", 100 * share, given.out)


if __name__ == "__main__":
    main()
