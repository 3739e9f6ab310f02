"""A link to one seal over GATT: read its status, let it lock or unlock, fetch its receipt.

A link may break at any moment, also between a command and its answer. So a command is carried out by asking first whether
it has been already: the receipt names the token, a token serves once, and the same token may therefore be tried again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakGATTProtocolError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.seal_reader import gatt
from gateway.seal_reader.bluez_bus import BluezBus
from gateway.seal_reader.bluez_receiver import BLEAK_ERRORS
from gateway.seal_reader.config import BluezReceiverConfig
from gateway.seal_reader.errors import (
    BluezLostError,
    CommandRefusedError,
    FrameError,
    LinkLostError,
    SealKeyError,
    SealLinkError,
    TokenError,
)
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import COMPANY_ID, SealFrame, parse
from gateway.seal_reader.receipts import Receipt, read_receipt
from gateway.seal_reader.tokens import command, parse_token

ATTEMPTS: Final = 3  # links that may break before somebody is told
FIND_S: Final = 15.0  # a seal makes a new frame every 5 s at least, and BlueZ may pause between two scans
LINK_S: Final = 20.0  # everything over one link: connecting takes seconds where the air is full


class SealLink:
    """One seal, by its serial, through one adapter. Raises SealLinkError and what stands below it."""

    def __init__(
        self, adapter: BluezReceiverConfig, serial: int, keys: SealKeys, *, find_s: float = FIND_S, link_s: float = LINK_S
    ) -> None:
        self.serial = serial
        self._config, self._keys = adapter, keys
        self._find_s, self._link_s = find_s, link_s

    async def status(self) -> tuple[SealFrame, Receipt | None]:
        """What the seal says of itself, and its last receipt if it has one. Both authentic; a recording may be old."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._linked() as link:
                    return await link.status(), await link.receipt()
            except LinkLostError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def carry_out(self, token: bytes, holder: Ed25519PrivateKey) -> Receipt:
        """Use this token, once, however often the link breaks. The receipt says what came of it, a motor that is stuck too."""
        uncertain = False
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._linked() as link:
                    return await link.carry_out(token, holder)
            except LinkLostError as error:
                uncertain = uncertain or error.uncertain
                if attempt == ATTEMPTS:
                    raise LinkLostError(str(error), uncertain=uncertain) from error
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _linked(self) -> AsyncIterator["_Link"]:
        """Find the seal and connect to it, from its advertisement on: addresses change, serials do not."""
        try:
            async with BluezBus.opened(self._config.timeout_s) as bus:
                adapter = await bus.adapter(self._config.adapter)
                if not adapter.powered:
                    await bus.power(adapter, True)
        except BluezLostError as error:
            raise LinkLostError(f"seal {self.serial}: {error}") from error
        link: _Link | None = None
        try:
            async with asyncio.timeout(self._find_s + self._link_s):
                device = await self._find(adapter.name)
                async with BleakClient(device, timeout=self._link_s) as client:
                    link = _Link(client, self.serial, self._keys)
                    yield link
        except BLEAK_ERRORS as error:
            sent = link is not None and link.command_sent
            raise LinkLostError(f"seal {self.serial}: the link broke: {error or type(error).__name__}", uncertain=sent) from error

    async def _find(self, adapter: str) -> BLEDevice:
        """The device that advertises authentic frames of this serial."""
        found: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()

        def heard(device: BLEDevice, advertisement: AdvertisementData) -> None:
            for company, data in advertisement.manufacturer_data.items():
                if not found.done() and self._is_ours(company.to_bytes(2, "little") + data):
                    found.set_result(device)

        async with BleakScanner(heard, bluez={"adapter": adapter, "filters": {"DuplicateData": True}}):
            try:
                async with asyncio.timeout(self._find_s):
                    return await found
            except TimeoutError as error:
                raise SealLinkError(f"seal {self.serial}: not heard for {self._find_s:g} s by {adapter}") from error

    def _is_ours(self, payload: bytes) -> bool:
        if not payload.startswith(COMPANY_ID):
            return False
        try:
            return authentic(payload, self.serial, self._keys) is not None
        except SealLinkError:
            return False


def authentic(payload: bytes, serial: int, keys: SealKeys) -> SealFrame:
    """The frame, if this very seal made it. Raises SealLinkError."""
    try:
        signed = parse(payload)
        if signed is None or signed.frame.serial != serial:
            raise SealLinkError(f"this is not seal {serial}")
        if not signed.verified(keys.of(signed.frame.key_id, serial)):
            raise SealLinkError(f"this says that it is seal {serial}, and does not have its key")
    except (FrameError, SealKeyError) as error:
        raise SealLinkError(str(error)) from error
    return signed.frame


class _Link:
    """An open connection. `command_sent` from the moment a command may have reached the seal."""

    def __init__(self, client: BleakClient, serial: int, keys: SealKeys) -> None:
        self.command_sent = False
        self._client, self._serial, self._keys = client, serial, keys

    async def status(self) -> SealFrame:
        return authentic(bytes(await self._client.read_gatt_char(gatt.STATUS)), self._serial, self._keys)

    async def receipt(self) -> Receipt | None:
        """The last one; None while the seal has carried out nothing."""
        data = bytes(await self._client.read_gatt_char(gatt.RECEIPT))
        try:
            receipt = read_receipt(data, self._keys) if data else None
        except (TokenError, SealKeyError) as error:
            raise SealLinkError(str(error)) from error
        if receipt is not None and receipt.serial != self._serial:
            raise SealLinkError(f"a receipt of seal {receipt.serial} instead of {self._serial}")
        return receipt

    async def carry_out(self, token: bytes, holder: Ed25519PrivateKey) -> Receipt:
        """Raises CommandRefusedError when the seal says no."""
        token_id = parse_token(token).token.token_id
        await self.status()
        done = await self.receipt()
        if done is None or done.token_id != token_id:
            challenge = bytes(await self._client.read_gatt_char(gatt.CHALLENGE))
            await self._write(command(token, challenge, holder))
            done = await self.receipt()
        if done is None or done.token_id != token_id:
            raise SealLinkError(f"seal {self._serial} took the command and shows no receipt of it")
        return done

    async def _write(self, data: bytes) -> None:
        self.command_sent = True
        try:
            await self._client.write_gatt_char(gatt.COMMAND, data, response=True)
        except BleakGATTProtocolError as error:
            refusal = next((refusal for refusal in gatt.Refusal if int(refusal) == int(error.code)), None)
            if refusal is None:
                raise  # the link's trouble, not the seal's judgement
            why = refusal.name.lower().replace("_", " ")
            raise CommandRefusedError(f"seal {self._serial} refuses the command: {why} (0x{refusal:02x})", refusal) from error
