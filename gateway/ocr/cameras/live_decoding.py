"""From the packets of a live stream to pictures: only whole ones, and only as many as somebody wants.

Most pictures of a stream say only what has changed since the one before. Where a packet gets lost, a picture therefore shows
parts of older ones, half of one number and half of another, until the next key frame: such pictures are withheld. And who wants
but a few pictures still has to decode all of them, unless key frames will do.
"""

from collections.abc import Iterator
from typing import Any, Final

import av

# While nothing happens, key frames are enough to notice a vehicle, if they come often: at walking pace it moves 1.5 m meanwhile.
KEY_OFTEN_S: Final = 1.1
MOST_SKIPPED_BYTES: Final = 8 << 20  # what key frames every second leave out is about 1 MiB; a stream that lies is decoded
GAP: Final = 1.5  # of the usual time between two pictures: at least one of them is missing


class LiveDecoding:
    """Decodes one stream, every packet of which comes here in the order of its arrival. Belongs to the thread that receives."""

    def __init__(self, patience_s: float) -> None:
        """`patience_s`: how long a camera may be silent; key frames must come well within it."""
        self._key_often_s = min(KEY_OFTEN_S, patience_s / 3)
        self._key_at: float | None = None  # in the stream's own time, as all times here
        self._key_every_s: float | None = None
        self._last_at: float | None = None
        self._step_s = 0.0
        self._in_order = True
        self._skipped: list[Any] = []
        self._skipped_bytes = 0
        self.torn = False  # a picture is missing or incomplete, and no whole key frame has come since

    def frames(self, packet: Any, attentive: bool) -> Iterator[Any]:
        """The whole pictures of a packet. Not `attentive`, only those of key frames, where these come often."""
        at = float(packet.pts * packet.time_base) if packet.pts is not None else None
        self._look_for_gap(at)
        if packet.is_keyframe:
            self._note_key(at)
        elif not attentive and self._skippable(packet, at):
            self._skipped.append(packet)
            self._skipped_bytes += packet.size
            return
        for skipped in self._taken_up():
            self._whole(skipped)  # later pictures build on it, itself it is old
        yield from self._whole(packet)

    def _whole(self, packet: Any) -> list[Any]:
        try:
            frames = list(packet.decode())
        except av.FFmpegError:
            self.torn = True
            return []
        return [frame for frame in frames if self._is_whole(frame)]

    def _is_whole(self, frame: Any) -> bool:
        if frame.is_corrupt:
            self.torn = True
        elif frame.key_frame:
            self.torn = False
        return not self.torn

    def _look_for_gap(self, at: float | None) -> None:
        """A picture that is missing altogether shows only in the times of the others. Where these go back and forth (pictures
        that refer to later ones) it does not show.
        """
        if at is None:
            return
        if self._last_at is not None:
            step = at - self._last_at
            self._in_order &= step > 0
            self.torn |= self._in_order and 0 < self._step_s * GAP < step
            self._step_s = step
        self._last_at = at

    def _note_key(self, at: float | None) -> None:
        self._taken_up()
        if at is not None and self._key_at is not None:
            self._key_every_s = at - self._key_at
        self._key_at = at

    def _skippable(self, packet: Any, at: float | None) -> bool:
        if at is None or self._key_at is None or self._key_every_s is None:
            return False
        often = 0 < self._key_every_s <= self._key_often_s and at - self._key_at <= self._key_often_s
        return often and self._skipped_bytes + packet.size <= MOST_SKIPPED_BYTES

    def _taken_up(self) -> list[Any]:
        skipped, self._skipped, self._skipped_bytes = self._skipped, [], 0
        return skipped
