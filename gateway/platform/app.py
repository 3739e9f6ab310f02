"""The platform put together: one application from its settings and a clock."""

import os
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.look.pages import secure_headers
from gateway.model.clock import Clock, RandomBytes
from gateway.platform.accounts.key_pages import KeyPages
from gateway.platform.accounts.own_pages import OwnPages
from gateway.platform.accounts.people import People
from gateway.platform.accounts.people_pages import PeoplePages
from gateway.platform.accounts.sign_in import SignIn
from gateway.platform.accounts.sign_in_pages import SignInPages
from gateway.platform.accounts.trail_pages import TrailPages
from gateway.platform.desk.pages import DeskPages
from gateway.platform.desk.routes import DeskRoutes
from gateway.platform.desk.waiting import WaitingRoom
from gateway.platform.doorkeeper import Doorkeeper
from gateway.platform.errors import DataFolderError
from gateway.platform.feed.bell import Bell
from gateway.platform.feed.routes import FeedRoutes
from gateway.platform.foundation import lay
from gateway.platform.gates.health_routes import GateHealthRoutes
from gateway.platform.gates.pages import GatePages
from gateway.platform.gates.routes import GateRoutes
from gateway.platform.health import HealthRoutes
from gateway.platform.lanes.awaited_pictures import AwaitedPictures
from gateway.platform.lanes.confirmation_routes import ConfirmationRoutes
from gateway.platform.lanes.pages import PassagePages
from gateway.platform.lanes.picture_files import PictureFiles
from gateway.platform.lanes.picture_routes import PictureRoutes
from gateway.platform.metrics import Metrics
from gateway.platform.operations import Operation, add_operations
from gateway.platform.orders.entry.pages import EntryPages
from gateway.platform.orders.entry.upload_pages import UploadPages
from gateway.platform.orders.entry.uploads import Uploads
from gateway.platform.orders.instruction_pages import InstructionPages
from gateway.platform.orders.instruction_routes import InstructionRoutes
from gateway.platform.orders.pages import OrderPages
from gateway.platform.orders.paper.pages import PaperPages
from gateway.platform.orders.routes import OrderRoutes
from gateway.platform.pages import Page, Pages, add_pages, add_static
from gateway.platform.problems import make_problem_middleware
from gateway.platform.registry.import_pages import ImportPages
from gateway.platform.registry.pages import RegisterPages
from gateway.platform.registry.register_routes import RegisterRoutes
from gateway.platform.registry.routes import RegistryRoutes
from gateway.platform.settings import PlatformSettings, read_token
from gateway.platform.webhooks.pages import WebhookPages
from gateway.platform.webhooks.routes import WebhookRoutes
from gateway.platform.webhooks.sender import Sender

_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))
OPERATIONS: Final = web.AppKey("operations", tuple[Operation, ...])
PAGES: Final = web.AppKey("pages", tuple[Page, ...])


