"""Everything a person reads exists in both languages, and the catalogue is sound."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import gateway
from gateway.look import i18n
from gateway.look.errors import CatalogueError
from gateway.look.marks import MARKS
from gateway.model.reasons import REASONS

PACKAGE = Path(gateway.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"silent": "false"}}
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


def catalogue() -> Catalog:
    with i18n.catalogue_file("zh_TW").open("rb") as file:
        return read_po(file, locale="zh_TW", abort_invalid=True)


def used_messages() -> set[str]:
    """Every message id in the package: `_("…")` in templates and in Python, and the reasons' sentences."""
    used = {text for reason in REASONS.values() for text in (reason.title, reason.action)}
    used |= {mark.word for mark in MARKS.values()}
    for _file, _line, message, _comments, _context in extract_from_dir(PACKAGE, METHODS, OPTIONS):
        used.add(message if isinstance(message, str) else message[0])
    return used


def test_every_message_of_the_package_has_its_chinese() -> None:
    known = catalogue()
    used = used_messages()
    assert len(used) > 100  # the extraction itself works
    lacking = sorted(message for message in used if message not in known or not known[message].string)
    assert lacking == []


def test_no_message_stands_twice() -> None:
    text = i18n.catalogue_file("zh_TW").read_text(encoding="utf-8")
    entries = re.findall(r"^msgid .*(?:\n\".*)*", text, re.MULTILINE)
    assert sorted({entry for entry in entries if entries.count(entry) > 1}) == []


def test_translations_fill_in_the_same_values() -> None:
    different = [
        entry.id
        for entry in catalogue()
        if isinstance(entry.id, str)
        and entry.id
        and set(PLACEHOLDER.findall(entry.id)) != set(PLACEHOLDER.findall(str(entry.string)))
    ]
    assert different == []


def test_chinese_is_spoken_first_and_english_on_wish() -> None:
    assert i18n.gettext("Stop") == "攔停"
    with i18n.speaking("en"):
        assert i18n.gettext("Stop") == "Stop"
    assert i18n.gettext("Seal inserted, not locked") == "封條插入未鎖死"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("zh-TW", "zh_TW"), ("zh_Hant_TW", "zh_TW"), ("EN", "en"), ("fr", None), ("", None), (None, None), ("../en", None)],
)
def test_languages_as_people_write_them(said: str | None, meant: str | None) -> None:
    assert i18n.known_language(said) == meant


def test_a_broken_catalogue_names_its_file_and_line() -> None:
    text = 'msgid "Pass"\nmsgstr "放行"\n\nthis is no entry\n'.encode()
    with pytest.raises(CatalogueError, match=r"gateway\.po, line 4"):
        i18n.compile_catalogue(text, "gateway.po", "zh_TW")


def test_a_catalogue_in_another_encoding_is_refused_by_name() -> None:
    with pytest.raises(CatalogueError, match=r"gateway\.po"):
        i18n.compile_catalogue(
            'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Pass"\nmsgstr "放行"\n'.encode("big5"),
            "gateway.po",
            "zh_TW",
        )
