"""A site's own MQTT 5 broker: one connection, and messages that count as handed over when the broker says so.

paho's thread speaks the protocol, the event loop waits. Its own reconnecting is off: a connection that was lost fails everything
that waits, and whoever publishes begins anew, with what was not handed over.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.model.host import Host, is_loopback
from gateway.uplink.errors import BrokerAwayError, TrustError
from gateway.uplink.token import secret_of

FIRST_FAILURE: Final = 0x80  # MQTT 5 §2.4: reason codes from here on are failures
AT_LEAST_ONCE: Final = 1
KEEP_ALIVE_S: Final = 30
JSON: Final = "application/json"


class BrokerSettings(BaseModel):
    """The site's broker, and what is published there. Times are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Host = Field(description="The broker's name or address")
    port: int = Field(8883, ge=1, le=65535, description="TCP port; 8883 is MQTT over TLS")
    topic: str = Field("gateway", pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", description="What every topic begins with")
    user: str | None = Field(None, description="The gate's name at the broker; without it, the broker knows gates otherwise")
    password_file: Path | None = Field(None, description="File with the gate's password at the broker; not readable by everyone")
    ca_file: Path | None = Field(None, description="Certificates (PEM) to trust instead of the system's")
    allow_clear_text: bool = Field(False, description="Speak without TLS to this machine itself, as in a rehearsal; to no other")
    answer_timeout_s: float = Field(10.0, gt=0, le=300, description="Longest wait for the broker's answer")
    retry_first_s: float = Field(0.5, gt=0, le=60, description="First pause after a failure; each further one is twice as long")
    retry_cap_s: float = Field(60.0, gt=0, le=600, description="Longest pause between attempts")

    @model_validator(mode="after")
    def _safe(self) -> "BrokerSettings":
        if self.allow_clear_text and not is_loopback(self.host):
            raise ValueError("allow_clear_text: records and password would cross a network in clear text; use TLS")
        if self.password_file is not None and self.user is None:
            raise ValueError("password_file: a password goes with a user")
        return self


class Broker:
    """An open connection. Use `connected`."""

    def __init__(self, settings: BrokerSettings, client: Client) -> None:
        self._settings, self._client = settings, client
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._lost = ""
        client.on_connect, client.on_disconnect, client.on_publish = self._connected, self._disconnected, self._published

    @classmethod
    @asynccontextmanager
    async def connected(cls, settings: BrokerSettings, identifier: str) -> AsyncIterator["Broker"]:
        """Raises BrokerAwayError, TrustError, TokenError."""
        client = Client(CallbackAPIVersion.VERSION2, identifier, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False)
        if not settings.allow_clear_text:
            client.tls_set_context(await asyncio.to_thread(_trust, settings))
        if settings.user is not None:
            path = settings.password_file
            client.username_pw_set(settings.user, await asyncio.to_thread(secret_of, path) if path else None)
        broker = cls(settings, client)
        try:
            await broker._open()
            yield broker
        finally:
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)

    async def _open(self) -> None:
        settings = self._settings
        self._client.connect_timeout = settings.answer_timeout_s
        try:
            await asyncio.to_thread(self._client.connect, settings.host, settings.port, KEEP_ALIVE_S)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise BrokerAwayError(str(error) or type(error).__name__) from error
        self._client.loop_start()
        await self._answer(self._opened)

    async def publish(self, topic: str, body: bytes, fields: Mapping[str, str]) -> None:
        """Hand one message over; returns when the broker has taken it. Raises BrokerAwayError where it has not."""
        if self._lost:
            raise BrokerAwayError(self._lost)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = JSON
        properties.PayloadFormatIndicator = 1  # UTF-8 text, MQTT 5 §3.3.2.3.2
        properties.UserProperty = list(fields.items())
        sent = self._client.publish(topic, body, AT_LEAST_ONCE, properties=properties)
        if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerAwayError(f"not sent: {sent.rc.name}")
        answered: asyncio.Future[None] = self._loop.create_future()
        self._waiting[sent.mid] = answered
        try:
            await self._answer(answered)
        finally:
            self._waiting.pop(sent.mid, None)

    async def _answer(self, answered: asyncio.Future[None]) -> None:
        try:
            async with asyncio.timeout(self._settings.answer_timeout_s):
                await answered
        except TimeoutError:
            raise BrokerAwayError(f"no answer within {self._settings.answer_timeout_s:g} s") from None

    # Called in paho's thread: each only tells the loop.

    def _connected(self, _c: Client, _u: object, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
        self._tell(self._settle, self._opened, reason)

    def _published(self, _c: Client, _u: object, mid: int, reason: ReasonCode, _p: Properties | None) -> None:
        self._tell(lambda: self._settle(self._waiting.get(mid), reason))

    def _disconnected(self, _c: Client, _u: object, _f: DisconnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
        self._tell(self._lose, str(reason))

    def _tell(self, what: Any, *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *arguments)

    # On the loop.

    def _settle(self, answered: asyncio.Future[None] | None, reason: ReasonCode) -> None:
        if answered is None or answered.done():
            return
        if reason.value >= FIRST_FAILURE:
            answered.set_exception(BrokerAwayError(f"the broker refuses: {reason}"))
        else:
            answered.set_result(None)

    def _lose(self, why: str) -> None:
        self._lost = f"the connection was lost: {why}"
        for answered in (self._opened, *self._waiting.values()):
            if not answered.done():
                answered.set_exception(BrokerAwayError(self._lost))


def _trust(settings: BrokerSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise TrustError(f"certificates {settings.ca_file}: {error.strerror or error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
