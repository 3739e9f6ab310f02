"""A site's own broker hears of every confirmation: with a real mosquitto that is stopped, refuses, or is not who it should be."""

import asyncio
import gc
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.demo.processes import free_port
from gateway.model.evidence import Link
from gateway.platform.gates.authority import open_authority
from gateway.store.gate_store import GateStore
from gateway.uplink.broker import BrokerSettings
from gateway.uplink.publisher import Publisher
from tests.store.passages import decided
from tests.uplink.conftest import clock, no_jitter, until

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="needs the package mosquitto")
TOPIC = "gateway/kh-t4/confirmations"
PASSWORD = "a-password-of-this-test"


class Mosquitto:
    """A broker on loopback that can be stopped and started again on the same port."""

    def __init__(self, folder: Path, **options: str) -> None:
        self.folder, self.port = folder, free_port(0)
        self.options = {"allow_anonymous": "true"} | options
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        lines = [f"listener {self.port} 127.0.0.1", *(["user root"] if os.geteuid() == 0 else [])]
        lines += [f"{name} {value}" for name, value in self.options.items()]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        assert MOSQUITTO
        self._process = await asyncio.create_subprocess_exec(
            MOSQUITTO,
            "-c",
            str(self.folder / "mosquitto.conf"),
            stderr=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        await until(self._answers)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class Listener:
    """Somebody else's program at the broker."""

    def __init__(self, broker: Mosquitto) -> None:
        self.heard: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5, client_id="listener")
        subscribed = asyncio.Event()
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.on_subscribe = self._on_subscribe
        self._loop = asyncio.get_running_loop()
        self.subscribed = subscribed
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def _on_subscribe(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self.subscribed.set)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        properties = dict(getattr(message.properties, "UserProperty", ()))
        self.heard.append((message.topic, json.loads(message.payload), properties))

    @property
    def sequences(self) -> list[int]:
        return [body["sequence"] for _, body, _ in self.heard]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def listener(broker: Mosquitto) -> AsyncIterator[Listener]:
    made = Listener(broker)
    await made.subscribed.wait()
    yield made
    made.close()


def settings(broker: Mosquitto, **more: Any) -> BrokerSettings:
    given = {"host": "127.0.0.1", "port": broker.port, "allow_clear_text": True, "retry_first_s": 0.01, "retry_cap_s": 0.05} | more
    return BrokerSettings.model_validate(given)


@asynccontextmanager
async def publishing(store: GateStore, chosen: BrokerSettings) -> AsyncIterator[Publisher]:
    publisher = Publisher(store, chosen, no_jitter)
    running = asyncio.ensure_future(publisher.run())
    try:
        yield publisher
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def commit(store: GateStore, *numbers: int) -> None:
    for number in numbers:
        await store.commit_decision(decided(number), "Lane 1")


async def test_a_broker_hears_every_record_in_order_and_acknowledges_none(
    store: GateStore, broker: Mosquitto, listener: Listener
) -> None:
    async with publishing(store, settings(broker)) as publisher:
        await until(lambda: publisher.last == 0)
        await commit(store, 1, 2)
        await until(lambda: listener.sequences == [1, 2])
        await broker.stop()
        await commit(store, 3, 4)
        await broker.start()
        await until(lambda: publisher.last == 4)
    topic, body, fields = listener.heard[0]
    [first, *_] = await store.waiting(10)
    assert (topic, body) == (TOPIC, json.loads(first.body))
    assert (fields["gate"], fields["sequence"]) == ("kh-t4", "1")
    link = Link(previous=fields["Evidence-Previous"], key=fields["Evidence-Key"], signature=fields["Evidence-Signature"])
    assert link.is_authentic(first.body.encode())
    assert [record.sequence for record in await store.waiting(10)] == [1, 2, 3, 4]  # the platform has none of them


