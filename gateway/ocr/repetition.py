"""Noticing that a camera shows nothing new: it sends, but always the same.

No sensor gives the very same picture twice, its noise sees to that. A camera whose sensor hangs sends its last picture for
ever, and a number in it would be read as that of the next vehicle.
"""

from collections import OrderedDict
from hashlib import blake2b
from typing import Final

from gateway.ocr.frame import Image

# An encoder makes slightly different pictures of the same one, until it repeats itself with every key frame: what was shown
# lately is known, at 5 pictures a second for 13 s.
KNOWN: Final = 64
EVERY: Final = 4  # pixels; noise is everywhere, and a sixteenth of them is compared in less than a millisecond
CONVINCING: Final = 3  # new pictures in a row: an encoder that repeats itself still changes one now and then
ASK_AGAIN_S: Final = 60.0  # a new connection may cure it; meanwhile it is watched, because a vehicle would be something new


class Repetition:
    """One camera's memory of what it showed, over all its connections. Not thread-safe: one thread looks at a time."""

    def __init__(self, longest_s: float) -> None:
        """`longest_s`: how long a camera may repeat itself; infinite where it may for ever."""
        self._longest_s = longest_s
        self._known: OrderedDict[bytes, float] = OrderedDict()  # when each was seen first
        self._since = 0.0
        self._new_in_a_row = 0
        self.repeats_after_s = 0.0  # how long before the latest picture the very same one was seen first
        self.frozen = False  # it has repeated itself for too long, and is not yet seen to do so no more

    def begin(self, now: float) -> None:
        """A connection begins, at `now` seconds."""
        self._since = now

    def see(self, image: Image, now: float) -> bool:
        """Whether patience with this connection ends: nothing new came for too long. `image`: the lane's region."""
        if self._longest_s == float("inf"):
            return False
        if self._is_new(image, now):
            self._since = now
            self._new_in_a_row += 1
            self.frozen &= self._new_in_a_row < CONVINCING
            return False
        self._new_in_a_row = 0
        ended = now - self._since > (ASK_AGAIN_S if self.frozen else self._longest_s)
        self.frozen |= ended
        return ended

    def _is_new(self, image: Image, now: float) -> bool:
        shown = blake2b(image[::EVERY, ::EVERY].tobytes(), digest_size=16).digest()
        new = shown not in self._known
        self.repeats_after_s = now - self._known.setdefault(shown, now)
        self._known.move_to_end(shown)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return new
