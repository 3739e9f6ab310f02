"""A network that OpenVINO runs. Its inference requests hold working memory, a hundred megabytes and more with a large network, so
there are as many as reads may go on at once, and they are lent to whoever calls instead of being kept by every thread."""

from bisect import bisect_left
from queue import SimpleQueue
from typing import Any, Final, cast

import cv2
import numpy as np
import openvino

from gateway.ocr.geometry import Image
from gateway.ocr.glyphs import Floats

STRIDE: Final = 32  # pixels; the finders take multiples of this
# OpenVINO makes its kernels anew for every shape of input that it has not seen, which takes longer than to run them: inputs are
# laid on canvases of few sizes.
SIDES: Final = (STRIDE, 64, 96, 128, 192, 256, 384, 512, 640, 768, 960, 1152, 1440)  # pixels
COUNTS: Final = (1, 2, 4, 8)  # inputs in one batch


def looked_at(image: Image, longest_side: int) -> Image:
    """The picture at the size at which a finder looks at it, `longest_side` pixels or a little more or less: both sides are
    multiples of `STRIDE`."""
    height, width = image.shape[:2]
    scale = longest_side / max(height, width)
    across, down = (max(1, round(side * scale / STRIDE)) * STRIDE for side in (width, height))
    return cast(Image, cv2.resize(image, (across, down), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def canvas_side(length: int) -> int:
    """The next of few sides, in pixels; beyond the last one, the next multiple of `STRIDE`."""
    place = bisect_left(SIDES, length)
    return SIDES[place] if place < len(SIDES) else -(-length // STRIDE) * STRIDE


def canvas_count(count: int) -> int:
    """The next of few sizes of a batch; beyond the last one, the number itself."""
    place = bisect_left(COUNTS, count)
    return COUNTS[place] if place < len(COUNTS) else count


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
