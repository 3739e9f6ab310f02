"""Numbers as shown: grouped as on the steel, doubt and difference marked, nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.look.numbers import Group, compared, container_groups, plate_glyphs
from gateway.model.answer import ContainerAnswer, PlateAnswer, PlateRole
from gateway.model.observation import Candidate, Position


def sure(character: str) -> Position:
    return (Candidate(character=character, probability=0.99),)


def text(groups: tuple[Group, ...]) -> list[str]:
    return ["".join(glyph.character for glyph in group.glyphs) for group in groups]


def differing(groups: tuple[Group, ...]) -> str:
    return "".join(glyph.character for group in groups for glyph in group.glyphs if glyph.differs)


def answer(number: str, characters: tuple[Position, ...]) -> ContainerAnswer:
    return ContainerAnswer(
        number=number,
        confidence=0.9,
        accepted=False,
        check_digit_valid=True,
        size_type=None,
        characters=characters,
        alternatives=(),
        sights=(),
        reads=1,
    )


def test_a_container_number_stands_as_on_the_steel() -> None:
    groups = container_groups("temu 922135-3")
    assert text(groups) == ["TEMU", "922135", "3"]
    assert [group.kind for group in groups] == ["owner", "serial", "check"]


def test_a_number_of_another_form_stays_whole() -> None:
    assert text(container_groups("SHIPPER-OWNED 17")) == ["SHIPPER-OWNED 17"]
    assert text(container_groups("櫃號不明")) == ["櫃號不明"]


def test_a_doubtful_character_is_marked_with_its_runner_up() -> None:
    doubt: Position = (Candidate(character="8", probability=0.6), Candidate(character="B", probability=0.3))
    characters = (*map(sure, "TEMU"), doubt, *map(sure, "221353"))
    groups = container_groups(answer("TEMU8221353", characters))
    marked = [glyph for group in groups for glyph in group.glyphs if glyph.unsure]
    assert [(glyph.character, glyph.runner_up, glyph.runner_up_probability) for glyph in marked] == [("8", "B", 0.3)]


def test_evidence_of_another_length_is_left_out_rather_than_shifted() -> None:
    groups = container_groups(answer("TEMU9221353", ((Candidate(character="T", probability=0.1),),)))
    assert not any(glyph.unsure for group in groups for glyph in group.glyphs)


def test_a_plate_has_its_hyphen_and_its_evidence_skips_it() -> None:
    doubt: Position = (Candidate(character="1", probability=0.5), Candidate(character="7", probability=0.4))
    characters = (sure("K"), sure("L"), sure("A"), doubt, sure("2"), sure("3"), sure("5"))
    read = PlateAnswer(
        number="KLA1235",
        text="KLA-1235",
        role=PlateRole.TRACTOR,
        confidence=0.9,
        accepted=True,
        characters=characters,
        alternatives=(),
        sights=(),
        reads=1,
    )
    glyphs = plate_glyphs(read)
    assert "".join(glyph.character for glyph in glyphs) == "KLA-1235"
    assert [glyph.character for glyph in glyphs if glyph.unsure] == ["1"]
    assert "".join(glyph.character for glyph in plate_glyphs("kla1235")) == "KLA-1235"


def test_only_the_differing_characters_are_marked() -> None:
    expected, seen = compared("TEMU9221353", "temu 922185 [8]")
    assert (differing(expected), differing(seen)) == ("33", "88")
    assert compared("TEMU 922135 [3]", "TEMU9221353") == (container_groups("TEMU9221353"),) * 2


def test_a_missing_character_is_not_a_difference_of_all_that_follow() -> None:
    expected, seen = compared("WLS8854668", "WLS885466")
    assert (differing(expected), differing(seen)) == ("8", "")


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_nothing_is_lost_in_a_comparison(expected: str, seen: str) -> None:
    left, right = compared(expected, seen)
    assert "".join(text(left)) == "".join(text(container_groups(expected)))
    assert "".join(text(right)) == "".join(text(container_groups(seen)))
    assert bool(differing(left) + differing(right)) == ("".join(text(left)) != "".join(text(right)))


def test_what_is_missing_marks_nothing_on_the_other_side() -> None:
    expected, seen = compared("TEMU9221353", "")
    assert (differing(expected), differing(seen)) == ("", "")
