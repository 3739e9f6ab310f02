"""What can go wrong between a camera and its reads.

OcrError
├── CameraError                 a camera, named, and the cause in words; what the lane and `gateway check` show
│   ├── CameraUnreachableError  cannot be connected to, or its file cannot be opened
│   ├── CameraLoginError        refuses the login, or the secret that the lane file points to cannot be read
│   ├── CameraSilentError       accepted the connection, but no picture came in time
│   ├── CameraFrozenError       sends, but shows nothing new: always the same picture
│   ├── CameraEndedError        the stream or the recording ended where it should not
│   └── CameraPictureError      what it sends is not a picture that can be used
├── PictureError                bytes that are not a usable picture: truncated, too large, of another format
├── FolderError                 a folder that was named holds no pictures
├── UnknownEngineError          no reading engine has this name
└── EngineLoadError             a reading engine's weights or runtime cannot be loaded
"""


class OcrError(Exception):
    """Base of everything this room raises."""


class CameraError(OcrError):
    """A camera does not give pictures. `cause` is fit for a person and never holds a secret."""

    def __init__(self, camera: str, cause: str) -> None:
        self.camera = camera
        self.cause = cause
        super().__init__(f"camera {camera}: {cause}")


class CameraUnreachableError(CameraError):
    pass


class CameraLoginError(CameraError):
    pass


class CameraSilentError(CameraError):
    pass


class CameraFrozenError(CameraError):
    pass


class CameraEndedError(CameraError):
    pass


class CameraPictureError(CameraError):
    pass


class PictureError(OcrError):
    """Bytes that are not a usable picture; the message says why, not where they came from."""


class FolderError(OcrError):
    """A folder that was named holds no pictures."""


class UnknownEngineError(OcrError):
    """No reading engine has this name."""


class EngineLoadError(OcrError):
    """A reading engine's weights or runtime cannot be loaded."""
