"""All camera drivers. A new one is one file with its settings and its source, and one line here."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.cameras.mjpeg import MjpegCamera
from gateway.ocr.cameras.rtsp import RtspCamera
from gateway.ocr.cameras.snapshot import SnapshotCamera

CameraConfig = Annotated[FileCamera | MjpegCamera | SnapshotCamera | RtspCamera, Field(discriminator="type")]

CAMERA: TypeAdapter[CameraConfig] = TypeAdapter(CameraConfig)
