"""`POST /api/registry`: who holds a port pass, which chip bears which seal number, how an order stands."""

import json
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from gateway.model.errors import SealNumberError
from gateway.model.wire import (
    REGISTER_ENTRY,
    FieldProblem,
    OrderStandingEntry,
    PassiveSealEntry,
    PortPassEntry,
    RegisterEntry,
    VehicleSealEntry,
)
from gateway.platform.accounts.roles import Right
from gateway.platform.answers import json_answer
from gateway.platform.bodies import MOST_ERRORS, field_problems, read_json, validation_problems
from gateway.platform.errors import InvalidError
from gateway.platform.examples import REGISTER
from gateway.platform.foundation import Foundation
from gateway.platform.operations import Body, Operation, Reply
from gateway.platform.registry import publishing
from gateway.platform.registry.messages import RegistryReceipt


def read_entries(message: Any) -> tuple[RegisterEntry, ...]:
    """One entry or a list of them. Raises InvalidError naming every wrong field of every entry (`3.epc`)."""
    listed = isinstance(message, list)
    entries: list[RegisterEntry] = []
    wrong: list[FieldProblem] = []
    for place, one in enumerate(message if listed else [message]):
        prefix = f"{place}." if listed else ""
        try:
            entries.append(publishing.normalised(REGISTER_ENTRY.validate_json(json.dumps(one), strict=True)))
        except SealNumberError as error:
            wrong.extend(field_problems([(f"{prefix}number", str(error))]))
        except ValidationError as error:
            wrong.extend(validation_problems(error, prefix))
        if len(wrong) > MOST_ERRORS:
            break
    if wrong:
        raise InvalidError("Register entries are wrong; nothing was stored.", tuple(wrong))
    return tuple(entries)


class RegistryRoutes:
    """Takes register entries; rings the feed's bell for new ones."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._bell = foundation.bell
        self._metrics = foundation.metrics
        self._max_registry_bytes = foundation.settings.max_registry_bytes

    def operations(self) -> tuple[Operation, ...]:
        models = (PortPassEntry, PassiveSealEntry, VehicleSealEntry, OrderStandingEntry)
        return (
            Operation(
                "POST",
                "/api/registry",
                self.take,
                summary="Hand in register entries, one or a list; all are stored or none, and repetitions change nothing",
                tag="registry",
                body=Body("One entry, or a list of entries", models, or_list=True, example=REGISTER),
                replies=(
                    Reply(201, "Something was new or changed", RegistryReceipt),
                    Reply(200, "Everything was there already", RegistryReceipt),
                ),
                problems=(400, 408, 413, 415, 422, 503, 507),
                right=Right.KEEP_REGISTERS,
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        entries = read_entries(await read_json(request, self._max_registry_bytes))
        receipt = await self._database.write(lambda connection: publishing.take(connection, entries))
        self._metrics.register_entries.labels("stored").inc(receipt.stored)
        self._metrics.register_entries.labels("repeated").inc(receipt.repeated)
        if receipt.stored:
            self._bell.ring()
        return json_answer(201 if receipt.stored else 200, receipt)
