"""Pictures: stored under their content's name, whole or not at all."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.platform.errors import JpegError
from gateway.platform.lanes.jpeg import jpeg_size
from tests.platform.conftest import Client, Running
from tests.platform.samples import jpeg, sha256


def stored(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / "pictures").rglob("*") if path.is_file())


async def test_a_picture_is_stored_once_and_comes_back_byte_for_byte(platform: Client, data_dir: Path) -> None:
    data = jpeg(width=320, height=200)
    name = sha256(data)
    receipt = {"sha256": name, "size": len(data), "width": 320, "height": 200}
    assert await platform.picture(name, data) == (201, receipt | {"repeated": False})
    assert await platform.picture(name, data) == (200, receipt | {"repeated": True})
    assert stored(data_dir) == [f"{name}.jpg"]
    for path in (f"/api/pictures/{name}", f"/pictures/{name}.jpg"):
        async with platform.session.get(platform.address + path) as answer:
            assert await answer.read() == data
            assert answer.content_type == "image/jpeg"
            assert "immutable" in answer.headers["Cache-Control"]


async def test_the_same_picture_at_once_from_two_gates(platform: Client, data_dir: Path) -> None:
    data = jpeg()
    answers = await asyncio.gather(*(platform.picture(sha256(data), data) for _ in range(8)))
    assert {status for status, _ in answers} <= {200, 201}
    assert stored(data_dir) == [f"{sha256(data)}.jpg"]


async def add(platform: Client, data: bytes, offset: int | str, piece: bytes, length: int | None = None) -> tuple[int, Any]:
    """The status, and how much has been received; of a refusal the whole problem."""
    fields = {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": str(offset),
        "Upload-Length": str(len(data) if length is None else length),
    }
    status, answer = await platform.send("PATCH", f"/api/pictures/{sha256(data)}", data=piece, headers=fields)
    return status, answer.get("received", answer)


async def test_a_picture_comes_in_pieces_and_goes_on_where_it_was(run_platform: Running, data_dir: Path) -> None:
    data = jpeg(width=320, height=200)
    third = len(data) // 3
    async with run_platform() as platform:
        assert await add(platform, data, 0, b"") == (202, 0)
        assert await add(platform, data, 0, data[:third]) == (202, third)
        assert await add(platform, data, 0, data[:third]) == (202, third)  # sent again: its answer was lost
        assert await add(platform, data, 2 * third, data[2 * third :]) == (202, third)  # one between was lost
        assert (await platform.get(f"/api/pictures/{sha256(data)}"))[0] == 404
        assert await add(platform, data, third, data[third:]) == (201, len(data))
        assert await add(platform, data, 0, b"") == (200, len(data))
        assert await platform.get(f"/api/pictures/{sha256(data)}") == (200, data)
        assert stored(data_dir) == [f"{sha256(data)}.jpg"]
        other = jpeg(shade=5, width=320, height=200)
        await add(platform, other, 0, other[:third])
    async with run_platform() as platform:  # what was half here is no longer trusted
        assert await add(platform, other, 0, b"") == (202, 0)


async def test_pieces_that_make_no_such_picture_are_refused_and_leave_nothing(run_platform: Running, data_dir: Path) -> None:
    data = jpeg()
    damaged = data[:-1] + b"?"
    async with run_platform(max_picture_bytes=2000) as platform:
        status, problem = await add(platform, data, 0, damaged)
        assert (status, problem["errors"][0]["field"]) == (422, "sha256")
        assert (await add(platform, b"no picture", 0, b"no picture"))[0] == 422
        assert (await add(platform, data, 0, data, length=2001))[0] == 400
        assert (await add(platform, data, 0, data + b"more"))[0] == 413
        for wrong in ("", "-1", "1e3", "9" * 40, str(len(data) + 1)):
            assert (await add(platform, data, wrong, b""))[0] == 400
        assert stored(data_dir) == []
        assert await add(platform, data, 0, data) == (201, len(data))


async def test_pictures_outlive_a_restart_and_a_lost_file_may_come_again(run_platform: Running, data_dir: Path) -> None:
    data = jpeg()
    name = sha256(data)
    async with run_platform() as platform:
        await platform.picture(name, data)
    left = data_dir / "pictures" / "ab" / ".incoming-half"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(data[:100])
    async with run_platform() as platform:
        assert stored(data_dir) == [f"{name}.jpg"]
        status, _ = await platform.picture(name, data)
        assert status == 200
        (data_dir / "pictures" / name[:2] / f"{name}.jpg").unlink()
        status, _ = await platform.get(f"/api/pictures/{name}")
        assert status == 404
        status, _ = await platform.picture(name, data)
        assert status == 201
        status, body = await platform.get(f"/api/pictures/{name}")
        assert (status, body) == (200, data)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff", jpeg()[:20], b"\xff\xd8\xff\xe0\x00\x00" * 9, b"<script>"])
async def test_what_is_no_picture_is_refused(platform: Client, data_dir: Path, data: bytes) -> None:
    status, problem = await platform.picture(sha256(data), data)
    assert (status, problem["errors"][0]["field"]) == (422, "body")
    assert stored(data_dir) == []


async def test_damage_on_the_way_is_noticed(platform: Client, data_dir: Path) -> None:
    data = jpeg()
    status, problem = await platform.picture(sha256(data), data[:-1])
    assert (status, problem["errors"][0]["field"]) == (422, "sha256")
    assert stored(data_dir) == []


async def test_names_that_are_no_digest_reach_no_file(platform: Client, data_dir: Path) -> None:
    data = jpeg()
    (data_dir / "secret.jpg").write_bytes(data)
    for name in ("..%2f..%2fsecret", "%2e%2e", sha256(data).upper(), sha256(data) + "0", "0" * 63, "%00" * 64):
        assert (await platform.picture(name, data))[0] in (404, 422)
        assert (await platform.get(f"/api/pictures/{name}"))[0] == 404
        assert (await platform.get(f"/pictures/{name}.jpg"))[0] == 404
    assert stored(data_dir) == []


async def test_limits(run_platform: Running, data_dir: Path) -> None:
    async with run_platform(max_picture_bytes=1024, max_picture_pixels=4096) as platform:
        large = jpeg() + b"\0" * 4096
        assert (await platform.picture(sha256(large), large))[0] == 413
        wide = jpeg(width=65, height=64)
        status, problem = await platform.picture(sha256(wide), wide)
        assert status == 422
        assert "65 by 64 pixels" in problem["errors"][0]["message"]
        data = jpeg()
        assert (await platform.picture(sha256(data), data, headers={"Content-Type": "image/png"}))[0] == 415
    assert stored(data_dir) == []


@given(st.binary(max_size=200))
def test_any_bytes_after_a_jpeg_start_give_a_size_or_a_reason(data: bytes) -> None:
    try:
        width, height = jpeg_size(b"\xff\xd8\xff" + data)
    except JpegError:
        return
    assert width > 0
    assert height > 0


@given(st.integers(1, 70), st.integers(1, 70))
def test_the_size_is_the_pictures_own(width: int, height: int) -> None:
    assert jpeg_size(jpeg(width=width, height=height)) == (width, height)
