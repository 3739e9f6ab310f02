"""A network that OpenVINO runs. Its inference requests hold working memory, a hundred megabytes and more with a large network, so
there are as many as reads may go on at once, and they are lent to whoever calls instead of being kept by every thread."""

from queue import SimpleQueue
from typing import Any

import numpy as np
import openvino

from gateway.ocr.glyphs import Floats


class Network:
    """May be called from several threads at once; more calls than `parallel` wait for each other."""

    def __init__(self, core: openvino.Core, model: Any, threads: int | None, parallel: int) -> None:
        """`threads` of the processor for each of `parallel` reads; None leaves the number to OpenVINO. Raises RuntimeError where
        OpenVINO cannot compile the model."""
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if threads is not None:
            settings |= {"INFERENCE_NUM_THREADS": threads * parallel, "NUM_STREAMS": parallel}
        compiled = core.compile_model(model, "CPU", settings)
        self._requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(parallel):
            self._requests.put(compiled.create_infer_request())

    def __call__(self, values: Floats) -> Floats:
        """The first output for the first input."""
        request = self._requests.get()
        try:
            request.infer([values])
            return np.array(request.get_output_tensor(0).data, dtype=np.float32)  # a copy: the memory is the request's
        finally:
            self._requests.put(request)
