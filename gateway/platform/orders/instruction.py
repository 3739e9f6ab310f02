"""The messages by which Customs changes what an order needs: work instruction, reply, release notice. Read leniently, as R12 is.

From the message guides (domain notes §2): the codes of the messages; that N5170 gives a box one to nine processing notes (an..2,
list 062; `B`: e-seal or vehicle-seal confirmation required); that N5108 replies AK, AP, EX or RE; that a release has a clearance
mode (`C1`) and conditions, whose codes run together (`58` is 5 and 8).

Our own proposal, as neither names, lengths of the other fields nor the transport are published: `message_id` as in R12; that a
message is about one box, or about all boxes of a declaration, or about a box of that declaration where it names both; `replaces`,
the id of an earlier message that holds no longer (the guides speak of a reference to the original message).
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationInfo, field_validator

from gateway.model.codes import is_known
from gateway.model.container_number import ContainerNumber, normalise
from gateway.model.errors import FieldError
from gateway.model.order_standing import Note
from gateway.platform.bodies import field_problems, parse
from gateway.platform.errors import InvalidError

Upper: Final = BeforeValidator(lambda value: value.strip().upper() if isinstance(value, str) else value)
MessageId = Annotated[str, Upper, Field(min_length=1, max_length=20, pattern=r"^[A-Z0-9]+$")]
Box = Annotated[
    str,
    BeforeValidator(lambda value: normalise(value) if isinstance(value, str) else value),
    Field(min_length=1, max_length=17, pattern=r"^[A-Z0-9]+$", description="Container number, an..17", examples=["TEMU9221353"]),
]
Declaration = Annotated[str, Upper, Field(min_length=1, max_length=20, description="Number of the declaration, as in the order")]


class _Instruction(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    message_id: MessageId
    declaration: Declaration | None = None
    replaces: MessageId | None = Field(None, description="Id of an earlier message that this one stands in place of")


class _OfBoxOrDeclaration(_Instruction):
    container: Box | None = Field(None, validate_default=True)

    @field_validator("container")
    @classmethod
    def _is_about_something(cls, box: str | None, info: ValidationInfo) -> str | None:
        if box is None and info.data.get("declaration") is None:
            raise ValueError("name the container, or the declaration")
        return box


class WorkInstruction(_Instruction):
    """N5170 (作業指示通知): what is to be done with a box."""

    message_code: Literal["N5170"] = "N5170"
    container: Box
    notes: tuple[Annotated[Note, Upper], ...] = Field(
        min_length=1, max_length=9, description="Processing notes (處理註記), list 062", examples=[["B"]]
    )


class CustomsReply(_OfBoxOrDeclaration):
    """N5108: AK asked, AP accepted, EX examine (by X-ray, or seal), RE rejected."""

    message_code: Literal["N5108"] = "N5108"
    reply: Annotated[str, Upper, Field(min_length=1, max_length=2)] = Field(examples=["EX"])


class ReleaseNotice(_OfBoxOrDeclaration):
    """N5116, N5204: released, perhaps with conditions (放行附帶條件)."""

    message_code: Literal["N5116", "N5204"]
    clearance_mode: Annotated[str, Upper, Field(min_length=1, max_length=4)] | None = Field(None, examples=["C1"])
    release_conditions: Annotated[str, Upper, Field(max_length=20, pattern=r"^[A-Z0-9]*$")] = Field(
        "", description="Codes run together: 58 means 5 and 8"
    )


Instruction = Annotated[WorkInstruction | CustomsReply | ReleaseNotice, Field(discriminator="message_code")]
INSTRUCTION: Final[TypeAdapter[Instruction]] = TypeAdapter(Instruction)
_BY_CODE: Final[dict[str, type[BaseModel]]] = {
    "N5170": WorkInstruction,
    "N5108": CustomsReply,
    "N5116": ReleaseNotice,
    "N5204": ReleaseNotice,
}
CODES: Final = tuple(_BY_CODE)


def read_instruction(message: object) -> Instruction:
    """Raises InvalidError naming every wrong field."""
    code: Any = message.get("message_code") if isinstance(message, dict) else None
    if not isinstance(code, str) or code not in _BY_CODE:
        wrong = [("message_code", "wants one of " + ", ".join(_BY_CODE))]
        raise InvalidError("The message is none that instructs; nothing was stored.", field_problems(wrong))
    instruction: Instruction = parse(_BY_CODE[code], message)
    return instruction


def warnings(instruction: Instruction) -> Iterator[FieldError]:
    """What is odd but not wrong: codes that are in no list of ours, a check digit that fails."""
    if isinstance(instruction, WorkInstruction):
        for place, note in enumerate(instruction.notes):
            if not is_known("processing_note", note):
                yield FieldError(f"notes.{place}", f"unknown code {note!r}; it is kept, and a policy may ask for it")
    if isinstance(instruction, CustomsReply) and not is_known("reply", instruction.reply):
        yield FieldError("reply", f"unknown code {instruction.reply!r}; it is kept and changes nothing")
    if instruction.container and not ContainerNumber(instruction.container).check_digit_valid:
        yield FieldError("container", "the check digit does not fit (ISO 6346)")
