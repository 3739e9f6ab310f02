"""Master keys: read from a file or a variable, refused with a clear word, never shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.seal_reader.errors import SealKeyError
from gateway.seal_reader.keys import SealKeyConfig, SealKeys, load_keys, parse_keys

SECRET = "00112233445566778899aabbccddeeff"


def _file(tmp_path: Path, text: str, mode: int = 0o600) -> SealKeyConfig:
    path = tmp_path / "seal.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return SealKeyConfig(file=path)


@pytest.mark.parametrize("text", [SECRET, f"{SECRET.upper()}\n", f"# of the port\n 1 : {SECRET}  # since November\n"])
def test_a_key_file(tmp_path: Path, text: str) -> None:
    keys = load_keys(_file(tmp_path, text), {})
    assert keys.of(1, 42) == SealKeys({1: bytes.fromhex(SECRET)}).of(1, 42)


def test_several_masters_and_a_variable() -> None:
    keys = load_keys(SealKeyConfig(environment="SEAL_KEYS"), {"SEAL_KEYS": f"{SECRET},7:{SECRET * 2}"})
    assert keys.of(1, 42) != keys.of(7, 42)
    assert len(keys.of(7, 42)) == 16


def test_every_seal_has_another_key() -> None:
    keys = SealKeys({1: bytes.fromhex(SECRET), 2: bytes.fromhex(SECRET)})
    assert len({keys.of(key_id, serial) for key_id in (1, 2) for serial in range(100)}) == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SECRET[:-1], "line 1: 31 hex digits; 32 (AES-128) or 64 (AES-256) are needed"),
        (f"\n{SECRET[:-1]}x", "line 2: not a key in hex"),
        (f"0:{SECRET}", "line 1: key id 0; 1 to 255 are possible"),
        (f"256:{SECRET}", "line 1: key id 256"),
        (f"{SECRET}\n1:{SECRET}", "line 2: master key 1 stands there twice"),
        ("# nothing yet\n", "no master key in it"),
        ("密鑰", "not plain text"),
    ],
)
def test_a_bad_key_file_is_refused_by_line_and_its_content_stays_secret(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SealKeyError) as refused:
        load_keys(_file(tmp_path, text), {})
    assert said in str(refused.value)
    assert str(tmp_path / "seal.key") in str(refused.value)
    assert SECRET[:8] not in str(refused.value)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o666])
def test_a_file_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SealKeyError, match=f"mode {mode:04o} lets others at it"):
        load_keys(_file(tmp_path, SECRET, mode), {})


def test_a_file_of_the_services_group_is_taken(tmp_path: Path) -> None:
    load_keys(_file(tmp_path, SECRET, 0o640), {})


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SealKeyError, match=r"nowhere\.key: No such file"):
        load_keys(SealKeyConfig(file=tmp_path / "nowhere.key"), {})
    with pytest.raises(SealKeyError, match="variable SEAL_KEYS is not set"):
        load_keys(SealKeyConfig(environment="SEAL_KEYS"), {})
    with pytest.raises(ValidationError, match="either a file or an environment variable"):
        SealKeyConfig()
    with pytest.raises(SealKeyError, match="no master key 9"):
        SealKeys({1: bytes.fromhex(SECRET)}).of(9, 42)


def test_keys_are_never_shown() -> None:
    keys = SealKeys({1: bytes.fromhex(SECRET)})
    keys.of(1, 42)
    assert f"{keys!r} {keys}" == "SealKeys(key ids 1) SealKeys(key ids 1)"


def test_a_flood_of_serials_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.seal_reader.keys.MAX_CACHED", 10)
    keys = SealKeys({1: bytes.fromhex(SECRET)})
    first = keys.of(1, 0)
    for serial in range(100):
        keys.of(1, serial)
        assert len(keys._derived) <= 10
    assert keys.of(1, 0) == first


@given(st.text(max_size=200))
def test_any_text_is_keys_or_a_key_error(text: str) -> None:
    try:
        parse_keys(text, "variable")
    except SealKeyError:
        return
