"""What the platform says about register entries."""

from pydantic import BaseModel, ConfigDict, Field


class RegistryReceipt(BaseModel):
    """How many entries were new or changed, how many were there already, and the last cursor of those sent."""

    model_config = ConfigDict(frozen=True)

    stored: int = Field(ge=0)
    repeated: int = Field(ge=0)
    cursor: int = Field(ge=0)
