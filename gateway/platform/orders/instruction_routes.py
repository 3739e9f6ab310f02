"""`/api/instructions`: what Customs asks of boxes and declarations; `/api/orders/{order_number}/instructions`: of one order."""

from aiohttp import web
from sqlalchemy import Connection

from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import json_answer
from gateway.platform.bodies import field_problems, read_json
from gateway.platform.examples import INSTRUCTION
from gateway.platform.foundation import Foundation
from gateway.platform.operations import Body, Operation, Reply
from gateway.platform.orders import standing, store
from gateway.platform.orders.audience import Audience
from gateway.platform.orders.instruction import CustomsReply, ReleaseNotice, WorkInstruction, read_instruction, warnings
from gateway.platform.orders.messages import InstructionReceipt, OrderInstructions
from gateway.platform.orders.routes import NUMBER


class InstructionRoutes:
    """Takes and shows instructions; rings the feed's bell and tells the pages of the orders that one is about."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._bell = foundation.bell
        self._audience = Audience(foundation)
        self._clock = foundation.clock
        self._max_order_bytes = foundation.settings.max_order_bytes

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "POST",
                "/api/instructions",
                self.take,
                summary="Hand in a work instruction (N5170), a reply (N5108) or a release (N5116, N5204)",
                tag="orders",
                body=Body("One message", (WorkInstruction, CustomsReply, ReleaseNotice), example=INSTRUCTION),
                replies=(
                    Reply(201, "Stored; the gates are told of the orders that it is about", InstructionReceipt),
                    Reply(200, "This very message was stored before", InstructionReceipt),
                ),
                problems=(400, 408, 409, 413, 415, 422, 503, 507),
                right=Right.INSTRUCT,
            ),
            Operation(
                "GET",
                "/api/orders/{order_number}/instructions",
                self.list,
                summary="What was instructed of an order's box and declarations",
                tag="orders",
                parameters=(NUMBER,),
                for_firms=True,
                replies=(Reply(200, "All of it, oldest first", OrderInstructions),),
                problems=(404,),
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        instruction = read_instruction(await read_json(request, self._max_order_bytes))
        now, who = self._clock(), viewer_of(request).name

        def keep(connection: Connection) -> standing.Instructed:
            instructed = standing.instruct(connection, instruction, now)
            if not instructed.repeated:
                note(connection, Act(now, who, "instructed", f"{instruction.message_code} {instruction.message_id}"))
            return instructed

        instructed = await self._database.write(keep)
        if not instructed.repeated:
            self._bell.ring()
            await self._audience.tell("order", instructed.order_numbers, instruction=instruction.message_id)
        odd = field_problems((one.field, one.message) for one in warnings(instruction))
        receipt = InstructionReceipt(
            message_id=instruction.message_id, repeated=instructed.repeated, orders=instructed.order_numbers, warnings=odd
        )
        return json_answer(200 if instructed.repeated else 201, receipt)

    async def list(self, request: web.Request) -> web.Response:
        number, firm = request.match_info["order_number"], viewer_of(request).firm

        def of_order(connection: Connection) -> OrderInstructions:
            found = store.find(connection, number, firm).order
            return OrderInstructions(items=standing.instructions_of(connection, found.order_number))

        return json_answer(200, await self._database.read(of_order))
