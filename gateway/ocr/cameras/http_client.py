"""HTTP for cameras, in a worker thread: one request at a time on a private event loop, ended from outside at any moment."""

import asyncio
import os
import re
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import aiohttp

from gateway.ocr.cameras.network_camera import Login, NetworkCamera
from gateway.ocr.errors import (
    CameraEndedError,
    CameraError,
    CameraLoginError,
    CameraPictureError,
    CameraSilentError,
    CameraUnreachableError,
)

T = TypeVar("T")

MAX_HEADER_BYTES: Final = 16 * 1024


class Stopped(Exception):  # noqa: N818 - not an error: the way out of a wait
    """Somebody asked the camera to end."""


class HttpCamera:
    """The connection of one camera. `run` belongs to one thread, `stop` to any."""

    def __init__(self, config: NetworkCamera) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._stopped = False
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._digest: aiohttp.DigestAuthMiddleware | None = None

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._task and self._loop:
                self._loop.call_soon_threadsafe(self._task.cancel)

    @contextmanager
    def opened(self) -> Iterator[aiohttp.ClientSession]:
        """A session on a private loop; everything it holds is let go of at the end. Raises CameraLoginError."""
        login = self._config.login()
        with asyncio.Runner() as runner:
            self._runner = runner
            session = runner.run(self._session(login))
            try:
                yield session
            finally:
                with self._lock:
                    self._task = None
                runner.run(session.close())

    async def _session(self, login: Login | None) -> aiohttp.ClientSession:
        wait = aiohttp.ClientTimeout(total=None, sock_connect=self._config.stall_s, sock_read=self._config.stall_s)
        self._login = login
        self._digest = aiohttp.DigestAuthMiddleware(*login) if login else None
        return aiohttp.ClientSession(
            timeout=wait,
            trust_env=False,
            auto_decompress=False,
            max_field_size=MAX_HEADER_BYTES,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def get(self, session: aiohttp.ClientSession) -> aiohttp.ClientResponse:
        """Ask for the camera's URL. Digest answers its challenge; Basic, which shows the password to whoever listens, is
        given only to a camera that asks for nothing better. Redirects are not followed: the login belongs to this host.
        """
        middlewares = (self._digest,) if self._digest else ()
        response = await session.get(self._config.url, allow_redirects=False, middlewares=middlewares)
        if response.status == 401 and self._login and _knows_only_basic(response):
            response.release()
            basic = {"Authorization": aiohttp.encode_basic_auth(*self._login, encoding="utf-8")}
            response = await session.get(self._config.url, allow_redirects=False, headers=basic)
        self._judge(response)
        return response

    def _judge(self, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status == 200:
            return
        response.release()
        if status in {401, 403}:
            given = "refuses the login" if self._login else "asks for a login: give username, and password_file or password_env"
            raise CameraLoginError(self._config.name, f"{given} (HTTP {status})")
        raise CameraUnreachableError(self._config.name, f"answers HTTP {status} at {self._config.address}")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for `work`. Raises CameraError, and Stopped when `stop` was called."""
        try:
            return self._runner.run(self._stoppable(work))
        except asyncio.CancelledError:
            raise Stopped from None
        except CameraError:
            raise
        except (TimeoutError, aiohttp.ServerTimeoutError):
            raise CameraSilentError(self._config.name, f"no answer within {self._config.stall_s:g} s") from None
        except aiohttp.ClientConnectorCertificateError as error:
            why = getattr(error.certificate_error, "verify_message", "") or "it cannot be verified"
            raise CameraUnreachableError(
                self._config.name, f"{self._config.address}: its certificate is not trusted ({why})"
            ) from None
        except aiohttp.ClientConnectorSSLError:
            raise CameraUnreachableError(self._config.name, f"{self._config.address}: does not speak TLS as it should") from None
        except aiohttp.ClientConnectorError as error:
            raised = error.os_error
            known = raised.errno is not None and raised.errno > 0  # name resolution counts its errors below zero
            cause = os.strerror(raised.errno or 0) if known else raised.strerror or "cannot connect"
            raise CameraUnreachableError(self._config.name, f"{self._config.address}: {cause}") from None
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError):
            raise CameraEndedError(self._config.name, "dropped the connection") from None
        except (aiohttp.ClientError, ValueError):
            raise CameraPictureError(self._config.name, "its answer is not HTTP") from None

    async def _stoppable(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            self._task, self._loop = asyncio.current_task(), asyncio.get_running_loop()
            if self._stopped:
                work.close()
                raise asyncio.CancelledError
        return await work


def _knows_only_basic(response: aiohttp.ClientResponse) -> bool:
    """A camera that offers Digest and refused its answer must not be given the password instead."""
    offered = [challenge.strip().lower() for challenge in response.headers.getall("WWW-Authenticate", [])]
    return any(re.search(r"\bbasic\b", challenge) for challenge in offered) and not any("digest" in each for each in offered)