class Platform:
    """All parts of one platform. Building it touches no disk; `opened` does, while the application runs."""

    def __init__(self, settings: PlatformSettings, clock: Clock, random: RandomBytes) -> None:
        self.foundation = lay(settings, clock, random)
        self.people = People(self.foundation.database, clock, customs_want_factor=settings.token_file is not None)
        self._sign_in = SignIn(self.foundation.database, clock, random)
        self._room = WaitingRoom()
        self._desk_bell = Bell()
        self._uploads = Uploads()
        self.pages = Pages()
        self._sender = Sender(self.foundation)
        self._files = PictureFiles(settings.data_dir / "pictures")
        self._awaited = AwaitedPictures()
        self._pictures = PictureRoutes(self.foundation, self._files, self._awaited)

    def operations(self) -> tuple[Operation, ...]:
        """The whole table of routes, the description's own included."""
        health = HealthRoutes(self.foundation)
        table = (
            *OrderRoutes(self.foundation).operations(),
            *InstructionRoutes(self.foundation).operations(),
            *RegistryRoutes(self.foundation).operations(),
            *RegisterRoutes(self.foundation).operations(),
            *FeedRoutes(self.foundation).operations(),
            *ConfirmationRoutes(self.foundation, self._awaited).operations(),
            *self._pictures.operations(),
            *DeskRoutes(self.foundation, self._room, self._desk_bell).operations(),
            *GateRoutes(self.foundation).operations(),
            *WebhookRoutes(self.foundation).operations(),
            *GateHealthRoutes(self.foundation).operations(),
            *self.foundation.live.operations(),
            *health.operations(),
        )
        health.describe(table)
        return table

    def table_of_pages(self) -> tuple[Page, ...]:
        """Everything that people go to."""
        database = self.foundation.database
        return (
            *PassagePages(database, self.pages, self._pictures, self._files).pages(),
            *EntryPages(self.foundation, self.pages, self.people).pages(),
            *UploadPages(self.foundation, self.pages, self.people, self._uploads).pages(),
            *PaperPages(database).pages(),
            *OrderPages(self.foundation, self.pages, self.people).pages(),
            *InstructionPages(database, self.pages).pages(),
            *GatePages(database, self.pages, self.foundation.clock).pages(),
            *ImportPages(self.foundation, self.pages, self.people).pages(),
            *RegisterPages(self.foundation, self.pages, self.people).pages(),
            *SignInPages(self.foundation, self.pages, self.people, self._sign_in).pages(),
            *OwnPages(self.foundation, self.pages, self.people, self._sign_in).pages(),
            *PeoplePages(self.foundation, self.pages, self.people).pages(),
            *KeyPages(self.foundation, self.pages, self.people).pages(),
            *WebhookPages(self.foundation, self.pages, self.people).pages(),
            *TrailPages(self.foundation, self.pages).pages(),
            *DeskPages(self.foundation, self.pages, self.people, self._room, self._desk_bell).pages(),
        )

    async def opened(self, _app: web.Application) -> AsyncIterator[None]:
        """The data folder and the database, for as long as the application runs. Raises DataFolderError, DatabaseError."""
        try:
            self._files.open()
        except OSError as error:
            raise DataFolderError(f"data folder {self.foundation.settings.data_dir}: {error.strerror}") from error
        await self.foundation.database.open()
        async with self._sender.running():
            yield
        await self.foundation.database.close()

    async def release_waiting(self, _app: web.Application) -> None:
        """The platform stops: let go of whoever waits for something new."""
        self.foundation.bell.silence()
        self._desk_bell.silence()
        self._uploads.end()
        self.foundation.live.end()


def _counting(metrics: Metrics) -> Middleware:
    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        resource = request.match_info.route.resource
        # Only names of our own become labels: a stranger must not be able to make up new series.
        route = resource.canonical if resource else "none"
        method = request.method if request.method in _METHODS else "other"
        metrics.requests.labels(method, route, str(response.status)).inc()
        return response

    return count


def build_app(settings: PlatformSettings, clock: Clock, random: RandomBytes = os.urandom) -> web.Application:
    """The platform as an application. Raises TokenFileError, DatabaseError (an address that cannot be used)."""
    token = read_token(settings.token_file)
    platform = Platform(settings, clock, random)
    app = web.Application(
        middlewares=[
            secure_headers,
            _counting(platform.foundation.metrics),
            make_problem_middleware(platform.pages),
            platform.people.recognise,
        ]
    )
    operations = platform.operations()
    app[OPERATIONS] = operations
    pages = platform.table_of_pages()
    app[PAGES] = pages
    doorkeeper = Doorkeeper(platform.foundation, platform.people, token)
    add_operations(app, operations, doorkeeper.admit)
    add_pages(app, pages, doorkeeper.admit_to_page)
    add_static(app)
    app.cleanup_ctx.append(platform.opened)
    app.on_shutdown.append(platform.release_waiting)
    return app
