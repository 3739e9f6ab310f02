"""A site's vehicle seals for a person at the lane: which are heard, what one says, and commanding it.

Works beside a running `gateway run`: its store is only read, and both may listen to the same receivers.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.model.clock import Clock, RandomBytes
from gateway.model.device import Advertisement
from gateway.model.errors import SealNumberError
from gateway.model.observation import VehicleSealHeard
from gateway.model.seal import normalise_seal_number
from gateway.orders.register_cache import RegisterCache, stored_entries
from gateway.seal_reader.config import BluezReceiverConfig
from gateway.seal_reader.counters import remembered
from gateway.seal_reader.drivers import receiver_of
from gateway.seal_reader.errors import SealLinkError
from gateway.seal_reader.keys import SealKeys, load_authority, load_keys
from gateway.seal_reader.listener import SealAuthenticator
from gateway.seal_reader.profile import SealFrame, parse
from gateway.seal_reader.receipts import Receipt
from gateway.seal_reader.seal_link import FIND_S, SealLink
from gateway.seal_reader.tokens import ID_LENGTH, Action, Token, issue, public_bytes
from gateway.site.lane_file import SealsConfig, SiteConfig
from gateway.store.connection import connect, naming

COUNTERS: Final = "seal-counters.sqlite3"
TOKEN_LASTS: Final = timedelta(minutes=10)  # for somebody who stands beside the seal now
CLOCKS_DIFFER: Final = timedelta(minutes=2)  # by which a seal's clock may be behind


@dataclass(slots=True)
class HeardSeal:
    """One serial, over a scan. `frame` is the last authentic one; `rssi` the strongest per receiver, dBm."""

    serial: int
    number: str | None
    frame: SealFrame | None = None
    rssi: dict[str, float] = field(default_factory=dict)
    frames: Counter[str] = field(default_factory=Counter)  # by what came of them: heard, late, forged, …

    @property
    def strongest(self) -> str | None:
        """The receiver that heard it most strongly: where it is, most likely."""
        return max(self.rssi, key=lambda receiver: self.rssi[receiver], default=None)


@dataclass(slots=True)
class Scan:
    """What a scan found. `lost` says of each receiver that failed why."""

    seals: dict[int, HeardSeal] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def seals_of(site: SiteConfig) -> SealsConfig:
    """Raises SealLinkError for a site without vehicle seals."""
    if site.seals is None:
        raise SealLinkError(f"site {site.name} has no `seals` in its lane file")
    return site.seals


def register_of(site: SiteConfig) -> RegisterCache:
    """The register as the gate has it on disk; empty where it never ran. Raises StoreError."""
    register = RegisterCache()
    path = site.store.folder / "gate.sqlite3"
    if path.exists():
        with closing(connect(path, read_only=True)) as connection, naming(path):
            register.take(stored_entries(connection))
    return register


def serial_of(seal: str, register: RegisterCache) -> int:
    """The serial of a seal that a person names by its number in the register, or by the serial itself. Raises SealLinkError."""
    try:
        known = register.seal_serial(normalise_seal_number(seal))
    except SealNumberError as error:
        raise SealLinkError(str(error)) from error
    if known is not None:
        return known
    if seal.isascii() and seal.isdigit() and int(seal) <= 0xFFFF_FFFF:
        return int(seal)
    raise SealLinkError(f"seal {seal} is not in this gate's register, and is no serial either")


async def scan(site: SiteConfig, clock: Clock, seconds: float) -> Scan:
    """Listen to all receivers for so long. Raises SealKeyError, CounterStoreError, StoreError."""
    config = seals_of(site)
    register = register_of(site)
    authenticator = SealAuthenticator(
        load_keys(config.keys, os.environ),
        lambda serial: register.seal_number(serial) or str(serial),  # strangers too: that is what one wants to see
        remembered(site.store.folder / COUNTERS),
    )
    found = Scan()

    def hear(advertisement: Advertisement) -> None:
        _take(found, advertisement, authenticator, register)

    async def listen(name: str, index: int) -> None:
        def changed(working: bool, detail: str) -> None:
            if working:
                found.lost.pop(name, None)
            else:
                found.lost[name] = detail

        await receiver_of(config.receivers[index], clock).run(hear, changed)

    tasks = [asyncio.create_task(listen(receiver.name, index)) for index, receiver in enumerate(config.receivers)]
    await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


def _take(found: Scan, advertisement: Advertisement, authenticator: SealAuthenticator, register: RegisterCache) -> None:
    before = authenticator.counts.copy()
    answer = authenticator.accept(advertisement)
    came_of_it = next(iter(authenticator.counts - before), None)
    if came_of_it in {None, "malformed"}:
        return
    signed = parse(advertisement.payload)
    if signed is None:
        return
    serial = signed.frame.serial
    seal = found.seals.setdefault(serial, HeardSeal(serial, register.seal_number(serial)))
    seal.frames[came_of_it or ""] += 1
    if isinstance(answer, VehicleSealHeard):
        seal.frame = signed.frame
        seal.rssi[answer.device] = max(answer.rssi, seal.rssi.get(answer.device, answer.rssi))


class SealDesk:
    """One seal of a site, connected to through one of the site's own adapters. Raises SealReaderError, StoreError."""

    def __init__(self, site: SiteConfig, seal: str, receiver: str | None = None, find_s: float = FIND_S) -> None:
        config = seals_of(site)
        self.serial = serial_of(seal, register_of(site))
        self._config = config
        self._keys: SealKeys = load_keys(config.keys, os.environ)
        self._last = remembered(site.store.folder / COUNTERS).last(self.serial)
        self._link = SealLink(_adapter(site, config, receiver), self.serial, self._keys, find_s=find_s)

    async def status(self) -> tuple[SealFrame, Receipt | None]:
        """A seal makes a new frame for whoever reads it: one that this gate has heard before is a recording."""
        frame, receipt = await self._link.status()
        if self._last is not None and frame.counter <= self._last:
            raise SealLinkError(
                f"seal {self.serial}: shows counter {frame.counter}, and this gate has heard {self._last}: a recording"
            )
        return frame, receipt

    async def command(self, action: Action, order: str, operator: str, clock: Clock, random: RandomBytes) -> Receipt:
        """With a token of this gate's own authority, for a holder's key that lives as long as this call."""
        if self._config.authority is None:
            raise SealLinkError("this gate may not command seals: its lane file names no `seals.authority`")
        authority = load_authority(self._config.authority, os.environ)
        holder = Ed25519PrivateKey.from_private_bytes(random(32))
        now = clock()
        token = Token(
            key_id=authority.key_id,
            action=action,
            serial=self.serial,
            token_id=random(ID_LENGTH),
            not_before=now - CLOCKS_DIFFER,
            not_after=now + TOKEN_LASTS,
            order=order,
            operator=operator,
            holder=public_bytes(holder),
        )
        return await self._link.carry_out(issue(token, authority.key), holder)


def _adapter(site: SiteConfig, config: SealsConfig, wanted: str | None) -> BluezReceiverConfig:
    adapters: Mapping[str, BluezReceiverConfig] = {r.name: r for r in config.receivers if isinstance(r, BluezReceiverConfig)}
    if wanted is not None and wanted not in adapters:
        raise SealLinkError(f"site {site.name} has no receiver {wanted} of type bluez; it has {', '.join(adapters) or 'none'}")
    if not adapters:
        raise SealLinkError(f"site {site.name} has no receiver of type bluez: only a Bluetooth adapter can connect to a seal")
    return adapters[wanted] if wanted is not None else next(iter(adapters.values()))
