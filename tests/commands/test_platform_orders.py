"""`gateway platform orders`, against a running platform."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.samples import order

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def options(tmp_path: Path) -> Iterator[list[str]]:
    """The options that lead to a platform; it runs beside the command, which has a loop of its own."""
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    settings = PlatformSettings(data_dir=tmp_path / "platform", port=0, token_file=tmp_path / "token")
    ready, over = threading.Event(), asyncio.Event()
    found: dict[str, object] = {}

    async def serve() -> None:
        async with running(settings) as address:
            found.update(address=address, loop=asyncio.get_running_loop())
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield ["platform", "orders", "--url", str(found["address"]), "--token-file", str(tmp_path / "token")]
    loop = found["loop"]
    assert isinstance(loop, asyncio.AbstractEventLoop)
    loop.call_soon_threadsafe(over.set)
    thread.join()


def test_orders_are_sent_and_found(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps([order(1, 1), order(2, 2)]))
    (tmp_path / "bad.json").write_text(json.dumps(order(3, 3, load_kind="too long")))
    sent = CliRunner().invoke(main, [*options, "send", str(tmp_path / "good.json")])
    assert (sent.exit_code, sent.output.count("stored")) == (0, 2), sent.output
    again = CliRunner().invoke(main, [*options, "send", str(tmp_path / "good.json"), str(tmp_path / "bad.json")])
    assert again.exit_code == 1
    assert again.output.count("was here already") == 2
    assert "load_kind" in again.output
    assert "1 of 3 refused" in again.output
    found = CliRunner().invoke(main, [*options, "list", "--q", order(2)["order_number"]])
    assert found.output.split()[:3] == [order(2)["order_number"], "TEMU9221353", "KLA-1234"]
    assert len(CliRunner().invoke(main, [*options, "list", "--most", "1"]).output.splitlines()) == 1


def test_what_cannot_be_is_said(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("nonsense")
    (tmp_path / "wrong").write_text("another-token-altogether")
    for arguments, said in (
        ([*options, "send", str(tmp_path / "none.json")], "none.json"),
        ([*options, "send", str(tmp_path / "missing.json")], "missing.json"),
        (["platform", "orders", "--url", "http://192.0.2.1", "list"], "clear text"),
        ([*options[:4], "--token-file", str(tmp_path / "wrong"), "list"], "401"),
    ):
        done = CliRunner().invoke(main, arguments)
        assert (done.exit_code, said in done.output) == (1, True), done.output
        assert TOKEN not in done.output
