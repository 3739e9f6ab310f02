"""One Modbus connection: one request at a time, each answered or the connection dropped.

A request that is given up half-way leaves its reply on the wire, where it would answer the next one. So a request that
has begun is always waited for, even when its caller is cancelled, and a connection on which one stayed unanswered is closed.

Closing is a reset: the system would otherwise go on sending what was never acknowledged, and a module whose network is mended
minutes later would open a barrier for a vehicle that is long gone.
"""

import asyncio
import socket
import struct
import termios
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.client.base import ModbusBaseClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.mei_message import ReadDeviceInformationResponse

from gateway.signals.config import AnyModuleConfig, HeartbeatConfig, ModbusRtuModuleConfig, SettingConfig
from gateway.signals.errors import ModuleLostError, ModuleRefusedError
from gateway.signals.points import Run
from gateway.signals.uninterrupted import Uninterrupted

TIMEOUT_S: Final = 1.0  # a module answers within a few milliseconds; pymodbus would wait 3 s, three times over

# What a network loses TCP itself sends again: to ask twice would only make a slow module answer twice, and the second answer
# would spoil the next request. A serial line repeats nothing by itself: there we ask twice.
SERIAL_TIMEOUT_S: Final = TIMEOUT_S / 2

# A frame on a serial line does not say which question it answers. One that comes late must not meet another question: before
# anything is asked again, the line is left alone for so long, and what came meanwhile is thrown away when it is opened.
LATE_S: Final = 1.0

RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: unsent bytes are dropped (socket(7))

Call = Callable[[ModbusBaseClient], Awaitable[ModbusPDU]]


def _client(config: AnyModuleConfig, on_connection: Callable[[bool], None]) -> ModbusBaseClient:
    """A client that does not reconnect by itself: the module's loop does, and restores the outputs before anything else."""
    if isinstance(config, ModbusRtuModuleConfig):
        return AsyncModbusSerialClient(
            config.device,
            name=config.name,
            baudrate=config.baudrate,
            parity=config.parity,
            stopbits=config.stopbits,
            timeout=SERIAL_TIMEOUT_S,
            retries=0,
            reconnect_delay=0,
            trace_connect=on_connection,
        )
    return AsyncModbusTcpClient(
        config.host,
        port=config.port,
        name=config.name,
        timeout=TIMEOUT_S,
        retries=0,
        reconnect_delay=0,
        trace_connect=on_connection,
    )


