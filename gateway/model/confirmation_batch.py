"""Several confirmations of one gate in one request: what waited through days without a network arrives in fewer, larger commits.

Each record is judged by itself, exactly as if it had come alone, in the order in which they stand.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.model.evidence import Link
from gateway.model.wire import ConfirmationReceipt, Problem

MOST_RECORDS: Final = 50  # some ten kB each


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)


class BatchedRecord(_Message):
    body: str = Field(description="The confirmation's JSON, character for character as the gate signed it")
    link: Link | None = Field(None, description="What chains it to the record before; without it the record is unsigned")


class ConfirmationBatch(_Message):
    records: tuple[BatchedRecord, ...] = Field(min_length=1, max_length=MOST_RECORDS)


class RecordAnswer(_Message):
    """What became of one record: `status` is the one that it would have had alone, 200 and 201 with a receipt, others a problem."""

    status: int
    receipt: ConfirmationReceipt | None = None
    problem: Problem | None = None

    @model_validator(mode="after")
    def _either(self) -> "RecordAnswer":
        if (self.receipt is None) == (self.problem is None):
            raise ValueError("an answer has either a receipt or a problem")
        return self


class BatchAnswer(_Message):
    """One answer for each record, in their order."""

    answers: tuple[RecordAnswer, ...]
