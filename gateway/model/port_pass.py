"""Port passes (港區通行證). The card technology is not published: a pass is a technology and an opaque uid."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class PortPass:
    """One pass. The uid is compared exactly after case folding; `technology` names what read it (`uhf`, `hf`, `wiegand26`)."""

    technology: str
    uid: str

    @classmethod
    def parse(cls, technology: str, uid: str) -> "PortPass":
        return cls(technology.strip().casefold(), uid.strip().casefold())