class ModbusLink:
    """The connection to one module. All methods belong to one event loop."""

    def __init__(self, config: AnyModuleConfig) -> None:
        self._config = config
        self._client: ModbusBaseClient | None = None
        self._ended = asyncio.Event()  # the present connection has
        self._lock = asyncio.Lock()
        self._uninterrupted = Uninterrupted()
        self._on_a_line = isinstance(config, ModbusRtuModuleConfig)
        self._unanswered_at = -LATE_S  # on the line, in the loop's time
        self._asking_again = False

    @property
    def connected(self) -> bool:
        return self._asking_again or (self._client is not None and self._client.connected)

    async def open(self) -> None:
        """Connect anew. Raises ModuleLostError."""
        async with self._lock:
            await self._open()

    async def _open(self) -> None:
        self.close()
        if self._on_a_line:
            await asyncio.sleep(self._unanswered_at + LATE_S - asyncio.get_running_loop().time())
        ended = asyncio.Event()
        client = _client(self._config, lambda connected: None if connected else ended.set())
        _swallow_what_cannot_be_read(client)
        connected, reason = await _connected(client)
        if not connected:
            client.close()
            raise ModuleLostError(f"module {self._config.name}: no connection to {self._config.location}{reason}")
        network = client.ctx.transport.get_extra_info("socket")
        if network is not None:  # a serial line has none
            network.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._client, self._ended = client, ended

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def read(self, run: Run) -> list[bool]:
        """The raw bits of a run, one per address. Raises SignalError."""

        def call(client: ModbusBaseClient) -> Awaitable[ModbusPDU]:
            if run.table == "coil":
                return client.read_coils(run.start, count=run.count, device_id=self._config.unit)
            return client.read_discrete_inputs(run.start, count=run.count, device_id=self._config.unit)

        bits = (await self._request(call, f"read {run}")).bits
        if len(bits) < run.count:  # a reply is padded to whole bytes, so it may be longer
            raise ModuleLostError(f"module {self._config.name}: read {run}: {len(bits)} of {run.count} bits in the answer")
        return list(bits[: run.count])

    async def write(self, run: Run, bits: list[bool]) -> None:
        """Write the coils of a run in one request (function 5 for one, 15 for several). Raises SignalError."""

        def call(client: ModbusBaseClient) -> Awaitable[ModbusPDU]:
            if len(bits) == 1:
                return client.write_coil(run.start, bits[0], device_id=self._config.unit)
            return client.write_coils(run.start, bits, device_id=self._config.unit)

        await self._request(call, f"write {run}")

    async def beat(self, heartbeat: HeartbeatConfig, count: int) -> None:
        """A sign of life for the module's communication watchdog. Raises SignalError."""

        def call(client: ModbusBaseClient) -> Awaitable[ModbusPDU]:
            if heartbeat.table == "coil":
                return client.write_coil(heartbeat.address, count % 2 == 1, device_id=self._config.unit)
            return client.write_register(heartbeat.address, count % 0x10000, device_id=self._config.unit)

        await self._request(call, f"heartbeat {heartbeat.table} {heartbeat.address}")

    async def read_setting(self, setting: SettingConfig) -> int:
        """What the module holds where this setting stands. Raises SignalError."""

        def call(client: ModbusBaseClient) -> Awaitable[ModbusPDU]:
            if setting.table == "coil":
                return client.read_coils(setting.address, count=1, device_id=self._config.unit)
            return client.read_holding_registers(setting.address, count=1, device_id=self._config.unit)

        response = await self._request(call, f"read setting {setting.table} {setting.address}")
        values = [int(bit) for bit in response.bits] if setting.table == "coil" else list(response.registers)
        if not values:
            raise ModuleLostError(f"module {self._config.name}: read setting {setting.table} {setting.address}: an empty answer")
        return values[0]

    async def write_setting(self, setting: SettingConfig) -> None:
        """Raises SignalError."""

        def call(client: ModbusBaseClient) -> Awaitable[ModbusPDU]:
            if setting.table == "coil":
                return client.write_coil(setting.address, setting.value == 1, device_id=self._config.unit)
            return client.write_register(setting.address, setting.value, device_id=self._config.unit)

        await self._request(call, f"write setting {setting.table} {setting.address}")

    async def identify(self) -> str:
        """What the module says it is (function 43/14, basic objects). Raises SignalError: many modules do not say."""
        response = await self._request(lambda client: client.read_device_information(device_id=self._config.unit), "identify")
        objects = response.information if isinstance(response, ReadDeviceInformationResponse) else {}
        texts = [value.decode("ascii", "replace") for value in objects.values() if isinstance(value, bytes)]
        return " ".join(text for text in texts if text.isprintable())[:100]

    async def _request(self, call: Call, what: str) -> ModbusPDU:
        """One request and its response. `what` says in an error what was tried.

        Raises ModuleLostError (and closes the connection) or ModuleRefusedError (and keeps it).
        """
        return await self._uninterrupted.run(self._exchange(call, what))

    async def _exchange(self, call: Call, what: str) -> ModbusPDU:
        async with self._lock:
            response = await self._ask(call, what)
            if response is None:
                response = await self._ask_again(call, what)
        if response is None:
            raise ModuleLostError(f"module {self._config.name}: {what}: no answer from {self._config.location}")
        if response.isError():  # pymodbus returns an exception response, it does not raise it
            code = response.exception_code if isinstance(response, ExceptionResponse) else "?"
            raise ModuleRefusedError(f"module {self._config.name}: {what}: refused with Modbus exception {code}")
        return response

    async def _ask(self, call: Call, what: str) -> ModbusPDU | None:
        """Ask once. None: no answer on a serial line, which is closed now. Raises ModuleLostError where it makes no sense to
        ask again."""
        if self._client is None:
            raise ModuleLostError(f"module {self._config.name}: {what}: not connected")
        try:
            return await self._answer(call(self._client))
        except ModbusException as error:
            there = self._client is not None and self._client.connected
            self.close()
            if self._on_a_line and there:
                self._unanswered_at = asyncio.get_running_loop().time()
                return None
            raise ModuleLostError(f"module {self._config.name}: {what}: no answer from {self._config.location}") from error

    async def _ask_again(self, call: Call, what: str) -> ModbusPDU | None:
        """Once more, on a line that is opened anew for it. Whoever asks meanwhile whether we are connected: we are."""
        self._asking_again = True
        try:
            await self._open()
        finally:
            self._asking_again = False
        return await self._ask(call, what)

    async def _answer(self, request: Awaitable[ModbusPDU]) -> ModbusPDU:
        """The answer, or ConnectionException as soon as the connection has ended: pymodbus would wait out its timeout."""
        answer, end = asyncio.ensure_future(request), asyncio.ensure_future(self._ended.wait())
        either: set[asyncio.Future[Any]] = {answer, end}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        end.cancel()
        if not answer.done():
            answer.cancel()
            raise ConnectionException("the connection has ended")
        return answer.result()


def _swallow_what_cannot_be_read(client: ModbusBaseClient) -> None:
    """pymodbus raises where bytes arrive, and there nobody hears it but the event loop, which prints it with every attempt."""
    take = client.ctx.callback_data

    def callback_data(data: bytes, addr: tuple[object, ...] | None = None) -> int:
        try:
            return take(data, addr)
        except ModbusException:
            return len(data)  # the request stays unanswered

    client.ctx.callback_data = callback_data  # type: ignore[method-assign]


async def _connected(client: ModbusBaseClient) -> tuple[bool, str]:
    """Whether it worked, and why not where that is known."""
    try:
        return await client.connect(), ""
    except termios.error as error:  # a line that cannot be set as configured: pyserial passes this on as it is
        return False, f": {error.args[-1]}"
