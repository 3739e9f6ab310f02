"""Gates in the database: who was approved, who is enrolled, and which certificates are theirs.

A certificate is good where its SHA-256 stands here and neither it nor its gate was revoked: that it was signed by our authority
only proves that somebody holds its key. Whatever this table says counts from the next request on.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Column, Connection, Index, Integer, String, Table, func, select

from gateway.model.enrolment import Enrolment
from gateway.platform.database import METADATA, timestamp
from gateway.platform.errors import ForbiddenError

CODE_VALID: Final = timedelta(hours=24)
MOST_WRONG_CODES: Final = 10  # a mistyped code is found at the gate and not sent: these are guesses

GATES = Table(
    "gates",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("evidence_key", String(64), nullable=False),
    Column("enrolled_at", String(27), nullable=False),
    Column("revoked_at", String(27)),
)
APPROVALS = Table(
    "gate_approvals",
    METADATA,
    Column("gate", String(64), primary_key=True),
    Column("secret_sha256", String(64), nullable=False),
    Column("approved_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("used_at", String(27)),
)
CERTIFICATES = Table(
    "gate_certificates",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("gate", String(64), nullable=False),
    Column("issued_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False),
    Column("replaced_at", String(27)),
    Index("gate_certificates_gate", "gate", "issued_at"),
)


class Code(Enum):
    """What a code is worth; each but GOOD says why not."""

    GOOD = ""
    WRONG = "This code is not valid for this gate."  # nor is it told whether the gate was approved at all
    LOCKED = "This code is locked after too many wrong ones: approve the gate again."
    USED = "This code was used before: approve the gate again."
    EXPIRED = "This code has expired: approve the gate again."


@dataclass(frozen=True, slots=True)
class GateStanding:
    """One gate for a person to look at; times are as `timestamp` writes them. `wrong`: wrong codes since it was approved."""

    name: str
    evidence_key: str | None = None
    enrolled_at: str | None = None
    revoked_at: str | None = None
    certificate_until: str | None = None
    code_until: str | None = None
    wrong: int = 0


def approve(connection: Connection, gate: str, secret: bytes, now: datetime) -> datetime:
    """The secret enrols the gate once, until the time that is returned; an earlier one no longer does."""
    expires = now + CODE_VALID
    connection.execute(APPROVALS.delete().where(APPROVALS.c.gate == gate))
    connection.execute(
        APPROVALS.insert().values(
            gate=gate,
            secret_sha256=hashlib.sha256(secret).hexdigest(),
            approved_at=timestamp(now),
            expires_at=timestamp(expires),
            wrong=0,
        )
    )
    return expires


def enrol(connection: Connection, enrolment: Enrolment, certificate: x509.Certificate, now: datetime) -> Code:
    """Use the code up and take the gate in with its certificate, or find what is wrong with the code and change no gate.

    Certificates that the gate had before are replaced, a revocation is lifted, and its evidence key is the new one.
    """
    code = _try_code(connection, enrolment.gate, bytes.fromhex(enrolment.secret), now)
    if code is not Code.GOOD:
        return code
    at = timestamp(now)
    connection.execute(APPROVALS.update().where(APPROVALS.c.gate == enrolment.gate).values(used_at=at))
    connection.execute(GATES.delete().where(GATES.c.name == enrolment.gate))
    connection.execute(GATES.insert().values(name=enrolment.gate, evidence_key=enrolment.evidence_key, enrolled_at=at))
    theirs = (CERTIFICATES.c.gate == enrolment.gate) & CERTIFICATES.c.replaced_at.is_(None)
    connection.execute(CERTIFICATES.update().where(theirs).values(replaced_at=at))
    add_certificate(connection, enrolment.gate, certificate, now)
    return code


def _try_code(connection: Connection, gate: str, secret: bytes, now: datetime) -> Code:
    """Only who knows the secret is told more of it than that it is wrong."""
    row = connection.execute(select(APPROVALS).where(APPROVALS.c.gate == gate)).mappings().one_or_none()
    known = row["secret_sha256"] if row else ""
    if not hmac.compare_digest(hashlib.sha256(secret).hexdigest(), known) or row is None:
        connection.execute(APPROVALS.update().where(APPROVALS.c.gate == gate).values(wrong=APPROVALS.c.wrong + 1))
        return Code.WRONG
    if row["used_at"] is not None:
        return Code.USED
    if row["wrong"] >= MOST_WRONG_CODES:
        return Code.LOCKED
    return Code.GOOD if timestamp(now) < row["expires_at"] else Code.EXPIRED


def add_certificate(connection: Connection, gate: str, certificate: x509.Certificate, now: datetime) -> None:
    """A further certificate of the gate; those that it has stay good until they expire. Raises ForbiddenError if it is revoked."""
    row = connection.execute(select(GATES.c.revoked_at).where(GATES.c.name == gate)).one_or_none()
    if row is None:
        raise ForbiddenError(f"Gate {gate} is not enrolled here.")
    if row.revoked_at is not None:
        raise _revoked(gate, row.revoked_at)
    connection.execute(
        CERTIFICATES.insert().values(
            sha256=certificate.fingerprint(SHA256()).hex(),
            gate=gate,
            issued_at=timestamp(now),
            expires_at=timestamp(certificate.not_valid_after_utc),
        )
    )


def gate_of(connection: Connection, sha256: str, now: datetime) -> str:
    """Whose certificate it is that has this SHA-256. Raises ForbiddenError saying why it is no longer good, or unknown."""
    query = select(CERTIFICATES, GATES.c.revoked_at).join(GATES, GATES.c.name == CERTIFICATES.c.gate)
    row = connection.execute(query.where(CERTIFICATES.c.sha256 == sha256)).mappings().one_or_none()
    if row is None:
        raise ForbiddenError("This platform does not know this certificate: enrol the gate again.")
    gate: str = row["gate"]
    if row["revoked_at"] is not None:
        raise _revoked(gate, row["revoked_at"])
    if row["replaced_at"] is not None:
        raise ForbiddenError(f"This certificate of gate {gate} was replaced at {row['replaced_at']}, when it was enrolled again.")
    if row["expires_at"] <= timestamp(now):
        raise ForbiddenError(f"This certificate of gate {gate} expired at {row['expires_at']}: enrol the gate again.")
    return gate


def _revoked(gate: str, at: str) -> ForbiddenError:
    return ForbiddenError(f"Gate {gate} was revoked at {at}: it has to be approved and enrolled again.")


def is_enrolled(connection: Connection, gate: str) -> bool:
    """Whether the gate ever was: also a revoked one may no longer do without its certificate."""
    return connection.execute(select(GATES.c.name).where(GATES.c.name == gate)).one_or_none() is not None


def evidence_key(connection: Connection, gate: str) -> str | None:
    """The key with which the gate was enrolled; None for a gate that never was."""
    return connection.execute(select(GATES.c.evidence_key).where(GATES.c.name == gate)).scalar()


def revoke(connection: Connection, gate: str, now: datetime) -> bool:
    """From now on no certificate and no code of the gate counts. False where there is no such gate."""
    there = is_enrolled(connection, gate)
    waiting = connection.execute(APPROVALS.delete().where(APPROVALS.c.gate == gate)).rowcount
    still = (GATES.c.name == gate) & GATES.c.revoked_at.is_(None)
    connection.execute(GATES.update().where(still).values(revoked_at=timestamp(now)))
    return there or bool(waiting)


def standings(connection: Connection) -> tuple[GateStanding, ...]:
    """Every gate that is enrolled or approved, by name."""
    current = CERTIFICATES.c.replaced_at.is_(None)
    until = select(CERTIFICATES.c.gate, func.max(CERTIFICATES.c.expires_at)).where(current).group_by(CERTIFICATES.c.gate)
    certificates = {row[0]: row[1] for row in connection.execute(until)}
    codes = {row.gate: row for row in connection.execute(select(APPROVALS).where(APPROVALS.c.used_at.is_(None)))}
    found = []
    for gate in connection.execute(select(GATES)):
        code = codes.pop(gate.name, None)
        found.append(
            GateStanding(
                gate.name,
                gate.evidence_key,
                gate.enrolled_at,
                gate.revoked_at,
                certificates.get(gate.name),
                code.expires_at if code else None,
                code.wrong if code else 0,
            )
        )
    found += [GateStanding(code.gate, code_until=code.expires_at, wrong=code.wrong) for code in codes.values()]
    return tuple(sorted(found, key=lambda one: one.name))
