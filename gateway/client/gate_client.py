"""What a gate asks of the platform, one method each: records and pictures up, orders and registers down, its desk, its certificate.

Nothing but the platform's own well-formed receipt counts as an acknowledgement: a hotel's login page answers 200 too.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Protocol
from urllib.parse import quote

from pydantic import BaseModel

from gateway.client.answers import PictureReceipt
from gateway.client.connection import TAKEN, Connection, Request
from gateway.client.errors import RefusedError, UnexpectedAnswerError, refused
from gateway.client.feed_page import UnreadableItem, parse_feed_page
from gateway.model.confirmation_batch import BatchAnswer, BatchedRecord, ConfirmationBatch, RecordAnswer
from gateway.model.enrolment import CertificateRequest, Enrolment, GateCertificate
from gateway.model.evidence import Link
from gateway.model.gate_health import HealthReport
from gateway.model.remote_desk import DeskNews, DeskReport
from gateway.model.wire import LENGTH_FIELD, OFFSET_FIELD, ConfirmationReceipt, FeedPage, PictureProgress


class Record(Protocol):
    """A confirmation: its JSON, the same bytes at every attempt, and what chains it to the one before."""

    @property
    def sequence(self) -> int: ...
    @property
    def body(self) -> str: ...
    @property
    def link(self) -> Link | None: ...


class GateClient:
    """Every method raises the errors of `gateway.client.errors`, and may be called again without changing anything."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    # Records and pictures -----------------------------------------------------------------------------------------------

    async def confirm(self, gate: str, record: Record) -> ConfirmationReceipt:
        """Hand in one confirmation. Raises ConflictError where its number is taken by other content."""
        fields = record.link.fields() if record.link else {}
        request = Request("PUT", _of(gate, f"confirmations/{record.sequence}"), record.body.encode(), fields=fields)
        receipt = await self.connection.ask(ConfirmationReceipt, request)
        if not _is_for(receipt, gate, record):
            raise UnexpectedAnswerError(f"the receipt is for {receipt.gate} {receipt.sequence}, not for {gate} {record.sequence}")
        return receipt

    async def confirm_all(self, gate: str, records: Sequence[Record]) -> tuple[ConfirmationReceipt | RefusedError, ...]:
        """Hand in several confirmations at once, in their order; gives what each was answered."""
        batch = ConfirmationBatch(records=tuple(BatchedRecord(body=one.body, link=one.link) for one in records))
        answers = (await self.connection.ask(BatchAnswer, _post(_of(gate, "confirmations"), batch))).answers
        if len(answers) != len(records):
            raise UnexpectedAnswerError(f"{len(answers)} answers to {len(records)} confirmations: is this the platform?")
        return tuple(_told(gate, record, answer) for record, answer in zip(records, answers, strict=True))

    async def send_picture(self, sha256: str, jpeg: bytes) -> None:
        """Hand in one picture whole."""
        request = Request("PUT", _picture(sha256), jpeg, "image/jpeg", answer_s=self.connection.patience.picture_s)
        _about(sha256, (await self.connection.ask(PictureReceipt, request)).sha256)

    async def add_to_picture(self, sha256: str, jpeg: bytes, offset: int, most: int) -> int:
        """Hand in at most `most` bytes of a picture from `offset` on; gives how many the platform has then (all: it is stored).

        With `most` 0 that is only asked.
        """
        fields = {OFFSET_FIELD: str(offset), LENGTH_FIELD: str(len(jpeg))}
        piece, patience_s = jpeg[offset : offset + most], self.connection.patience.picture_s
        request = Request("PATCH", _picture(sha256), piece, "application/partial-upload", fields, answer_s=patience_s)
        progress = await self.connection.ask(PictureProgress, request)
        _about(sha256, progress.sha256)
        return progress.received

    # Orders, registers, and what people decide ----------------------------------------------------------------------------

    async def feed(
        self, after: int, limit: int = 500, wait_s: int = 0, kinds: Collection[str] = ()
    ) -> tuple[FeedPage, tuple[UnreadableItem, ...]]:
        """At most `limit` entries of these kinds (none named: of all) after a cursor; the platform may wait `wait_s` for news.

        What cannot be read comes back apart.
        """
        query = {"after": str(after), "limit": str(limit), "wait": str(wait_s)}
        if kinds:
            query["kinds"] = ",".join(sorted(kinds))
        answer = await self.connection.fetch(Request("GET", "/api/feed", query=query, answer_s=self._waiting(wait_s)))
        # A full page takes tens of milliseconds to check, during which no lane may wait.
        return await asyncio.to_thread(parse_feed_page, answer, after)

    async def desk(self, gate: str, report: DeskReport, wait_s: int = 0) -> DeskNews:
        """Tell what waits at this gate; the platform may wait `wait_s` for news."""
        request = _post(_of(gate, "desk"), report, {"wait": str(wait_s)}, self._waiting(wait_s))
        return await self.connection.ask(DeskNews, request)

    async def tell_health(self, gate: str, report: HealthReport) -> None:
        """Say how the gate is. Whatever the answer says, it is not kept."""
        await self.connection.fetch(Request("PUT", _of(gate, "health"), report.model_dump_json().encode()))

    def _waiting(self, wait_s: int) -> float:
        return wait_s + self.connection.patience.answer_s

    # Its certificate --------------------------------------------------------------------------------------------------------

    async def authority(self) -> str:
        """The certificate by which the platform says that it is known, PEM. Whether it is true, the caller has to find out."""
        return (await self.connection.fetch(Request("GET", "/api/authority"))).decode("ascii", "replace")

    async def enrol(self, enrolment: Enrolment) -> GateCertificate:
        """Raises NotAdmittedError for a code that is wrong or used."""
        return await self.connection.ask(GateCertificate, _post("/api/enrolments", enrolment))

    async def renew_certificate(self, gate: str, request: CertificateRequest) -> GateCertificate:
        return await self.connection.ask(GateCertificate, _post(_of(gate, "certificate"), request))


def _of(gate: str, what: str) -> str:
    return f"/api/gates/{quote(gate, safe='')}/{what}"


def _picture(sha256: str) -> str:
    return f"/api/pictures/{quote(sha256, safe='')}"


def _post(path: str, message: BaseModel, query: dict[str, str] | None = None, answer_s: float | None = None) -> Request:
    return Request("POST", path, message.model_dump_json().encode(), query=query or {}, answer_s=answer_s)


def _about(sha256: str, said: str) -> None:
    if said != sha256:
        raise UnexpectedAnswerError(f"the answer is about picture {said}, not {sha256}")


def _is_for(receipt: ConfirmationReceipt, gate: str, record: Record) -> bool:
    return (receipt.gate, receipt.sequence) == (gate, record.sequence)


def _told(gate: str, record: Record, answer: RecordAnswer) -> ConfirmationReceipt | RefusedError:
    """What one record of several was answered. Raises UnexpectedAnswerError where that is no answer to it."""
    receipt, problem = answer.receipt, answer.problem
    if receipt is not None and answer.status in TAKEN and _is_for(receipt, gate, record):
        return receipt
    if problem is not None and answer.status not in TAKEN:
        return refused(answer.status, problem, None)
    raise UnexpectedAnswerError(f"an answer {answer.status} to confirmation {record.sequence} that is none")
