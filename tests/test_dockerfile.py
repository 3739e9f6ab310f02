"""The container image: no root, and nothing is written beside the volume and /tmp, so that its root may be read-only."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VOLUME = "/var/lib/gateway"
WRITES = "open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate"
READY = {"platform": "platform at ", "run": "screen at "}
SITE = """
name: boxed
title: {zh_TW: 箱, en: Boxed}
store: {folder: gate}
screen: {port: 0}
lanes:
  - name: lane
    title: {zh_TW: 道, en: Lane}
    rules: {opened_by: camera, require_pass: false, require_seals: false}
    cameras: [{name: rear, type: snapshot, url: "http://127.0.0.1:9/x.jpg"}]
"""


def instructions() -> list[tuple[str, str]]:
    """Of the last stage, which is the image."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    told = [(line.partition(" ")[0].upper(), line.partition(" ")[2]) for line in lines if line.strip() and not line.startswith("#")]
    begins = max(number for number, (what, _) in enumerate(told) if what == "FROM")
    return told[begins:]


def test_the_image_runs_as_a_user_that_is_not_root_and_owns_nothing_but_the_volume() -> None:
    told = instructions()
    (user,) = (given for what, given in told if what == "USER")
    assert re.fullmatch(r"[1-9][0-9]{3,}", user), "a number, so that a cluster can see that it is not root"
    (made,) = (given for what, given in told if what == "RUN")
    assert f"--uid {user}" in made
    assert f"--home-dir {VOLUME} " in made
    assert not any("--chown" in given or "--chmod" in given for what, given in told if what in {"COPY", "ADD"})
    assert [given for what, given in told if what in {"VOLUME", "WORKDIR"}] == [VOLUME, VOLUME]
    assert ("ENTRYPOINT", '["gateway"]') in told


def written(trace: str, folder: Path) -> set[str]:
    """What was opened for writing, made or renamed, of a trace by strace; names without a folder begin at `folder`."""
    found = set()
    for line in trace.splitlines():
        if " = -1 " in line or ("open" in line.partition("(")[0] and not re.search(r"O_WRONLY|O_RDWR|O_CREAT", line)):
            continue
        found |= {os.path.normpath(folder / name) for name in re.findall(r'"([^"]*)"', line)}
    return found


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("service", ["platform", "run"])
def test_nothing_is_written_beside_the_volume_and_tmp(service: str, tmp_path: Path) -> None:
    volume, temporary, trace = tmp_path / "volume", tmp_path / "tmp", tmp_path / "trace"
    volume.mkdir()
    temporary.mkdir()
    (tmp_path / "token").write_text("0123456789abcdefghij")
    (tmp_path / "token").chmod(0o600)
    (volume / "site.yaml").write_text(SITE, encoding="utf-8")
    arguments = {
        "platform": [
            "platform",
            "serve",
            "--data",
            "platform",
            "--port",
            "0",
            "--tls-name",
            "localhost",
            "--token-file",
            "../token",
        ],
        "run": ["run", "--site", "site.yaml"],
    }[service]
    environment = {"HOME": str(volume), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    command = [
        "strace",
        "-D",
        "-f",
        "-qq",
        "-e",
        f"trace={WRITES}",
        "-o",
        str(trace),
        sys.executable,
        "-m",
        "gateway.cli",
        *arguments,
    ]
    with subprocess.Popen(
        command,
        cwd=volume,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as served:
        assert served.stdout
        said = []
        for line in served.stdout:
            said.append(line)
            if READY[service] in line:
                served.terminate()
        assert any(READY[service] in line for line in said), "".join(said)
    found = written(trace.read_text(encoding="utf-8", errors="replace"), volume)
    assert any(name.endswith(".sqlite3-wal") or name.endswith(".sqlite-wal") for name in found), "the trace shows nothing"
    allowed = (f"{volume}/", f"{temporary}/", "/dev/")
    assert {name for name in found if not name.startswith(allowed)} == set()
