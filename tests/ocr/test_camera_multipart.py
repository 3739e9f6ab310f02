"""MJPEG streams: the same pictures come out however the network cuts the stream and whatever the camera writes about them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocr.cameras.multipart import MAX_HEADER_BYTES, MultipartPictures
from gateway.ocr.errors import PictureError
from tests.ocr.street import jpeg, street, with_truck

PICTURES = [jpeg(with_truck(street(width=160, height=120), left)) for left in (10, 60, 110)]
WITH_THUMBNAIL = PICTURES[0][:2] + b"\xff\xe1" + (len(PICTURES[1]) + 2).to_bytes(2) + PICTURES[1] + PICTURES[0][2:]


def stream(pictures: list[bytes], boundary: str = "--cam", with_length: bool = True) -> bytes:
    sent = b""
    for picture in pictures:
        length = f"Content-Length: {len(picture)}\r\n" if with_length else ""
        sent += f"{boundary}\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode() + picture + b"\r\n"
    return sent


def fed(pieces: list[bytes], boundary: str = "cam") -> list[bytes]:
    parser = MultipartPictures(boundary)
    return [picture for piece in pieces for picture in parser.feed(piece)]


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=40), st.booleans(), st.sampled_from(["--cam", "cam", "----cam"]))
def test_any_cut_gives_the_same_pictures(cuts: list[int], with_length: bool, boundary: str) -> None:
    pictures = [*PICTURES, WITH_THUMBNAIL]
    whole = stream(pictures, boundary, with_length)
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(whole[at : at + cut])
        at += cut
    assert fed([*pieces, whole[at:]], boundary) == pictures


def test_a_picture_is_given_with_its_last_byte_not_with_the_next_picture() -> None:
    for with_length in (True, False):
        sent = stream(PICTURES[:1], with_length=with_length)
        assert fed([sent[:-3]]) == []
        assert fed([sent[:-2]]) == PICTURES[:1]


def test_a_picture_cut_short_without_a_length_does_not_swallow_the_next_one() -> None:
    sent = stream([PICTURES[0][:700], PICTURES[1], PICTURES[2]], with_length=False)
    assert fed([sent])[-2:] == PICTURES[1:]


def test_a_stream_of_something_else_is_refused() -> None:
    with pytest.raises(PictureError, match="no stream of pictures"):
        fed([b"x" * (MAX_HEADER_BYTES + 1)])


def test_a_part_that_announces_gigabytes_is_refused() -> None:
    with pytest.raises(PictureError, match="9000000000 bytes"):
        fed([b"--cam\r\nContent-Length: 9000000000\r\n\r\n"])


def test_a_picture_that_never_ends_is_refused() -> None:
    mebibyte = b"\0" * 1024 * 1024
    with pytest.raises(PictureError, match="does not end"):
        fed([b"--cam\r\n\r\n" + PICTURES[0][:700], *[mebibyte] * 40])
