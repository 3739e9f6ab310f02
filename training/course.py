"""How every network of ours learns: AdamW on one cycle of the rate, gradients clipped, a running mean of the weights kept."""

import argparse
import logging
import time
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from training.checkpoints import CHECKPOINTS

SHOWN: Final = 100  # steps over which the loss that is shown is averaged


class Course:
    """`net` learns; `mean` is what is tested and written."""

    def __init__(self, net: nn.Module, steps: int, peak: float, decay: float, averaged: float) -> None:
        """`peak`: the highest rate; `decay`: of weights; `averaged`: the share of the mean that every step keeps."""
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = net.to(self.device)
        averaging = torch.optim.swa_utils.get_ema_multi_avg_fn(averaged)
        self._mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=averaging, use_buffers=True)
        self._optimiser = torch.optim.AdamW(net.parameters(), lr=peak, weight_decay=decay)
        self._rate = torch.optim.lr_scheduler.OneCycleLR(self._optimiser, peak, total_steps=steps, pct_start=0.08)
        self._steps = steps
        self._begun = time.monotonic()
        self.step = 0
        self.loss = 0.0

    @property
    def mean(self) -> nn.Module:
        return self._mean.module

    def learn(self, loss: Tensor) -> None:
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self._optimiser.step()
        self._rate.step()
        self._mean.update_parameters(self.net)
        self.step += 1
        self.loss += (float(loss.detach()) - self.loss) / min(self.step, SHOWN)

    def is_due(self, every: int) -> bool:
        """Whether it is time to test and to keep what was learnt."""
        return self.step % every == 0 or self.step == self._steps

    def keep(self, name: str, log: logging.Logger, shares: object) -> None:
        """Tell how far it is, and write the mean."""
        log.info(
            "step %d of %d, %.0f s, loss %.3f, held out %s",
            self.step,
            self._steps,
            time.monotonic() - self._begun,
            self.loss,
            shares,
        )
        CHECKPOINTS.mkdir(exist_ok=True)
        torch.save(self.mean.state_dict(), CHECKPOINTS / f"{name}.pt")


def begun(net: nn.Module, beginning: Path | None) -> nn.Module:
    """The network, with a checkpoint's weights where one is given."""
    if beginning is not None:
        net.load_state_dict(torch.load(beginning))
    return net


def arguments(description: str | None, steps: int, batch: str, slower: str) -> argparse.ArgumentParser:
    """What every training is told. `batch`: what a step is; `slower`: the share of the rate from a checkpoint on."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=steps, help=f"batches of {batch}")
    parser.add_argument("--seed", type=int, default=6346)
    parser.add_argument("--threads", type=int, default=1, help="of the network")
    parser.add_argument("--processes", type=int, default=1, help="that render")
    parser.add_argument("--from", dest="beginning", type=Path, help=f"a checkpoint to go on from, at {slower} of the rate")
    parser.add_argument("--out", type=Path, help="the ONNX file; without it, the one that the gate reads with")
    return parser
