"""The platform's HTTP interface as a gate uses it. Three kinds of outcome: an answer, away, set aside.

Nothing but the platform's own well-formed receipt counts as an acknowledgement: a hotel's login page answers 200 too.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import aiohttp
from pydantic import ValidationError

from gateway.model.confirmation_batch import BatchAnswer, BatchedRecord, ConfirmationBatch, RecordAnswer
from gateway.model.enrolment import CertificateRequest, Enrolment, GateCertificate
from gateway.model.gate_health import HealthReport
from gateway.model.remote_desk import DeskNews, DeskReport
from gateway.model.wire import LENGTH_FIELD, OFFSET_FIELD, ConfirmationReceipt, FeedPage, PictureProgress, Problem
from gateway.store.outbox import WaitingRecord
from gateway.uplink.credentials import Credentials
from gateway.uplink.errors import NotAdmittedError, NotOfferedError, PlatformAwayError, SetAsideError
from gateway.uplink.feed_page import UnreadableItem, parse_feed_page, why
from gateway.uplink.settings import UplinkSettings

_TAKEN: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
# What is wrong with one record or picture, not with the way there. Everything else is tried again: a wrong path in a proxy
# (404) or a wrong method (405) is somebody's mistake of today, not a reason to drop a customs record.
_NEVER: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_HANDS_IN: Final = frozenset({"PUT", "PATCH"})
_NOT_OFFERED: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_NOT_ADMITTED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_MOST_ANSWER_BYTES: Final = 256 << 20  # 500 orders of 999 cargo lines each
_SLOWEST: Final = 1000  # bytes a second: what comes or goes at this rate is not given up, however long it takes
_LONGEST_DETAIL: Final = 300  # characters


class PlatformClient:
    """One session with the platform. Every method raises PlatformAwayError when it may be tried again."""

    def __init__(self, settings: UplinkSettings, read_credentials: Callable[[], Credentials]) -> None:
        """`read_credentials` waits for the disk, and is asked again where the platform does not admit the gate."""
        self._settings = settings
        self._read_credentials = read_credentials
        self._session: aiohttp.ClientSession | None = None
        self._credentials: Credentials | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["PlatformClient"]:
        """Raises CredentialsError where the site's settings cannot work."""
        await self.renew_credentials()
        async with aiohttp.ClientSession(auto_decompress=True) as session:
            self._session = session
            yield self

    async def renew_credentials(self) -> None:
        """Take what is on the disk now; connections with what was there before are not used again. Raises CredentialsError."""
        self._credentials = await asyncio.to_thread(self._read_credentials)

    async def authority(self) -> str:
        """The certificate by which the platform says that it is known, PEM. Whether it is true, the caller has to find out."""
        answer = await self._ask("GET", "/api/authority", total_s=self._settings.answer_timeout_s)
        return answer.decode("ascii", "replace")

    async def enrol(self, enrolment: Enrolment) -> GateCertificate:
        return await self._certificate("/api/enrolments", enrolment)

    async def renew_certificate(self, gate: str, request: CertificateRequest) -> GateCertificate:
        return await self._certificate(f"/api/gates/{gate}/certificate", request)

    async def _certificate(self, path: str, request: CertificateRequest) -> GateCertificate:
        body = request.model_dump_json().encode()
        answer = await self._ask("POST", path, body=body, media_type="application/json", total_s=self._settings.answer_timeout_s)
        try:
            return GateCertificate.model_validate_json(answer)
        except ValidationError:
            raise PlatformAwayError("the answer is no certificate: is this the platform?") from None

    async def put_confirmation(self, gate: str, record: WaitingRecord) -> ConfirmationReceipt:
        """Hand in one confirmation. Raises SetAsideError when the platform will never take it."""
        answer = await self._ask(
            "PUT",
            f"/api/gates/{gate}/confirmations/{record.sequence}",
            body=record.body.encode(),
            media_type="application/json",
            fields=record.link.fields() if record.link else None,
            total_s=self._settings.answer_timeout_s,
        )
        try:
            receipt = ConfirmationReceipt.model_validate_json(answer)
        except ValidationError:
            raise PlatformAwayError("the answer to a confirmation is not a receipt: is this the platform?") from None
        if (receipt.gate, receipt.sequence) != (gate, record.sequence):
            raise PlatformAwayError(f"the receipt is for {receipt.gate} {receipt.sequence}, not for {gate} {record.sequence}")
        return receipt

    async def post_confirmations(
        self, gate: str, records: Sequence[WaitingRecord]
    ) -> tuple[ConfirmationReceipt | SetAsideError, ...]:
        """Hand in several confirmations at once, in their order; one answer for each.

        Raises NotOfferedError for a platform that takes them one by one only, SetAsideError where it refuses the request as such.
        """
        batch = ConfirmationBatch(records=tuple(BatchedRecord(body=one.body, link=one.link) for one in records))
        answer = await self._ask(
            "POST",
            f"/api/gates/{gate}/confirmations",
            body=batch.model_dump_json().encode(),
            media_type="application/json",
            total_s=self._settings.answer_timeout_s,
            hands_in=True,
        )
        try:
            answers = BatchAnswer.model_validate_json(answer).answers
        except ValidationError:
            raise PlatformAwayError("the answer to confirmations is not receipts: is this the platform?") from None
        if len(answers) != len(records):
            raise PlatformAwayError(f"{len(answers)} answers to {len(records)} confirmations: is this the platform?")
        return tuple(_told(gate, record, one) for record, one in zip(records, answers, strict=True))

    async def put_picture(self, sha256: str, jpeg: bytes) -> None:
        """Hand in one picture. Raises SetAsideError when the platform will never take it."""
        await self._ask(
            "PUT", f"/api/pictures/{sha256}", body=jpeg, media_type="image/jpeg", total_s=self._settings.picture_timeout_s
        )

    async def add_to_picture(self, sha256: str, jpeg: bytes, offset: int, most: int) -> int:
        """Hand in at most `most` bytes of a picture from `offset` on; gives how many the platform has then (all: it is stored).

        With `most` 0 that is only asked. Raises NotOfferedError for a platform that takes pictures whole, SetAsideError when it
        will never take this one.
        """
        answer = await self._ask(
            "PATCH",
            f"/api/pictures/{sha256}",
            body=jpeg[offset : offset + most],
            media_type="application/partial-upload",
            fields={OFFSET_FIELD: str(offset), LENGTH_FIELD: str(len(jpeg))},
            total_s=self._settings.picture_timeout_s,
        )
        try:
            progress = PictureProgress.model_validate_json(answer)
        except ValidationError:
            raise PlatformAwayError("the answer to a picture is not what it has of it: is this the platform?") from None
        if progress.sha256 != sha256:
            raise PlatformAwayError(f"the answer is about picture {progress.sha256}, not {sha256}")
        return progress.received

    async def feed(self, after: int, limit: int, wait_s: int) -> tuple[FeedPage, tuple[UnreadableItem, ...]]:
        """At most `limit` entries after a cursor; the platform may wait `wait_s` for news. What cannot be read comes back apart."""
        answer = await self._ask(
            "GET",
            f"/api/feed?after={after}&limit={limit}&wait={wait_s}",
            total_s=wait_s + self._settings.answer_timeout_s,
        )
        # A full page takes tens of milliseconds to check, during which no lane may wait.
        return await asyncio.to_thread(parse_feed_page, answer, after)

    async def desk(self, gate: str, report: DeskReport, wait_s: int) -> DeskNews:
        """Tell what waits at this gate; the platform may wait `wait_s` for news. Raises NotOfferedError where it has no desk."""
        answer = await self._ask(
            "POST",
            f"/api/gates/{gate}/desk?wait={wait_s}",
            body=report.model_dump_json().encode(),
            media_type="application/json",
            total_s=wait_s + self._settings.answer_timeout_s,
        )
        try:
            return DeskNews.model_validate_json(answer)
        except ValidationError as error:
            raise PlatformAwayError(f"the desk's answer cannot be understood: {why(error)}") from None

    async def put_health(self, gate: str, report: HealthReport) -> None:
        """Say how the gate is. Raises NotOfferedError for an older platform, SetAsideError for one that takes no such word."""
        await self._ask(
            "PUT",
            f"/api/gates/{gate}/health",
            body=report.model_dump_json().encode(),
            media_type="application/json",
            total_s=self._settings.answer_timeout_s,
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        total_s: float,
        body: bytes | None = None,
        media_type: str = "",
        fields: Mapping[str, str] | None = None,
        hands_in: bool = False,
    ) -> bytes:
        if self._session is None or self._credentials is None:
            raise PlatformAwayError("not connected")
        headers = {**self._credentials.fields, **(fields or {}), **({"Content-Type": media_type} if body is not None else {})}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._settings.connect_timeout_s)
        try:
            async with (
                asyncio.timeout(total_s + len(body or b"") / _SLOWEST) as patience,
                self._session.request(
                    method,
                    self._settings.url + path,
                    data=body,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                    ssl=self._credentials.tls,
                ) as response,
            ):
                answer = await _read(response, patience)
                status = response.status
        except TimeoutError:
            raise PlatformAwayError(f"no answer within {total_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise PlatformAwayError(_name(error)) from error
        if status in _NOT_ADMITTED:
            await self.renew_credentials()  # the token may have been changed, the gate enrolled
            raise NotAdmittedError(f"HTTP {status}: the platform does not admit this gate: {_problem(answer)}")
        if status in _TAKEN:
            return answer
        if status in _NEVER and (hands_in or method in _HANDS_IN):
            raise SetAsideError(status, _problem(answer))
        sort = NotOfferedError if status in _NOT_OFFERED else PlatformAwayError
        raise sort(f"HTTP {status}: {_problem(answer)}")


def _told(gate: str, record: WaitingRecord, answer: RecordAnswer) -> ConfirmationReceipt | SetAsideError:
    """What one record of several was answered. Raises PlatformAwayError where that is no answer to it, or none for good."""
    receipt, problem = answer.receipt, answer.problem
    if receipt is not None and answer.status in _TAKEN and (receipt.gate, receipt.sequence) == (gate, record.sequence):
        return receipt
    if problem is not None and answer.status in _NEVER:
        return SetAsideError(answer.status, _said(problem))
    raise PlatformAwayError(f"an answer {answer.status} to confirmation {record.sequence} that is none")


async def _read(response: aiohttp.ClientResponse, patience: asyncio.Timeout) -> bytes:
    """The answer; as long as it comes in, patience grows."""
    chunks, length = [], 0
    until = patience.when() or 0.0
    async for chunk in response.content.iter_any():
        length += len(chunk)
        if length > _MOST_ANSWER_BYTES:
            raise PlatformAwayError(f"an answer of more than {_MOST_ANSWER_BYTES} bytes")
        chunks.append(chunk)
        patience.reschedule(until + length / _SLOWEST)
    return b"".join(chunks)


def _name(error: aiohttp.ClientError | OSError) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            said = f"the platform's certificate is not trusted: {error.certificate_error}"
        case aiohttp.ClientConnectorError():
            said = f"cannot connect to {error.host}:{error.port}: {error.os_error.strerror or error.os_error}"
        case _:
            said = str(error)
    return (said or type(error).__name__)[:_LONGEST_DETAIL]


def _problem(answer: bytes) -> str:
    """What the platform says is wrong: the fields where it names them, without line breaks, shortened."""
    try:
        problem = Problem.model_validate_json(answer)
    except ValidationError:
        return "no explanation"
    return _said(problem)


def _said(problem: Problem) -> str:
    said = "; ".join([problem.title, problem.detail, *(f"{error.field}: {error.message}" for error in problem.errors)])
    return "".join(c if c.isprintable() else " " for c in said)[:_LONGEST_DETAIL]