async def test_a_gate_that_starts_again_goes_on_where_it_was(tmp_path: Path, broker: Mosquitto, listener: Listener) -> None:
    async with GateStore.open(tmp_path / "days", "kh-t4", clock) as store:
        await commit(store, 1, 2)  # before a broker was named: not told
        async with publishing(store, settings(broker)) as publisher:
            await until(lambda: publisher.last == 2)
            await commit(store, 3)
            await until(lambda: publisher.last == 3)
    async with GateStore.open(tmp_path / "days", "kh-t4", clock) as store:
        await commit(store, 4)
        async with publishing(store, settings(broker)):
            await until(lambda: listener.sequences == [3, 4])


async def test_what_the_broker_refuses_does_not_count_as_published(tmp_path: Path, store: GateStore) -> None:
    """MQTT 5 refuses by the reason code of an acknowledgement, which is easily taken for a yes."""
    (tmp_path / "acl").write_text("topic read #\n")
    broker = Mosquitto(tmp_path, acl_file=str(tmp_path / "acl"))
    await broker.start()
    listener = Listener(broker)
    await listener.subscribed.wait()
    try:
        async with publishing(store, settings(broker)) as publisher:
            await until(lambda: publisher.last == 0)
            await commit(store, 1)
            await asyncio.wait({asyncio.ensure_future(until(lambda: publisher.last == 1))}, timeout=0.5)
            assert (publisher.last, listener.heard) == (0, [])
            await broker.stop()
            (tmp_path / "acl").write_text("topic readwrite #\n")
            await broker.start()
            await until(lambda: publisher.last == 1)
    finally:
        listener.close()
        await broker.stop()


async def test_a_wrong_password_is_said_without_it(tmp_path: Path, store: GateStore, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "passwords").write_text("kh-t4:$7$101$AAAA$AAAA\n")
    (tmp_path / "secret").write_text(PASSWORD)
    (tmp_path / "secret").chmod(0o600)
    broker = Mosquitto(tmp_path, allow_anonymous="false", password_file=str(tmp_path / "passwords"))
    await broker.start()
    try:
        async with publishing(store, settings(broker, user="kh-t4", password_file=tmp_path / "secret")):
            await until(lambda: "not published yet is kept" in caplog.text)
    finally:
        await broker.stop()
    assert "Not authorized" in caplog.text or "Bad user name or password" in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho leaves a refused socket to the collector
async def test_a_broker_that_is_not_who_it_should_be_hears_nothing(
    tmp_path: Path, store: GateStore, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    for name in ("ours", "others"):
        (tmp_path / name).mkdir()
    others, ours = open_authority(tmp_path / "others", now), open_authority(tmp_path / "ours", now)
    (tmp_path / "ours.pem").write_text(ours.pem)
    (tmp_path / "others.pem").write_text(others.pem)
    (tmp_path / "server.pem").write_bytes(others.issue_to_server(("127.0.0.1",), now))
    broker = Mosquitto(tmp_path, certfile=str(tmp_path / "server.pem"), keyfile=str(tmp_path / "server.pem"))
    await broker.start()
    try:
        tls = {"allow_clear_text": False}
        async with publishing(store, settings(broker, ca_file=tmp_path / "ours.pem", **tls)):
            await until(lambda: "certificate verify failed" in caplog.text)
        caplog.clear()
        gc.collect()
        async with publishing(store, settings(broker, ca_file=tmp_path / "others.pem", **tls)) as publisher:
            await commit(store, 1)
            await until(lambda: publisher.last == 1)
    finally:
        await broker.stop()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"host": "broker.example", "allow_clear_text": True}, "clear text"),
        ({"host": "broker.example", "password_file": "p"}, "user"),
        ({"host": "broker.example", "topic": "a/#"}, "topic"),
        ({"host": "broker.example", "port": 0}, "port"),
    ],
)
def test_settings_that_cannot_work_are_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        BrokerSettings.model_validate(wrong)
