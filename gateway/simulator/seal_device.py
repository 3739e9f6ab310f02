"""A vehicle seal that somebody connects to: its GATT side, which judges tokens as docs/seal-profile.md §7 says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.model.clock import Clock, RandomBytes
from gateway.seal_reader import gatt
from gateway.seal_reader.errors import TokenError
from gateway.seal_reader.gatt import CHALLENGE_LENGTH, Refusal
from gateway.seal_reader.profile import SealFlag
from gateway.seal_reader.receipts import Receipt, Result, sign_receipt
from gateway.seal_reader.tokens import Action, Command, Token, parse_command
from gateway.simulator.errors import AttError
from gateway.simulator.seal_beacon import SealBeacon

STICKY: Final = SealFlag.SHELL_OPENED | SealFlag.CABLE_CUT | SealFlag.OPENED_WHILE_SEALED | SealFlag.WRONG_CREDENTIAL
ROOM: Final = 64  # token ids that a seal keeps until they have expired

# What says that somebody tried what he must not; a slip of form or a seal without a clock does not.
_SUSPICIOUS: Final = frozenset(
    {Refusal.UNKNOWN_AUTHORITY, Refusal.WRONG_SIGNATURE, Refusal.NOT_NOW, Refusal.USED, Refusal.WRONG_ANSWER}
)


class SealDevice:
    """The seal behind a beacon. `stuck`: the motor does not follow. `clock` None: the seal does not know the time."""

    table: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        gatt.SERVICE: {
            gatt.STATUS: ("read", "notify"),
            gatt.CHALLENGE: ("read",),
            gatt.COMMAND: ("write",),
            gatt.RECEIPT: ("read", "notify"),
        }
    }

    def __init__(
        self, beacon: SealBeacon, authorities: Mapping[int, Ed25519PublicKey], clock: Clock | None, random: RandomBytes
    ) -> None:
        self.beacon = beacon
        self.stuck = False
        self.receipt = b""
        self.commands = 0  # carried out
        self._authorities, self._clock, self._random = authorities, clock, random
        self._challenge = random(CHALLENGE_LENGTH)
        self._used: dict[bytes, datetime] = {}  # token id → when it expires by itself

    def linked(self) -> None:
        self._challenge = self._random(CHALLENGE_LENGTH)

    def read(self, uuid: str) -> bytes:
        if uuid == gatt.STATUS:
            return self.beacon.next_frame() or b""
        if uuid == gatt.CHALLENGE:
            return self._challenge
        return self.receipt

    def write(self, uuid: str, value: bytes) -> None:
        """Raises AttError with one of `Refusal`."""
        challenge, self._challenge = self._challenge, self._random(CHALLENGE_LENGTH)
        try:
            command = parse_command(value)
        except TokenError:
            raise AttError(Refusal.MALFORMED) from None
        refusal = self._objection(command, challenge)
        if refusal is not None:
            if refusal in _SUSPICIOUS:
                self.beacon.flags |= SealFlag.WRONG_CREDENTIAL
                self.beacon.events += 1
            raise AttError(refusal)
        self._obey(command.signed.token)

    def _objection(self, command: Command, challenge: bytes) -> Refusal | None:
        signed, token = command.signed, command.signed.token
        authority = self._authorities.get(token.key_id)
        now = self._clock() if self._clock else None
        if token.serial != self.beacon.serial:
            return Refusal.OTHER_SEAL
        if authority is None:
            return Refusal.UNKNOWN_AUTHORITY
        if not signed.verified(authority):
            return Refusal.WRONG_SIGNATURE
        if now is None:
            return Refusal.NO_CLOCK
        if not token.not_before <= now <= token.not_after:
            return Refusal.NOT_NOW
        return self._objection_to_use(command, challenge, now)

    def _objection_to_use(self, command: Command, challenge: bytes, now: datetime) -> Refusal | None:
        self._used = {token_id: until for token_id, until in self._used.items() if until >= now}
        if command.signed.token.token_id in self._used:
            return Refusal.USED
        if not command.answers(challenge):
            return Refusal.WRONG_ANSWER
        return Refusal.NO_ROOM if len(self._used) >= ROOM else None

    def _obey(self, token: Token) -> None:
        beacon = self.beacon
        self._used[token.token_id] = token.not_after
        result = self._drive(token.action)
        self.commands += 1
        beacon.events += 1
        beacon.counter += 1
        receipt = Receipt(
            key_id=beacon.key_id,
            serial=beacon.serial,
            action=token.action,
            result=result,
            at=self._clock() if self._clock else token.not_before,
            counter=beacon.counter,
            events=beacon.events,
            flags=beacon.flags,
            token_id=token.token_id,
            order=token.order,
            operator=token.operator,
        )
        self.receipt = sign_receipt(receipt, beacon.keys.for_receipts(beacon.key_id, beacon.serial))

    def _drive(self, action: Action) -> Result:
        beacon = self.beacon
        if action is Action.CLEAR:
            beacon.flags &= ~STICKY
            return Result.DONE
        if action is Action.LOCK and SealFlag.PLUG_INSERTED not in beacon.flags:
            return Result.NO_PLUG
        if self.stuck:
            beacon.flags |= SealFlag.MOTOR_STUCK
            return Result.MOTOR_STUCK
        moved = SealFlag.MOTOR_LOCKED | SealFlag.TASK_ACTIVE
        beacon.flags = beacon.flags | moved if action is Action.LOCK else beacon.flags & ~moved
        return Result.DONE
