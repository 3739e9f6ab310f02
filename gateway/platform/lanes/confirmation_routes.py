"""`/api/gates/{gate}/confirmations/{sequence}` and `/api/confirmations`: what lanes decided, in and out."""

import re
from typing import Any

from aiohttp import web

from gateway.model.confirmation_batch import BatchAnswer, BatchedRecord, ConfirmationBatch, RecordAnswer
from gateway.model.evidence import KEY_FIELD, PREVIOUS_FIELD, SIGNATURE_FIELD, Link
from gateway.model.wire import Confirmation, ConfirmationReceipt
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import json_answer
from gateway.platform.bodies import decode_json, field_problems, parse, query_choice, query_integer, read_json_body
from gateway.platform.errors import ConflictError, InvalidError, NotFoundError, Refusal
from gateway.platform.examples import CONFIRMATION, CONFIRMATION_BATCH
from gateway.platform.foundation import Foundation
from gateway.platform.lanes import confirmation_store as store
from gateway.platform.lanes.messages import ConfirmationPage, ConfirmationState
from gateway.platform.operations import DIRECTION, MAX_CURSOR, Body, Operation, Parameter, Reply, after, limit


def _hex(digits: int) -> dict[str, str]:
    return {"type": "string", "pattern": f"^[0-9a-f]{{{digits}}}$"}


