"""However fast a camera sends and however slowly its pictures are read: no more than a few of them are ever held."""

import threading
import weakref
from collections.abc import Generator
from math import inf
from typing import ClassVar, Literal

import numpy as np

from gateway.model.clock import utc_now
from gateway.ocr.cameras.camera import Camera, Clocks, Identity
from gateway.ocr.frame import Frame, Image, Shot
from gateway.ocr.reception import Counts, Reception
from gateway.ocr.repetition import Repetition
from tests.ocr.gate import CLOCKS, PATIENCE_S

PICTURES = 2000
HELD_AT_MOST = 4  # the one being looked at, the newest, the one just received, and the one that it takes the place of


class Picture:
    """A picture that has arrived; counted for as long as anybody holds it."""

    held: ClassVar["weakref.WeakSet[Picture]"] = weakref.WeakSet()

    def __init__(self) -> None:
        Picture.held.add(self)

    def __call__(self) -> Image:
        return np.zeros((16, 16, 3), np.uint8)


class Torrent(Camera):
    """A camera that sends two thousand pictures as fast as they are taken, while the first of them is still being looked at."""

    type: Literal["torrent"] = "torrent"

    @property
    def address(self) -> str:
        return "here"

    @property
    def ends(self) -> bool:
        return True

    def source(self, clocks: Clocks) -> "TorrentSource":
        return TorrentSource(clocks)


class TorrentSource:
    most_held: ClassVar[int] = 0
    looked_at: ClassVar[threading.Event] = threading.Event()  # somebody looks at the first picture
    all_sent: ClassVar[threading.Event] = threading.Event()

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks

    def identity(self) -> Identity:
        return Identity("none")

    def attend(self, attentive: bool) -> None:
        pass

    def stop(self) -> None:
        pass

    def shots(self) -> Generator[Shot]:
        for index in range(PICTURES):
            yield Shot(utc_now(), index, self._clocks.monotonic(), Picture())
            if index == 0:
                assert self.looked_at.wait(PATIENCE_S)
            TorrentSource.most_held = max(TorrentSource.most_held, len(Picture.held))
        self.all_sent.set()


def test_a_slow_reader_makes_no_queue_grow() -> None:
    seen: list[int] = []

    def look(frame: Frame) -> None:
        seen.append(frame.index)
        TorrentSource.looked_at.set()
        assert TorrentSource.all_sent.wait(PATIENCE_S)

    counts = Counts()
    reception = Reception(Torrent(name="rear", frames_per_second=30), CLOCKS, counts, Repetition(inf), look)
    receiving = threading.Thread(target=reception.receive)
    receiving.start()
    reception.watch()
    receiving.join(PATIENCE_S)
    assert reception.failure is None
    assert seen == [0, PICTURES - 1]  # the first, and then the newest
    assert (counts.received, counts.dropped) == (PICTURES, PICTURES - 2)
    assert TorrentSource.most_held <= HELD_AT_MOST
