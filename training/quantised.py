"""Eight-bit weights and activations for a trained network, measured on rendered pictures: about half the time on a gate PC."""

from collections.abc import Sequence
from pathlib import Path

import nncf
import numpy as np
import onnx
from numpy.typing import NDArray


def quantise(network: Path, pictures: Sequence[NDArray[np.float32]]) -> None:
    """Rewrite the ONNX file in place. `pictures`: inputs as the network takes them, to measure the activations' ranges on."""
    model = onnx.load(str(network))
    name = model.graph.input[0].name
    dataset = nncf.Dataset(list(pictures), lambda values: {name: values})
    small = nncf.quantize(model, dataset, subset_size=len(pictures), preset=nncf.QuantizationPreset.MIXED)
    onnx.save(small, str(network))
