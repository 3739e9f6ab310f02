"""What an account may do. A role is a set of rights; every route asks for a right, never for a role."""

from enum import StrEnum
from typing import Final

from gateway.look.i18n import _


class Right(StrEnum):
    READ = "read"  # orders, registers, confirmations and their pictures: a firm its own, Customs everybody's
    SEND_ORDERS = "send_orders"  # issue, correct and cancel orders: a firm under its own BAN only
    KEEP_REGISTERS = "keep_registers"  # vehicles, drivers, seals, …: a firm its own
    KEEP_ACCOUNTS = "keep_accounts"  # people and keys of programs: a firm its own
    SUBSCRIBE = "subscribe"  # webhooks: be told at once, of a firm's own
    INSTRUCT = "instruct"  # work instructions, replies and release notices (N5170, N5108, …): acts of Customs, not of the centre
    DECIDE = "decide"  # on what a lane referred
    RELEASE_STOPPED = "release_stopped"  # also what a lane stopped, and take a case over from another
    READ_TRAIL = "read_trail"  # who did what
    SERVE_LANES = "serve_lanes"  # what a gate does: follow the feed, hand in confirmations and pictures


class Role(StrEnum):
    CLERK = "clerk"  # serves lanes from afar (遠端值勤)
    OFFICER = "officer"  # of Customs
    CENTRE = "centre"  # joint management centre (聯合管理中心)
    SERVICE_DESK = "service_desk"  # 客服中心
    ADMINISTRATOR = "administrator"
    FIRM_MANAGER = "firm_manager"
    FIRM_CLERK = "firm_clerk"


RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.CLERK: frozenset({Right.READ, Right.DECIDE}),
    Role.OFFICER: frozenset({Right.READ, Right.DECIDE, Right.RELEASE_STOPPED, Right.INSTRUCT, Right.SEND_ORDERS}),
    Role.CENTRE: frozenset({Right.READ}),
    Role.SERVICE_DESK: frozenset({Right.READ}),
    Role.ADMINISTRATOR: frozenset({Right.READ, Right.KEEP_REGISTERS, Right.KEEP_ACCOUNTS, Right.SUBSCRIBE, Right.READ_TRAIL}),
    Role.FIRM_MANAGER: frozenset({Right.READ, Right.SEND_ORDERS, Right.KEEP_REGISTERS, Right.KEEP_ACCOUNTS, Right.SUBSCRIBE}),
    Role.FIRM_CLERK: frozenset({Right.READ, Right.SEND_ORDERS}),
}
OF_FIRMS: Final = frozenset({Role.FIRM_MANAGER, Role.FIRM_CLERK})  # the others are Customs', and want a second factor
# What a program's key may have. What bears a person's name is for persons only, and so are accounts and keys themselves: whoever
# steals a key shall not make further ones with it.
CUSTOMS_PROGRAMS: Final = frozenset(Right) - {Right.DECIDE, Right.RELEASE_STOPPED, Right.KEEP_ACCOUNTS}
FIRMS_PROGRAMS: Final = CUSTOMS_PROGRAMS & RIGHTS[Role.FIRM_MANAGER]
SCOPES: Final[dict[Right, str]] = {
    Right.READ: _("read orders and confirmations"),
    Right.SEND_ORDERS: _("hand in orders"),
    Right.KEEP_REGISTERS: _("keep registers"),
    Right.SUBSCRIBE: _("keep webhooks"),
    Right.INSTRUCT: _("send work instructions and releases"),
    Right.READ_TRAIL: _("read the audit trail"),
    Right.SERVE_LANES: _("serve lanes as a gate does"),
}
TITLES: Final[dict[Role, str]] = {
    Role.CLERK: _("gate clerk"),
    Role.OFFICER: _("Customs officer"),
    Role.CENTRE: _("joint management centre"),
    Role.SERVICE_DESK: _("service desk"),
    Role.ADMINISTRATOR: _("administrator"),
    Role.FIRM_MANAGER: _("firm's manager"),
    Role.FIRM_CLERK: _("firm's clerk"),
}
