"""Pictures are named by what they hold, kept once, and found only by a real name."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.store.errors import PictureError
from gateway.store.pictures import PictureFolder

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


def test_a_picture_lies_under_its_hash(tmp_path: Path) -> None:
    pictures = PictureFolder(tmp_path / "pictures")
    sha256 = pictures.keep(JPEG)
    assert sha256 == hashlib.sha256(JPEG).hexdigest()
    assert pictures.path(sha256) == tmp_path / "pictures" / sha256[:2] / f"{sha256}.jpg"
    assert (tmp_path / "pictures" / sha256[:2] / f"{sha256}.jpg").read_bytes() == pictures.read(sha256) == JPEG


def test_many_threads_keep_the_same_pictures_once(tmp_path: Path) -> None:
    pictures = PictureFolder(tmp_path / "pictures")
    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(lambda n: pictures.keep(JPEG + bytes([n % 5])), range(60)))
    files = [file for file in (tmp_path / "pictures").rglob("*") if file.is_file()]
    assert {file.stem for file in files} == set(names)
    assert len(files) == 5


def test_a_torn_file_is_written_again(tmp_path: Path) -> None:
    pictures = PictureFolder(tmp_path / "pictures")
    place = pictures.path(pictures.keep(JPEG))
    assert place
    place.write_bytes(JPEG[:5])
    pictures.keep(JPEG)
    assert place.read_bytes() == JPEG


@pytest.mark.parametrize("name", ["", "..", "../gate.sqlite3", "a" * 63, "A" * 64, "a" * 64 + "\n", "/etc/passwd", "0" * 64])
def test_no_other_name_finds_anything(tmp_path: Path, name: str) -> None:
    pictures = PictureFolder(tmp_path / "pictures")
    assert pictures.path(name) is None
    with pytest.raises(LookupError):
        pictures.read(name)


def test_an_empty_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="empty"):
        PictureFolder(tmp_path / "pictures").keep(b"")


def test_half_written_pictures_of_a_killed_run_are_swept_away(tmp_path: Path) -> None:
    pictures = PictureFolder(tmp_path / "pictures")
    sha256 = pictures.keep(JPEG)
    (tmp_path / "pictures" / "ab" / ".x.unfinished").write_bytes(b"half")
    assert pictures.sweep() == 1
    assert [file.stem for file in (tmp_path / "pictures").rglob("*") if file.is_file()] == [sha256]
