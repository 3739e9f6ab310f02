"""What a person decided on a passage that the lane referred."""

from datetime import timedelta

from gateway.model.observation import Ruling
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome
from tests.store.passages import OPENED, decided, passage_id


def ruled(number: int, *, approved: bool = True) -> Passage:
    """The referred passage with the ruling on it."""
    ruling = Ruling(
        device="desk",
        at=OPENED + timedelta(seconds=30),
        passage_id=passage_id(number),
        approved=approved,
        person="A017 陳美玲",
        proof="pin",
        reason="Compared the number at the box",
        expires_at=OPENED + timedelta(seconds=90),
    )
    return decided(number, outcome=Outcome.REFER).model_copy(update={"ruling": ruling})
