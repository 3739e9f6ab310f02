"""What the platform says about confirmations and pictures."""

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.evidence import Link
from gateway.model.wire import Confirmation, Sha256
from gateway.platform.lanes.chain import ChainState


class Conflict(BaseModel):
    """Another record that came under the number of this one. It was refused, and is kept to be looked into."""

    model_config = ConfigDict(frozen=True)

    received_at: UtcTime
    sha256: Sha256 = Field(description="Of the refused record, as the platform writes it")


class ConfirmationState(BaseModel):
    """A confirmation as it came, when it came, and what is still missing or odd about it."""

    model_config = ConfigDict(frozen=True)

    cursor: int = Field(ge=1)
    received_at: UtcTime
    confirmation: Confirmation
    missing_pictures: tuple[Sha256, ...]
    conflicts: tuple[Conflict, ...]
    chain: ChainState = Field(description="What the gate's evidence chain said of this record when it came")
    link: Link | None = Field(description="The record's signature and the digest of the record before; null of older gateways")


class ConfirmationPage(BaseModel):
    """Confirmations in order of arrival. `cursor` is what to ask with next; `more`: further ones are there now."""

    model_config = ConfigDict(frozen=True)

    items: tuple[ConfirmationState, ...]
    cursor: int = Field(ge=0)
    more: bool


class PictureReceipt(BaseModel):
    """The picture is on the platform's disk. Width and height are pixels, size is bytes."""

    model_config = ConfigDict(frozen=True)

    sha256: Sha256
    size: int = Field(ge=1)
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    repeated: bool
