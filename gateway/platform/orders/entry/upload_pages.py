"""`/orders/upload`: orders out of a file. It is looked at first, line by line; then its sender says what is stored."""

import asyncio
import csv
import hmac
import io
import logging
from http import HTTPStatus
from typing import Final, Literal

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from sqlalchemy import Connection

from gateway.look import i18n
from gateway.look.errors import FormError
from gateway.look.forms import require_own_page
from gateway.look.i18n import _
from gateway.look.pages import language_of
from gateway.model.clock import uuid7
from gateway.model.codes import CODES
from gateway.platform.accounts.people import People, session_of
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.bodies import PATIENCE_S, SLOWEST, query_integer
from gateway.platform.errors import BadRequestError, NotFoundError, TooLargeError, TooSlowError
from gateway.platform.foundation import Foundation
from gateway.platform.orders.audience import Audience
from gateway.platform.orders.entry.columns import COLUMNS, TEMPLATE, csv_template, title_of
from gateway.platform.orders.entry.errors import TableError
from gateway.platform.orders.entry.fields import field_of
from gateway.platform.orders.entry.issuing import Issued, issue_all
from gateway.platform.orders.entry.reading import Remark
from gateway.platform.orders.entry.table_file import MOST_BYTES, MOST_LINES
from gateway.platform.orders.entry.uploads import Stage, Upload, Uploads, good_orders
from gateway.platform.orders.entry.workbook import written
from gateway.platform.pages import Page, Pages

MOST_ORDERS: Final = 5_000  # stored at once, in seconds: whoever else writes waits for them
ROWS: Final = 200  # remarks on one page
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_TOKEN: Final = 100
_TOO_MANY: Final = _("More than %(most)s orders to store at once: divide the file")
log = logging.getLogger(__name__)


def _page(method: Literal["GET", "POST"], path: str, handler: Handler) -> Page:
    return Page(method, path, handler, Right.SEND_ORDERS, for_firms=True, by_person=True)


class UploadPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People, uploads: Uploads) -> None:
        self._foundation, self._pages, self._people, self._uploads = foundation, pages, people, uploads
        self._clock, self._audience = foundation.clock, Audience(foundation)

    def pages(self) -> tuple[Page, ...]:
        return (
            _page("GET", "/orders/upload", self.show),
            _page("POST", "/orders/upload", self.take),
            _page("GET", "/orders/upload/template.{form}", self.template),
            _page("GET", "/orders/upload/{upload_id}", self.look),
            _page("POST", "/orders/upload/{upload_id}", self.decide),
            _page("GET", "/orders/upload/{upload_id}/problems.csv", self.problems),
        )

    async def show(self, request: web.Request) -> web.Response:
        return await self._pages.answer(
            request, "upload.html", columns=COLUMNS, codes=CODES, most_lines=MOST_LINES, most_bytes=MOST_BYTES
        )

    async def template(self, request: web.Request) -> web.Response:
        form = request.match_info["form"]
        if form not in {"csv", "xlsx"}:
            raise NotFoundError("There is no such template.")
        body, media = (csv_template(), "text/csv") if form == "csv" else (await asyncio.to_thread(written, TEMPLATE), XLSX)
        return web.Response(body=body, content_type=media, headers={"Content-Disposition": f'attachment; filename="orders.{form}"'})

    async def take(self, request: web.Request) -> web.Response:
        session, now = session_of(request), self._clock()
        self._uploads.make_room(session.account.login, now)
        name, data = await _file_of(request, session.form_token)
        upload_id = uuid7(now, self._foundation.random)
        self._uploads.hold(Upload(upload_id, session.account.login, viewer_of(request).firm, name, data, now, now))
        return _see(upload_id)

    def _find(self, request: web.Request) -> Upload:
        return self._uploads.find(request.match_info["upload_id"], session_of(request).account.login, self._clock())

    async def look(self, request: web.Request) -> web.Response:
        upload = self._find(request)
        start = query_integer(request, "from", 0, 0, 100 * MOST_LINES)
        return await self._pages.answer(
            request, "upload_preview.html", upload=upload, preview=upload.preview, start=start, rows=ROWS, title_of=title_of,
            field_of=field_of, most_orders=MOST_ORDERS,
        )  # fmt: skip

    async def problems(self, request: web.Request) -> web.Response:
        """All remarks as a table, in the language of whoever asks."""
        upload, language = self._find(request), language_of(request)
        body = await asyncio.to_thread(_table_of, upload, language)
        headers = {"Content-Disposition": 'attachment; filename="problems.csv"'}
        return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)

    async def decide(self, request: web.Request) -> web.Response:
        """Store all, store the good ones, or forget the file."""
        session, upload = session_of(request), self._find(request)
        action = (await self._people.form_of(request, session)).of("action")
        if action == "forget" and upload.stage is not Stage.STORING:
            self._uploads.drop(upload)
            return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/orders/upload"})
        if upload.stage is not Stage.READ or action not in {"all", "good"} or (action == "all" and upload.preview.bad):
            return _see(upload.upload_id)
        upload.stage = Stage.STORING
        try:
            upload.issued = await self._store(upload, session.account.called)
            upload.stage = Stage.STORED
        except TableError as error:
            upload.stage, upload.problem = Stage.NOT_STORED, error
        finally:
            if upload.stage is Stage.STORING:
                upload.stage = Stage.READ
        return _see(upload.upload_id)

    async def _store(self, upload: Upload, who: str) -> tuple[Issued, ...]:
        """All in one transaction. Raises TableError for what is in the way."""
        now = self._clock()
        orders = await asyncio.to_thread(good_orders, upload.data, upload.firm, upload.at)
        if len(orders) > MOST_ORDERS:
            raise TableError(_TOO_MANY, None, {"most": MOST_ORDERS})

        def work(connection: Connection) -> tuple[Issued, ...]:
            issued = issue_all(connection, orders, now)
            note(connection, Act(now, who, "issued orders of a file", f"{len(issued)} orders"))
            return issued

        issued = await self._foundation.database.write(work)
        stored = [one for one in issued if not one.repeated]
        self._foundation.metrics.orders.labels("stored").inc(len(stored))
        self._foundation.metrics.orders.labels("repeated").inc(len(issued) - len(stored))
        if stored:
            self._foundation.bell.ring()
            await self._audience.tell_of_many("order", [one.order_number for one in stored])
        log.info("%d orders of a file issued by %s", len(stored), who)
        return issued


