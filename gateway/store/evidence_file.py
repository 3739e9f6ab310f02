"""Evidence files on a gate's disk: written whole or not at all, and proven years later without gate or platform.

The format is `gateway/model/evidence_file.py`; what is proven, and how: `gateway/model/evidence.py`. Whose key it is says the
platform, or whoever set the gate up.
"""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from gateway.model.evidence import body_sha256, digest_unseen
from gateway.model.evidence_file import (
    CONTENTS,
    MOST_BYTES,
    MOST_BYTES_IN_ALL,
    MOST_MEMBERS,
    PAGE,
    Contents,
    ListedRecord,
    SignedRecord,
    pack,
    pictures_of,
)
from gateway.model.wire import Confirmation
from gateway.store.connection import naming
from gateway.store.durable_file import whole_file
from gateway.store.errors import EvidenceFileError
from gateway.store.pictures import picture_place

# What `zipfile` raises for broken files besides OSError; RuntimeError where it wants a password.
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)
_PACKINGS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True, slots=True)
class Proof:
    """What a file proves: that nothing shown was altered, and its place in the gate's chain. It cannot prove that the gate said
    nothing more of the passage later. `wrong` is empty where everything holds together; `key` is the one that signed all of it."""

    gate: str
    passage_id: str
    key: str
    confirmations: tuple[Confirmation, ...]
    pictures: tuple[str, ...]
    unshown: tuple[int, ...]  # records between, of other passages as whoever made the file says
    absent: tuple[str, ...]  # named by a record, no longer on the gate's disk when the file was made
    wrong: tuple[str, ...]


def write_evidence(
    path: Path, gate: str, passage_id: str, records: Iterable[SignedRecord], pictures: Path, page: str
) -> tuple[str, ...]:
    """Write the file, whole or not at all (mode 0600); returns the SHA-256 of pictures that are no longer there.

    Raises StoreError, also where a file of this name is there.
    """

    def picture(sha256: str) -> bytes | None:
        place = picture_place(pictures, sha256)
        return place.read_bytes() if place.is_file() else None

    if path.exists():
        raise EvidenceFileError(path, "is there already")
    with naming(path), whole_file(path) as whole:
        return pack(whole, gate, passage_id, records, picture, page)


def prove(path: Path) -> Proof:
    """Hold everything in the file against everything else. Raises EvidenceFileError for what is no evidence file at all."""
    with naming(path):
        try:
            with zipfile.ZipFile(path) as file:
                members = _members(file, path)
        except _BROKEN as error:
            raise EvidenceFileError(path, f"no evidence file, or a damaged one: {error}") from error
    try:
        contents = Contents.model_validate_json(members.pop(CONTENTS, b""))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise EvidenceFileError(path, f"{CONTENTS}: {where} {first['msg']}") from None
    members.pop(PAGE, None)
    wrong = [*_broken_links(contents.records)]
    wrong += [f"record {end.sequence}: not shown" for end in {contents.records[0], contents.records[-1]} if not end.shown]
    confirmations = []
    for record in contents.records:
        if record.shown:
            body = members.pop(f"records/{record.sequence}.json", None)
            found = _held_against(record, body, contents, wrong)
            confirmations += [found] if found else []
    named = pictures_of(confirmations)
    there = [sha256 for sha256 in named if _is_picture(sha256, members.pop(f"pictures/{sha256}.jpg", None), wrong)]
    wrong += [f"{name}: nothing in the records names it" for name in members]
    return Proof(
        gate=contents.gate,
        passage_id=contents.passage_id,
        key=contents.records[0].link.key,
        confirmations=tuple(confirmations),
        pictures=tuple(there),
        unshown=tuple(record.sequence for record in contents.records if not record.shown),
        absent=tuple(sha256 for sha256 in named if sha256 not in there),
        wrong=tuple(wrong),
    )


def _members(file: zipfile.ZipFile, path: Path) -> dict[str, bytes]:
    listed = file.infolist()
    if len(listed) > MOST_MEMBERS:
        raise EvidenceFileError(path, f"holds {len(listed)} members, more than any passage has")
    found: dict[str, bytes] = {}
    left = MOST_BYTES_IN_ALL
    for member in listed:
        if member.filename in found:
            raise EvidenceFileError(path, f"holds {member.filename} twice")
        if member.compress_type not in _PACKINGS:
            raise EvidenceFileError(path, f"{member.filename} is packed in a way that no evidence file is")
        with file.open(member) as stream:
            data = stream.read(min(MOST_BYTES, left) + 1)  # what it says of its own size is not believed
        if len(data) > MOST_BYTES:
            raise EvidenceFileError(path, f"{member.filename} is larger than {MOST_BYTES} bytes")
        left -= len(data)
        if left < 0:
            raise EvidenceFileError(path, f"unpacks to more than {MOST_BYTES_IN_ALL} bytes in all, more than any passage has")
        found[member.filename] = data
    return found


def _broken_links(records: tuple[ListedRecord, ...]) -> Iterable[str]:
    """Where the chain from the first record to the last does not hold, those included that are not shown."""
    head, number, key = records[0].link.previous, records[0].sequence, records[0].link.key
    for record in records:
        if record.sequence != number:
            yield f"record {number}: left out of the chain"
        elif record.link.previous != head:
            yield f"record {record.sequence}: follows another record than the one before it"
        if record.link.key != key:
            yield f"record {record.sequence}: signed with another key than the first one"
        head, number = digest_unseen(record.link.previous, record.sha256), record.sequence + 1


def _held_against(record: ListedRecord, body: bytes | None, contents: Contents, wrong: list[str]) -> Confirmation | None:
    """The confirmation, where it can be read; what is wrong with it is added to `wrong`."""
    name = f"record {record.sequence}"
    if body is None:
        wrong.append(f"{name}: missing")
        return None
    if body_sha256(body) != record.sha256 or not record.link.is_authentic(body):
        wrong.append(f"{name}: the signature does not fit; the record is not the one that was signed")
    try:
        confirmation = Confirmation.model_validate_json(body)
    except ValidationError:
        wrong.append(f"{name}: cannot be read as a confirmation")
        return None
    expected = (contents.gate, record.sequence, contents.passage_id)
    if (confirmation.gate, confirmation.sequence, confirmation.passage_id) != expected:
        wrong.append(f"{name}: is of another gate, number or passage than {CONTENTS} says")
    return confirmation


def _is_picture(sha256: str, data: bytes | None, wrong: list[str]) -> bool:
    if data is None:
        return False
    if hashlib.sha256(data).hexdigest() != sha256:
        wrong.append(f"picture {sha256}: is not the one that the record names")
    return True
