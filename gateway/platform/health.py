"""What machines ask of the platform: is it well, what has it counted, and how is it spoken to."""

import asyncio
import json

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from gateway.platform.answers import NO_STORE, json_answer
from gateway.platform.foundation import Foundation
from gateway.platform.openapi import describe
from gateway.platform.operations import Operation, Reply


class Health(BaseModel):
    """The platform answers and so does its database."""

    model_config = ConfigDict(frozen=True)

    status: str


class HealthRoutes:
    """`describe` is called once the table of routes is whole, these routes included."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._metrics = foundation.metrics
        self._table: tuple[Operation, ...] = ()
        self._description = ""

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "GET",
                "/healthz",
                self.health,
                summary="Whether the platform and its database answer",
                tag="operation",
                right=None,
                replies=(Reply(200, "Well", Health),),
                problems=(503,),
            ),
            Operation(
                "GET",
                "/metrics",
                self.metrics,
                summary="Counters in Prometheus' text format",
                tag="operation",
                replies=(Reply(200, "The counters", media="text/plain"),),
            ),
            Operation(
                "GET",
                "/api/openapi.json",
                self.openapi,
                summary="This description",
                tag="operation",
                right=None,
                replies=(Reply(200, "OpenAPI 3.1"),),
                tagged=True,
            ),
        )

    def describe(self, table: tuple[Operation, ...]) -> None:
        """Take the whole table; the description is made when it is first asked for, as that takes a tenth of a second."""
        self._table = table

    async def health(self, _request: web.Request) -> web.Response:
        await self._database.ping()
        return json_answer(200, Health(status="ok"))

    async def metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"} | NO_STORE
        )

    async def openapi(self, _request: web.Request) -> web.Response:
        if not self._description:
            self._description = json.dumps(await asyncio.to_thread(describe, self._table), ensure_ascii=False)
        return web.Response(text=self._description, content_type="application/json")
