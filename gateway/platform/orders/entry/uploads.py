"""Files that wait for their senders to say what is to be done with them.

The very bytes that were previewed are held, in memory, and are read once more when they are stored: nothing else can be. One file a
person; a few altogether; each until nobody has looked at it for half an hour.
"""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.platform.errors import NotFoundError, UnavailableError
from gateway.platform.orders.entry.errors import TableError
from gateway.platform.orders.entry.file_reading import Preview, read_orders
from gateway.platform.orders.entry.issuing import Issued, ToIssue

MOST_HELD: Final = 6  # files of 32 MB at most
HELD_FOR: Final = timedelta(minutes=30)


class Stage(StrEnum):
    READING = "reading"
    READ = "read"
    UNREADABLE = "unreadable"
    STORING = "storing"
    STORED = "stored"
    NOT_STORED = "not_stored"


@dataclass(slots=True)
class Upload:
    """One file and what has become of it.

    `seen`: when its sender last looked at it. `problem`: why it cannot be read, or was not stored.
    """

    upload_id: str
    owner: str
    firm: str | None
    name: str
    data: bytes = field(repr=False)
    at: datetime
    seen: datetime
    stage: Stage = Stage.READING
    preview: Preview = field(default_factory=Preview, repr=False)
    problem: TableError | None = None
    issued: tuple[Issued, ...] = ()
    given_up: threading.Event = field(default_factory=threading.Event, repr=False)


class Uploads:
    """All files that are held. Files are read one at a time, in a thread: the platform has gates to answer."""

    def __init__(self) -> None:
        self._held: dict[str, Upload] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    def make_room(self, owner: str, now: datetime) -> None:
        """Before a file is taken in. Raises UnavailableError where too many are held."""
        for upload in list(self._held.values()):
            if upload.stage is not Stage.STORING and (upload.owner == owner or now - upload.seen > HELD_FOR):
                self.drop(upload)
        if len(self._held) >= MOST_HELD:
            raise UnavailableError("Other files are being looked at; try again in some minutes.")

    def hold(self, upload: Upload) -> None:
        """Keeps a file and begins to read it."""
        self.make_room(upload.owner, upload.at)
        self._held[upload.upload_id] = upload
        task = asyncio.create_task(self._read(upload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def find(self, upload_id: str, owner: str, now: datetime) -> Upload:
        """Raises NotFoundError for another's, for one that has been dropped, and for one that nobody wanted for too long."""
        upload = self._held.get(upload_id)
        if upload is None or upload.owner != owner or now - upload.seen > HELD_FOR:
            raise NotFoundError("There is no such file here.")
        upload.seen = now
        return upload

    def drop(self, upload: Upload) -> None:
        upload.given_up.set()
        self._held.pop(upload.upload_id, None)

    def end(self) -> None:
        """The platform stops."""
        for upload in self._held.values():
            upload.given_up.set()

    async def _read(self, upload: Upload) -> None:
        async with self._one_at_a_time:
            try:
                await asyncio.to_thread(_preview, upload)
                upload.stage = Stage.READ
            except TableError as error:
                upload.stage, upload.problem = Stage.UNREADABLE, error


def _preview(upload: Upload) -> None:
    for order in read_orders(upload.data, upload.firm, upload.at):
        upload.preview.add(order)
        if upload.given_up.is_set():
            return


def good_orders(data: bytes, firm: str | None, now: datetime) -> list[ToIssue]:
    """The good orders of a file, ready to be stored."""
    return [
        ToIssue(one.line, one.reading.order, one.reading.issuer)
        for one in read_orders(data, firm, now)
        if one.reading.order is not None and not one.wrong
    ]
