"""A disk with no room left: the sender is told, nothing is half stored, and what comes later is taken."""

import io
import resource
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.platform.conftest import Client, Running
from tests.platform.samples import confirmation, jpeg, order, sha256

ROOM = 1 << 20  # bytes: the empty database and its journal take about 300 kB


def mount(folder: Path) -> bool:
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture
def small_disk(data_dir: Path) -> Iterator[Path]:
    if not mount(data_dir):
        pytest.skip("mounting a small disk (tmpfs) needs root")
    yield data_dir
    subprocess.run(["umount", str(data_dir)], check=True)


@pytest.fixture
def small_files(database_url: object) -> Iterator[None]:
    """The same without root: no file of this process may grow beyond ROOM. The database's own server was there before."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(path: Path) -> None:
    """Take all the room that the disk has left."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def stored(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / "pictures").rglob("*") if path.is_file())


async def refuse_a_large_picture(platform: Client, data_dir: Path) -> None:
    large, small = jpeg() + b"\0" * (2 * ROOM), jpeg(9)
    path, headers = f"/api/pictures/{sha256(large)}", {"Content-Type": "image/jpeg"}
    status, problem = await platform.send("PUT", path, data=io.BytesIO(large), headers=headers)
    assert (status, problem["title"]) == (507, "Insufficient storage")
    assert stored(data_dir) == []
    _, receipt = await platform.confirm(confirmation(pictures=(large,)))
    assert receipt["missing_pictures"] == [sha256(large)]
    status, _ = await platform.picture(sha256(small), small)
    assert status == 201


async def test_a_picture_that_has_no_room(small_disk: Path, run_platform: Running, caplog: pytest.LogCaptureFixture) -> None:
    async with run_platform() as platform:
        await refuse_a_large_picture(platform, small_disk)
    assert "No space left on device" in caplog.text


@pytest.mark.usefixtures("small_files")
async def test_a_picture_beyond_the_largest_file(run_platform: Running, data_dir: Path) -> None:
    async with run_platform() as platform:
        await refuse_a_large_picture(platform, data_dir)


@pytest.mark.sqlite_only
async def test_records_that_have_no_room(small_disk: Path, run_platform: Running) -> None:
    async with run_platform() as platform:
        stuffing = small_disk / "stuffing"
        fill(stuffing)
        taken = 0
        while (answer := await platform.post("/api/orders", order(serial=taken + 1, message=taken + 1)))[0] == 201:
            taken += 1
        assert (answer[0], answer[1]["title"]) == (507, "Insufficient storage")
        status, _ = await platform.confirm(confirmation())
        assert status == 507
        _, page = await platform.get("/api/orders")
        assert len(page["items"]) == taken
        stuffing.unlink()
        assert (await platform.post("/api/orders", order(serial=taken + 1, message=taken + 1)))[0] == 201
        assert (await platform.confirm(confirmation()))[0] == 201
