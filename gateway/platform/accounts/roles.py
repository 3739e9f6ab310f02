"""What an account may do. A role is a set of rights; every page asks for a right, never for a role."""

from enum import StrEnum
from typing import Final

from gateway.look.i18n import _


class Right(StrEnum):
    READ = "read"  # orders, confirmations and their pictures
    DECIDE = "decide"  # on what a lane referred
    RELEASE_STOPPED = "release_stopped"  # also what a lane stopped, and take a case over from another


class Role(StrEnum):
    CLERK = "clerk"  # serves lanes from afar (遠端值勤)
    OFFICER = "officer"  # of Customs


RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.CLERK: frozenset({Right.READ, Right.DECIDE}),
    Role.OFFICER: frozenset({Right.READ, Right.DECIDE, Right.RELEASE_STOPPED}),
}
TITLES: Final[dict[Role, str]] = {Role.CLERK: _("gate clerk"), Role.OFFICER: _("Customs officer")}
