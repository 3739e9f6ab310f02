"""The one-time code: what a person makes of it while typing is forgiven, a mistyped one is told from a wrong one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.enrolment_code import CHARACTERS, EnrolmentCode
from gateway.model.errors import EnrolmentCodeError

AUTHORITY = b"a certificate"
SECRETS = st.binary(min_size=10, max_size=10)


def code(secret: bytes = bytes(range(10))) -> EnrolmentCode:
    return EnrolmentCode.new(AUTHORITY, lambda count: secret[:count])


@given(SECRETS, st.data())
def test_a_code_is_read_as_people_write_it(secret: bytes, data: st.DataObject) -> None:
    made = code(secret)
    assert [len(group) for group in made.text.split("-")] == [5] * 8
    mixed = "".join(data.draw(st.sampled_from([c, c.lower(), f" {c}", {"0": "o", "1": "l"}.get(c, c)])) for c in made.text)
    assert EnrolmentCode.parse(mixed) == made
    assert made.names(AUTHORITY)
    assert not made.names(AUTHORITY + b"!")


@given(st.text(max_size=60) | st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=CHARACTERS, max_size=CHARACTERS))
def test_nothing_else_is_a_code(text: str) -> None:
    with pytest.raises(EnrolmentCodeError) as caught:
        EnrolmentCode.parse(text)
    assert len(text) < 8 or text not in str(caught.value)


@pytest.mark.parametrize("place", range(0, 47, 3))
def test_a_mistyped_letter_is_found_before_the_code_is_sent(place: int) -> None:
    text = code().text
    if text[place] != "-":
        with pytest.raises(EnrolmentCodeError, match="mistyped"):
            EnrolmentCode.parse(text[:place] + ("7" if text[place] != "7" else "8") + text[place + 1 :])


def test_two_letters_changed_about_are_found() -> None:
    text = code().text
    place = next(place for place in range(46) if "-" not in text[place : place + 2] and text[place] != text[place + 1])
    with pytest.raises(EnrolmentCodeError, match="mistyped"):
        EnrolmentCode.parse(text[:place] + text[place + 1] + text[place] + text[place + 2 :])


def test_no_traceback_shows_the_secret() -> None:
    assert "secret" not in repr(code())
