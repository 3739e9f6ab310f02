"""The steps of the operators' manual with the real programs: a platform, a code, a gate that is enrolled, listed, revoked."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.demo.processes import free_port
from gateway.uplink.identity import FILE_NAME

SITE = """
name: kh-t4
title: {{zh_TW: 測試, en: Test}}
store: {{folder: store}}
platform: {{url: "{url}"}}
lanes:
  - name: lane-1
    title: {{zh_TW: 一, en: one}}
    rules: {{opened_by: camera}}
    cameras: [{{name: rear, type: file, path: none.mp4, looks_at: rear}}]
"""


async def gateway(*arguments: object, stderr: int) -> Process:
    command = (sys.executable, "-m", "gateway.cli", *map(str, arguments))
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=stderr)


async def said(*arguments: object, status: int = 0) -> str:
    """What a command prints, standard output and error together."""
    process = await gateway(*arguments, stderr=STDOUT)
    output, _ = await process.communicate()
    assert process.returncode == status, output.decode()
    return output.decode()


@asynccontextmanager
async def platform(data: Path, *options: object) -> AsyncIterator[str]:
    process = await gateway("platform", "serve", "--data", data, *options, stderr=DEVNULL)
    assert process.stdout
    try:
        yield (await process.stdout.readline()).decode().removeprefix("platform at ").strip()
    finally:
        process.terminate()
        await process.communicate()


def code_of(output: str) -> str:
    return next(line.split()[-1] for line in output.splitlines() if "gateway enrol" in line)


async def test_a_gate_is_approved_enrolled_listed_and_revoked(tmp_path: Path) -> None:
    data, site = tmp_path / "platform", tmp_path / "site.yaml"
    on_platform = ("--data", data)
    async with platform(data, "--port", free_port(0), "--tls-name", "127.0.0.1", "--require-certificates") as url:
        assert url.startswith("https://127.0.0.1:")
        site.write_text(SITE.format(url=url), encoding="utf-8")
        code = code_of(await said("platform", "gate", "approve", "kh-t4", *on_platform))
        assert "approved" in await said("platform", "gate", "list", *on_platform)
        mistyped = code.replace(code[0], "9" if code[0] != "9" else "8", 1)
        assert "mistyped" in await said("enrol", "--site", site, mistyped, status=1)
        wrong_gate = code_of(await said("platform", "gate", "approve", "another", *on_platform))
        assert "not valid for this gate" in await said("enrol", "--site", site, wrong_gate, status=1)
        assert "gate kh-t4 is enrolled" in await said("enrol", "--site", site, code.lower().replace("-", " "))
        assert (tmp_path / "store" / FILE_NAME).exists()
        assert "used before" in await said("enrol", "--site", site, code, status=1)
        assert "feed of orders" in await said("check", "--site", site, status=1)  # the camera's file is not there
        listed = await said("platform", "gate", "list", *on_platform)
        assert [line.split()[:2] for line in listed.splitlines()[1:]] == [["another", "approved"], ["kh-t4", "enrolled"]]
        await said("platform", "gate", "revoke", "kh-t4", *on_platform)
        assert "Gate kh-t4 was revoked" in await said("check", "--site", site, status=1)
        assert "revoked" in await said("platform", "gate", "list", *on_platform)
        trail = await said("platform", "account", "trail", *on_platform)
        acts = [line.split("  ", 1)[1] for line in reversed(trail.splitlines())]
        assert [act.split("  ", 1)[1] for act in acts] == [
            "approved a gate  kh-t4",
            "approved a gate  another",
            "was enrolled  from 127.0.0.1",
            "revoked a gate  kh-t4",
        ]
        assert acts[2].startswith("gate kh-t4  ")
    for secret in (code, wrong_gate):
        assert secret not in "".join(path.read_text("latin-1") for path in data.rglob("*") if path.is_file())


async def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    data = ("--data", tmp_path / "nowhere")
    assert "no name of a gate" in await said("platform", "gate", "approve", "../gate", *data, status=1)
    await said("platform", "gate", "approve", "a", *data)
    assert "no gate 'b'" in await said("platform", "gate", "revoke", "b", *data, status=1)
    site = tmp_path / "site.yaml"
    site.write_text(SITE.format(url="https://127.0.0.1:9"), encoding="utf-8")
    assert "40 letters and digits" in await said("enrol", "--site", site, "ABC", status=1)
    assert "in clear text" in await said(
        "platform", "serve", *data, "--host", "0.0.0.0", "--token-file", _token(tmp_path), status=1
    )
    assert "tls_certificate and tls_key" in await said("platform", "serve", *data, "--tls-key", site, status=1)


def _token(folder: Path) -> Path:
    path = folder / "token"
    path.write_text("a-token-that-nobody-guesses", encoding="ascii")
    path.chmod(0o600)
    return path
