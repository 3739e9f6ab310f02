"""All camera drivers. A new one is one file with its settings and its source, and one line here."""

from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter

from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.cameras.mjpeg import MjpegCamera
from gateway.ocr.cameras.rtsp import RtspCamera
from gateway.ocr.cameras.snapshot import SnapshotCamera

CameraConfig = Annotated[FileCamera | MjpegCamera | SnapshotCamera | RtspCamera, Field(discriminator="type")]

# Refused input may be a URL with a password in it. Only the outermost model's setting counts: a site file needs it, too.
CAMERA: TypeAdapter[CameraConfig] = TypeAdapter(CameraConfig, config=ConfigDict(hide_input_in_errors=True))
