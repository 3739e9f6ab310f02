"""What can be wrong with a scene that somebody asks for.

SceneError
├── LookError      a truck, box or plate that cannot be drawn: an impossible length, size type, wear or number
└── FrameError     a frame that cannot be taken: a size of nothing
"""


class SceneError(ValueError):
    """Base of everything the renderer raises."""


class LookError(SceneError):
    """A truck or box that cannot be drawn. The message names the field and its value."""


class FrameError(SceneError):
    """A frame that cannot be taken. The message names what was asked."""
