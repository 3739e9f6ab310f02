"""Pictures from outside: what is whole is decoded, everything else is refused in words, nothing crashes or eats memory."""

from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocr.errors import PictureError
from gateway.ocr.picture import decode_picture, encode_jpeg
from tests.ocr.street import jpeg, street, with_truck

WHOLE = jpeg(with_truck(street(), 200))
PNG = bytes(cv2.imencode(".png", street())[1])


def with_segment(picture: bytes, content: bytes) -> bytes:
    """The JPEG with an APP1 segment in front, where cameras put EXIF data and thumbnails."""
    return picture[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2) + content + picture[2:]


def test_jpeg_and_png_come_out_as_they_went_in() -> None:
    assert decode_picture(WHOLE).shape == (360, 640, 3)
    assert np.array_equal(decode_picture(PNG), street())
    assert decode_picture(encode_jpeg(street())).shape == (360, 640, 3)


def test_a_picture_turned_by_exif_stands_upright() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    assert decode_picture(with_segment(WHOLE, exif)).shape == (640, 360, 3)


@pytest.mark.parametrize("share", [0.999, 0.5, 0.05])
@pytest.mark.parametrize("picture", [WHOLE, PNG], ids=["jpeg", "png"])
def test_a_picture_cut_short_is_refused_as_such(picture: bytes, share: float) -> None:
    with pytest.raises(PictureError, match="cut short"):
        decode_picture(picture[: int(len(picture) * share)])


def test_the_end_of_a_thumbnail_does_not_pass_for_the_end_of_the_picture() -> None:
    picture = with_segment(WHOLE, jpeg(street(width=32, height=24)))
    assert decode_picture(picture).shape == (360, 640, 3)
    with pytest.raises(PictureError, match="cut short"):
        decode_picture(picture[: len(picture) // 2])


def test_a_header_that_asks_for_gigabytes_is_refused_before_decoding() -> None:
    at = WHOLE.index(b"\xff\xc0") + 5
    huge = WHOLE[:at] + b"\xff\xff\xff\xff" + WHOLE[at + 4 :]
    with pytest.raises(PictureError, match="65535×65535"):
        decode_picture(huge)


@pytest.mark.parametrize(
    ("junk", "why"), [(b"", "empty"), (b"<html>login</html>", "neither JPEG nor PNG"), (b"\xff\xd8hello", "damaged")]
)
def test_what_is_no_picture_is_refused(junk: bytes, why: str) -> None:
    with pytest.raises(PictureError, match=why):
        decode_picture(junk)


@given(st.data())
def test_damage_anywhere_never_crashes(data: st.DataObject) -> None:
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(2, len(WHOLE) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PictureError):
        assert decode_picture(bytes(damaged)).ndim == 3


@given(st.binary(max_size=200).map(lambda tail: b"\xff\xd8" + tail))
def test_any_header_ends_in_a_size_or_a_refusal(picture: bytes) -> None:
    with suppress(PictureError):
        assert decode_picture(picture).ndim == 3