def _see(upload_id: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/orders/upload/{upload_id}"})


def _table_of(upload: Upload, language: str) -> bytes:
    lines = io.StringIO()
    writer = csv.writer(lines)
    with i18n.speaking(language):
        writer.writerow([i18n.gettext(_("Line")), i18n.gettext(_("Column")), i18n.gettext(_("What is wrong")), ""])
        for sort, remarks in (("■", upload.preview.wrong), ("▲", upload.preview.odd)):
            writer.writerows([line, title_of(one.name), words_of(one), sort] for line, one in list(remarks))
    return lines.getvalue().encode("utf-8-sig")


def words_of(remark: Remark) -> str:
    field = field_of(remark.name)
    return i18n.filled_in(remark.words, longest=field.longest if field else "")


async def _file_of(request: web.Request, form_token: str) -> tuple[str, bytes]:
    """The file of a form of this very session. Raises BadRequestError, TooLargeError, TooSlowError."""
    try:
        require_own_page(request)
        if request.content_type != "multipart/form-data":
            raise FormError("a form of another type")
        if (request.content_length or 0) > MOST_BYTES + (64 << 10):
            raise TooLargeError(f"The file is larger than {MOST_BYTES} bytes.")
        parts = await request.multipart()
        token, file = await _part(parts, "form_token", _LONGEST_TOKEN), None
        if hmac.compare_digest(token[1], form_token.encode()):
            file = await _part(parts, "file", MOST_BYTES)
    except (FormError, ValueError, AssertionError, ConnectionError, HttpProcessingError, web.RequestPayloadError) as error:
        log.warning("refused %s", type(error).__name__)
        raise BadRequestError("This form is not a page's of this platform.") from None
    if file is None:
        raise BadRequestError("This form is of another session.")
    return file


async def _part(parts: object, wanted: str, most: int) -> tuple[str, bytes]:
    part = await parts.next()  # type: ignore[attr-defined]  # a MultipartReader
    if not isinstance(part, BodyPartReader) or part.name != wanted:
        raise FormError(f"a form without {wanted}")
    chunks, length = [], 0
    begun = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(begun + PATIENCE_S) as patience:
            while chunk := await part.read_chunk(1 << 16):
                length += len(chunk)
                if length > most:
                    raise TooLargeError(f"The file is larger than {most} bytes.")
                chunks.append(chunk)
                patience.reschedule(begun + PATIENCE_S + length / SLOWEST)
    except TimeoutError:
        raise TooSlowError(f"The file came in at less than {SLOWEST} bytes a second.") from None
    return (part.filename or "")[:100], b"".join(chunks)
