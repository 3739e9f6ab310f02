"""What the platform says about register entries."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.wire import FieldProblem


class RegistryReceipt(BaseModel):
    """How many entries were new or changed, how many were there already, and the last cursor of those sent."""

    model_config = ConfigDict(frozen=True)

    stored: int = Field(ge=0)
    repeated: int = Field(ge=0)
    cursor: int = Field(ge=0)


Entry = TypeVar("Entry", bound=BaseModel)


class RegisterState(BaseModel, Generic[Entry]):
    """One entry of a register as it stands. `version` counts its changes, and is its ETag."""

    model_config = ConfigDict(frozen=True)

    version: int = Field(ge=1)
    changed_at: UtcTime
    changed_by: str
    removed: bool = Field(False, description="Only in a history: from this version on the entry was gone")
    entry: Entry
    warnings: tuple[FieldProblem, ...] = Field((), description="What is odd about it and was taken all the same")


class RegisterPage(BaseModel, Generic[Entry]):
    """Entries in the order of their keys. `cursor` is what to ask with next; `more`: further ones are there now."""

    model_config = ConfigDict(frozen=True)

    items: tuple[RegisterState[Entry], ...]
    cursor: str
    more: bool


class RegisterHistory(BaseModel, Generic[Entry]):
    """Versions of one entry, the newest first."""

    model_config = ConfigDict(frozen=True)

    items: tuple[RegisterState[Entry], ...]
