"""Files that people have sent to look at before they are taken: one a person, for an hour, and only while the platform runs."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.look.errors import FormError
from gateway.look.forms import require_own_page
from gateway.model.clock import Clock, RandomBytes
from gateway.platform.accounts.store import Session
from gateway.platform.bodies import PATIENCE_S, SLOWEST
from gateway.platform.errors import BadRequestError, TooLargeError, TooSlowError

KEPT_FOR: Final = timedelta(hours=1)
MOST_FILES: Final = 20
LONGEST_TOKEN: Final = 200
_CHUNK: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Staged:
    token: str
    login: str
    kind: str
    path: Path
    at: datetime


class Staging:
    """Over a folder of its own, made when it is first needed."""

    def __init__(self, folder: Path, clock: Clock, random: RandomBytes) -> None:
        self._folder, self._clock, self._random = folder, clock, random
        self._files: dict[str, Staged] = {}

    async def receive(self, request: web.Request, session: Session, kind: str, limit: int) -> Staged:
        """Keep the file of a form that one of the session's pages sent: its `form_token`, then its `file`.

        Raises BadRequestError for any other form, TooLargeError, TooSlowError.
        """
        token = self._random(16).hex()
        staged = Staged(token, session.account.login, kind, self._folder / token, self._clock())
        await asyncio.to_thread(self._make_room, staged)
        try:
            require_own_page(request)
            await self._write(request, session, staged.path, limit)
        except (FormError, ValueError, ConnectionError, HttpProcessingError, web.RequestPayloadError):
            await asyncio.to_thread(staged.path.unlink, missing_ok=True)
            raise BadRequestError("This form is not a page's of this platform, or was cut off.") from None
        except TimeoutError:
            await asyncio.to_thread(staged.path.unlink, missing_ok=True)
            raise TooSlowError(f"The file came in at less than {SLOWEST} bytes a second.") from None
        except (BadRequestError, TooLargeError):
            await asyncio.to_thread(staged.path.unlink, missing_ok=True)
            raise
        self._files[token] = staged
        return staged

    async def _write(self, request: web.Request, session: Session, path: Path, limit: int) -> None:
        if request.content_type != "multipart/form-data":
            raise FormError("a form of another type")
        begun, length = asyncio.get_running_loop().time(), 0
        async with asyncio.timeout_at(begun + PATIENCE_S) as patience:
            reader = await request.multipart()
            proof = await reader.next()
            if not isinstance(proof, BodyPartReader) or proof.name != "form_token":
                raise FormError("a form of another page")
            if await _text(proof) != session.form_token.encode():
                raise BadRequestError("This form is of another session.")
            file = await reader.next()
            if not isinstance(file, BodyPartReader) or file.name != "file":
                raise FormError("a form without a file")
            with path.open("wb") as kept:
                while chunk := await file.read_chunk(_CHUNK):
                    length += len(chunk)
                    if length > limit:
                        raise TooLargeError(f"The file is larger than {limit} bytes.")
                    await asyncio.to_thread(kept.write, chunk)
                    patience.reschedule(begun + PATIENCE_S + length / SLOWEST)

    def find(self, token: str, login: str, kind: str) -> Staged | None:
        """The person's own file for this register; None where it is gone."""
        staged = self._files.get(token)
        if staged is None or (staged.login, staged.kind) != (login, kind) or staged.at + KEPT_FOR < self._clock():
            return None
        return staged

    def drop(self, staged: Staged) -> None:
        self._files.pop(staged.token, None)
        staged.path.unlink(missing_ok=True)

    def _make_room(self, coming: Staged) -> None:
        """Drops what the same person sent before, what is too old or too many, and what an earlier run left behind."""
        self._folder.mkdir(parents=True, exist_ok=True)
        by_age = sorted(self._files.values(), key=lambda one: one.at)
        for one in by_age:
            if one.login == coming.login or one.at + KEPT_FOR < coming.at or len(self._files) >= MOST_FILES:
                self.drop(one)
        for path in self._folder.iterdir():
            if path.name not in self._files and path.stat().st_mtime + KEPT_FOR.total_seconds() < coming.at.timestamp():
                path.unlink(missing_ok=True)


async def _text(part: BodyPartReader) -> bytes:
    """A short part, whole. Raises FormError for a long one."""
    text = b""
    while chunk := await part.read_chunk(_CHUNK):
        text += chunk
        if len(text) > LONGEST_TOKEN:
            raise FormError("a form of another page")
    return text
