"""The evidence file as a gate or the platform writes it: the signed records of one passage and their pictures in one ZIP.

    evidence.json                 the passage, its records' links, and the SHA-256 of records between them that are not shown
    records/SEQUENCE.json         each confirmation byte for byte as the gate signed it
    pictures/SHA256.jpg           the pictures that they name, as far as whoever wrote the file still had them
    index.html                    a page to read; signed by nobody, and not always there

What is proven, and how: `gateway/model/evidence.py`. Pure: the file is whatever the caller opened, pictures are what it hands over.
"""

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.evidence import Link
from gateway.model.wire import Confirmation, Name, Sha256

CONTENTS: Final = "evidence.json"
PAGE: Final = "index.html"
WHEN: Final = (1980, 1, 1, 0, 0, 0)  # the same evidence is the same file
MOST_MEMBERS: Final = 2000
MOST_BYTES: Final = 32 << 20  # of one member: a picture of a gate camera has some 1 MB
MOST_BYTES_IN_ALL: Final = 512 << 20  # unpacked: they are held in memory together, and a passage has some dozen pictures


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A confirmation byte for byte as it was signed. `body` None: of another passage, which is none of the reader's business."""

    sequence: int
    link: Link
    sha256: str
    body: bytes | None


class ListedRecord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int = Field(ge=1)
    sha256: Sha256
    link: Link
    shown: bool


class Contents(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(1, ge=1, le=1)
    gate: Name
    passage_id: str
    records: tuple[ListedRecord, ...] = Field(min_length=1)


def pack(
    into: IO[bytes], gate: str, passage_id: str, records: Iterable[SignedRecord], picture: Callable[[str], bytes | None], page: str
) -> tuple[str, ...]:
    """Write the file; returns the SHA-256 of pictures that `picture` does not have. `page` empty: no index.html."""
    taken = tuple(records)
    contents = Contents(
        gate=gate,
        passage_id=passage_id,
        records=tuple(ListedRecord(sequence=r.sequence, sha256=r.sha256, link=r.link, shown=r.body is not None) for r in taken),
    )
    shown = {r.sequence: r.body for r in taken if r.body is not None}
    absent = []
    with zipfile.ZipFile(into, "w") as file:
        _put(file, CONTENTS, contents.model_dump_json(indent=1).encode())
        for sequence, body in shown.items():
            _put(file, f"records/{sequence}.json", body)
        for sha256 in pictures_of(Confirmation.model_validate_json(body) for body in shown.values()):
            data = picture(sha256)
            if data is None:
                absent.append(sha256)
            else:
                _put(file, f"pictures/{sha256}.jpg", data, zipfile.ZIP_STORED)
        if page:
            _put(file, PAGE, page.encode())
    return tuple(absent)


def _put(file: zipfile.ZipFile, name: str, data: bytes, packing: int = zipfile.ZIP_DEFLATED) -> None:
    file.writestr(zipfile.ZipInfo(name, WHEN), data, packing)


def pictures_of(confirmations: Iterable[Confirmation]) -> tuple[str, ...]:
    """Every picture that they name, each once."""
    return tuple(dict.fromkeys(picture.sha256 for one in confirmations for picture in one.pictures))
