"""What the screen and the log say of the platform: lost once, back once, and never the token."""

import logging
import os
from pathlib import Path

import pytest

from gateway.store.gate_store import GateStore
from gateway.uplink.errors import TokenError, TrustError
from tests.store.passages import decided
from tests.uplink.conftest import NOW, linked, quick, until, uplink_of
from tests.uplink.trial_platform import TrialPlatform

TOKEN = "a-token-that-nobody-may-see"


def _token_file(tmp_path: Path, text: str = TOKEN, mode: int = 0o600) -> Path:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(mode)
    return path


async def test_loss_and_return_are_said_once_each(
    store: GateStore, platform: TrialPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.uplink")
    async with linked(store, quick(platform.url)) as uplink:
        assert (uplink.link.up, uplink.link.since) == (None, None)
        await until(lambda: bool(uplink.link.up))
        await platform.stop()
        await until(lambda: uplink.link.up is False)
        await store.commit_decision(decided(1), "")
        await store.commit_decision(decided(2), "")
        assert uplink.link.detail
        await platform.start()
        await platform.until(lambda: platform.order == [1, 2])
        await until(lambda: bool(uplink.link.up) and uplink.link.waiting == 0)
        assert (uplink.link.since, uplink.link.last_answer, uplink.link.detail) == (NOW, NOW, "")
    said = [record.message for record in caplog.records if record.name == "gateway.uplink.link"]
    assert [next(word for word in ("answers", "lost", "back") if word in line) for line in said] == ["answers", "lost", "back"]


async def test_a_platform_that_never_was_there_is_not_said_to_answer(store: GateStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway.uplink")
    async with linked(store, quick("http://127.0.0.1:9")) as uplink:
        await until(lambda: uplink.link.up is False)
    (said,) = (record.message for record in caplog.records if record.name == "gateway.uplink.link")
    assert said.startswith("platform http://127.0.0.1:9 is lost: cannot connect to 127.0.0.1:9: ")


async def test_the_platforms_clock_is_compared_with_the_gates(store: GateStore, platform: TrialPlatform) -> None:
    offsets: list[float] = []
    async with linked(store, quick(platform.url, feed_wait_s=0), offsets.append):
        await until(lambda: len(offsets) > 2)
    assert set(offsets) == {-7.0}  # the gate's is behind


async def test_the_token_is_sent_and_read_again_when_it_is_no_longer_accepted(
    store: GateStore, platform: TrialPlatform, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = _token_file(tmp_path)
    async with linked(store, quick(platform.url, token_file=file, feed_wait_s=0)) as uplink:
        await platform.until(lambda: bool(platform.tokens))
        file.write_text("another-token-of-tomorrow\n")
        platform.faults["feed"].extend([401, 403])
        await platform.until(lambda: platform.tokens[-1] == "Bearer another-token-of-tomorrow")
        await until(lambda: bool(uplink.link.up))
        file.unlink()
        platform.faults["feed"].append(401)
        await until(lambda: "token: No such file" in uplink.link.detail)
    assert platform.tokens[0] == f"Bearer {TOKEN}"
    assert TOKEN not in caplog.text
    assert "tomorrow" not in caplog.text


async def test_a_token_of_the_environment_is_sent(
    store: GateStore, platform: TrialPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "GATE_TOKEN", TOKEN)
    async with linked(store, quick(platform.url, token_env="GATE_TOKEN")):
        await platform.until(lambda: platform.tokens[:1] == [f"Bearer {TOKEN}"])


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (TOKEN, 0o604, "readable by everyone"),
        ("", 0o600, "wants one line"),
        (f"{TOKEN}\r\nX-Header: 1", 0o600, "wants one line"),
        (f"{TOKEN}權", 0o600, "wants one line"),
    ],
)
async def test_a_token_that_cannot_be_used_is_said_before_anything_is_sent(
    store: GateStore, platform: TrialPlatform, tmp_path: Path, text: str, mode: int, said: str
) -> None:
    settings = quick(platform.url, token_file=_token_file(tmp_path, text, mode))
    with pytest.raises(TokenError, match=said) as caught:
        await (await uplink_of(store, settings)).run()
    assert str(tmp_path / "token") in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert platform.asked == []


async def test_certificates_that_cannot_be_read_are_named(store: GateStore, platform: TrialPlatform, tmp_path: Path) -> None:
    with pytest.raises(TrustError, match=r"ca\.pem: No such file"):
        await (await uplink_of(store, quick(platform.url, ca_file=tmp_path / "ca.pem"))).run()
