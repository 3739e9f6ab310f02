"""From the trained network to the file that the gate reads."""

from pathlib import Path

import torch
from torch import nn

from gateway.ocr.lettering import HEIGHT


class _Probabilities(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x).softmax(2)


def export(net: nn.Module, out: Path) -> None:
    """ONNX with probabilities instead of logits; any number of lines of any width."""
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        _Probabilities(net).eval(),
        (torch.zeros(2, 1, HEIGHT, 128),),
        str(out),
        input_names=["lines"],
        output_names=["symbols"],
        dynamic_axes={"lines": {0: "count", 3: "width"}, "symbols": {0: "count", 1: "columns"}},
        opset_version=17,
        dynamo=False,
    )
