"""Pictures as H.264 in RTP packets (RFC 3550; RFC 6184), for the simulated RTSP cameras."""

import base64
import re
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import av

from gateway.ocr.frame import Image

CLOCK_HZ: Final = 90_000
PAYLOAD: Final = 1200  # bytes in one RTP packet, well below an Ethernet frame
PAYLOAD_TYPE: Final = 96
SPS, PPS, FU_A = 7, 8, 28


class H264Stream:
    """One stream of pictures of one size, from its first key frame on."""

    def __init__(self, frames_per_second: float, key_every: int) -> None:
        """`key_every`: pictures from one key frame to the next."""
        self._fps = frames_per_second
        self._key_every = key_every
        self._encoder: Any = None
        self._size = (0, 0)
        self._sequence = 0
        self._number = 0

    def description(self, image: Image) -> str:
        """The SDP (RFC 4566; RFC 6184 §8.2.1) of a stream of such pictures."""
        first = {unit[0] & 0x1F: unit for unit in H264Stream(self._fps, self._key_every).units(image)}
        parameters = ",".join(base64.b64encode(first[kind]).decode() for kind in (SPS, PPS))
        return (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\na=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}\r\n"
            f"a=framerate:{self._fps:g}\r\na=control:video\r\n"
            f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1; sprop-parameter-sets={parameters}\r\n"
        )

    def packets(self, image: Image) -> list[bytes]:
        """The next picture as RTP packets (RFC 3550 §5.1)."""
        pieces = [piece for unit in self.units(image) for piece in _payloads(unit)]
        stamp = round((self._number - 1) * CLOCK_HZ / self._fps)
        packets = []
        for left, piece in zip(reversed(range(len(pieces))), pieces, strict=True):
            marker = 0 if left else 0x80
            header = struct.pack("!BBHII", 0x80, marker | PAYLOAD_TYPE, self._sequence & 0xFFFF, stamp & 0xFFFFFFFF, 1)
            packets.append(header + piece)
            self._sequence += 1
        return packets

    def units(self, image: Image) -> list[bytes]:
        """The next picture as NAL units, without start codes. Another size of picture begins with a key frame."""
        height, width = image.shape[:2]
        if (width, height) != self._size:
            self._size = width, height
            self._encoder = self._encoder_of(width, height)
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts = self._number
        self._number += 1
        coded = b"".join(bytes(packet) for packet in self._encoder.encode(frame))
        return [unit for unit in re.split(rb"\x00{2,3}\x01", coded) if unit]

    def _encoder_of(self, width: int, height: int) -> Any:
        context: Any = av.CodecContext.create("libx264", "w")
        context.width, context.height = width, height
        context.pix_fmt = "yuv420p"
        context.framerate = Fraction(self._fps).limit_denominator(1000)
        context.time_base = 1 / context.framerate
        context.thread_count = 1
        options = {"g": self._key_every, "keyint_min": self._key_every, "sc_threshold": 0, "x264-params": "repeat-headers=1"}
        context.options = {"preset": "ultrafast", "tune": "zerolatency"} | {name: str(value) for name, value in options.items()}
        return context


def _payloads(unit: bytes) -> Iterator[bytes]:
    """One NAL unit as RTP payloads: whole, or in fragments (RFC 6184 §5.8)."""
    if len(unit) <= PAYLOAD:
        yield unit
        return
    body = unit[1:]
    for at in range(0, len(body), PAYLOAD):
        start, end = at == 0, at + PAYLOAD >= len(body)
        yield bytes([(unit[0] & 0x60) | FU_A, (start << 7) | (end << 6) | (unit[0] & 0x1F)]) + body[at : at + PAYLOAD]