GATE = Parameter("gate", "path", "Name of the gate", {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"})
SEQUENCE = Parameter("sequence", "path", "The gate's own count of its confirmations", {"type": "integer", "minimum": 1})
LINK = (
    Parameter(PREVIOUS_FIELD, "header", "Digest of the record before; zeros for a chain's first", _hex(64)),
    Parameter(KEY_FIELD, "header", "The gate's public key, Ed25519", _hex(64)),
    Parameter(SIGNATURE_FIELD, "header", "The gate's signature of the record, Ed25519", _hex(128)),
)
_GATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SEQUENCE = re.compile(r"[1-9][0-9]{0,17}")
_MOST_IN_A_PAGE = 200  # a confirmation is some ten kB


def gate_of(request: web.Request) -> str:
    """The path's gate. Raises NotFoundError for what is no gate's name."""
    gate = request.match_info["gate"]
    if not _GATE.fullmatch(gate):
        raise NotFoundError("This is no gate's name.")
    return gate


def sequence_of(request: web.Request) -> int | None:
    """The path's sequence number, None where it is no number that a database holds."""
    raw = request.match_info["sequence"]
    return int(raw) if _SEQUENCE.fullmatch(raw) else None


def read_confirmation(message: Any, gate: str, sequence: str = "") -> Confirmation:
    """The confirmation that the path names by gate and, where it does, by number. Raises InvalidError naming every wrong field."""
    confirmation: Confirmation = parse(Confirmation, message)
    wrong = []
    if confirmation.gate != gate:
        wrong.append(("gate", f"{confirmation.gate} is not the path's {gate}"))
    if not _SEQUENCE.fullmatch(str(confirmation.sequence)):
        wrong.append(("sequence", f"{confirmation.sequence} is no number that is kept"))
    elif sequence and str(confirmation.sequence) != sequence:
        wrong.append(("sequence", f"{confirmation.sequence} is not the path's {sequence}"))
    if wrong:
        raise InvalidError("The confirmation is not the one that its path names; nothing was stored.", field_problems(wrong))
    return confirmation


def read_link(request: web.Request) -> Link | None:
    """The record's link from the request's fields, None where there is none of them. Raises InvalidError naming wrong ones."""
    fields = {"previous": PREVIOUS_FIELD, "key": KEY_FIELD, "signature": SIGNATURE_FIELD}
    given = {name: request.headers[field] for name, field in fields.items() if field in request.headers}
    return parse(Link, given) if given else None


def _read_one(gate: str, record: BatchedRecord) -> store.Arrived | Refusal:
    """A record of a batch, or why it is refused."""
    body = record.body.encode()
    try:
        return store.Arrived(read_confirmation(decode_json(body), gate), body, record.link)
    except Refusal as refusal:
        return refusal


def _refused(refusal: Refusal) -> RecordAnswer:
    return RecordAnswer(status=refusal.status, problem=refusal.problem)


class ConfirmationRoutes:
    """Takes and shows confirmations; tells the pages of each new one."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._live = foundation.live
        self._metrics = foundation.metrics
        self._clock = foundation.clock
        self._max_confirmation_bytes = foundation.settings.max_confirmation_bytes

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "PUT",
                "/api/gates/{gate}/confirmations/{sequence}",
                self.take,
                summary="Hand in what a lane decided; it is committed when the answer comes",
                tag="lanes",
                parameters=(GATE, SEQUENCE, *LINK),
                body=Body("The confirmation that the path names", (Confirmation,), example=CONFIRMATION),
                replies=(
                    Reply(201, "Stored", ConfirmationReceipt),
                    Reply(200, "This very confirmation was stored before", ConfirmationReceipt),
                ),
                problems=(400, 408, 409, 413, 415, 422, 503, 507),
                right=Right.SERVE_LANES,
                by_gates=True,
            ),
            Operation(
                "POST",
                "/api/gates/{gate}/confirmations",
                self.take_several,
                summary="Hand in several confirmations in their order, each judged by itself; committed when the answer comes",
                tag="lanes",
                parameters=(GATE,),
                body=Body("The records, each with its link", (ConfirmationBatch,), example=CONFIRMATION_BATCH),
                replies=(Reply(200, "What became of each", BatchAnswer),),
                problems=(400, 404, 408, 413, 415, 422, 503, 507),
                right=Right.SERVE_LANES,
                by_gates=True,
            ),
            Operation(
                "GET",
                "/api/confirmations",
                self.list,
                summary="Confirmations in order of arrival, page by page",
                tag="lanes",
                parameters=(after("Cursor of the page before; 0 for the first page"), limit(_MOST_IN_A_PAGE), DIRECTION),
                for_firms=True,
                replies=(Reply(200, "A page of confirmations", ConfirmationPage),),
                problems=(400,),
            ),
            Operation(
                "GET",
                "/api/confirmations/{gate}/{sequence}",
                self.show,
                summary="One confirmation",
                tag="lanes",
                for_firms=True,
                parameters=(GATE, SEQUENCE),
                replies=(Reply(200, "The confirmation", ConfirmationState),),
                tagged=True,
                problems=(404,),
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        link = read_link(request)
        body = await read_json_body(request, self._max_confirmation_bytes)
        sequence = request.match_info["sequence"]
        confirmation = read_confirmation(decode_json(body), request.match_info["gate"], sequence)
        arrived = store.Arrived(confirmation, body, link)
        (taken,) = await self._keep([arrived])
        receipt = self._told(confirmation, taken)
        return json_answer(200 if taken.repeated else 201, receipt)

    async def take_several(self, request: web.Request) -> web.Response:
        """All that can be taken is committed at once; what is refused keeps nothing else out."""
        gate = gate_of(request)
        body = await read_json_body(request, self._max_confirmation_bytes)
        batch: ConfirmationBatch = parse(ConfirmationBatch, decode_json(body))
        read = [_read_one(gate, one) for one in batch.records]
        taken = iter(await self._keep([one for one in read if isinstance(one, store.Arrived)]))
        answers = [_refused(one) if isinstance(one, Refusal) else self._answer_to(one, next(taken)) for one in read]
        return json_answer(200, BatchAnswer(answers=tuple(answers)))

    async def _keep(self, arrived: list[store.Arrived]) -> list[store.Taken]:
        now = self._clock()
        taken, late = await self._database.write(lambda connection: store.take(connection, arrived, now))
        self._metrics.late_orders.inc(late)
        return taken

    def _answer_to(self, arrived: store.Arrived, taken: store.Taken) -> RecordAnswer:
        try:
            receipt = self._told(arrived.confirmation, taken)
        except ConflictError as conflict:
            return _refused(conflict)
        return RecordAnswer(status=200 if taken.repeated else 201, receipt=receipt)

    def _told(self, confirmation: Confirmation, taken: store.Taken) -> ConfirmationReceipt:
        """The receipt of what is committed, and the pages' news of it. Raises ConflictError for a number that was taken."""
        if taken.conflict:
            self._metrics.confirmations.labels("conflict").inc()
            self._live.tell("confirmation", gate=confirmation.gate, sequence=confirmation.sequence)
            raise ConflictError(
                f"Gate {confirmation.gate} has confirmed number {confirmation.sequence} before, with other content. "
                "The first record stands; this one was noted for a person to look into."
            )
        self._metrics.confirmations.labels("repeated" if taken.repeated else "stored").inc()
        if not taken.repeated:
            self._metrics.chain.labels(taken.chain.value).inc()
            self._live.tell("confirmation", gate=confirmation.gate, sequence=confirmation.sequence)
        return ConfirmationReceipt(
            gate=confirmation.gate,
            sequence=confirmation.sequence,
            repeated=taken.repeated,
            missing_pictures=taken.missing_pictures,
        )

    async def list(self, request: web.Request) -> web.Response:
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        most = query_integer(request, "limit", 50, 1, _MOST_IN_A_PAGE)
        newest = query_choice(request, "direction", ("oldest", "newest")) == "newest"
        firm = viewer_of(request).firm
        return json_answer(200, await self._database.read(lambda connection: store.page(connection, start, most, newest, firm)))

    async def show(self, request: web.Request) -> web.Response:
        sequence = sequence_of(request)
        if sequence is None:
            raise NotFoundError("There is no such confirmation here.")
        gate, firm = request.match_info["gate"], viewer_of(request).firm
        return json_answer(200, await self._database.read(lambda connection: store.find(connection, gate, sequence, firm)))
