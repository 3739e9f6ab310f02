"""Camera drivers: one file each, joined in `drivers.py`."""

from gateway.ocr.cameras.drivers import CAMERA, CameraConfig

__all__ = ["CAMERA", "CameraConfig"]
