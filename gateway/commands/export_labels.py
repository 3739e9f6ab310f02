"""`gateway export-labels`: what people corrected becomes labelled pictures, by which the reader is measured."""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

from gateway.commands.archives import folder_option, language_option, store_folder
from gateway.look import i18n
from gateway.look.i18n import _, filled_in
from gateway.look.numbers import plate_text
from gateway.model.answer import ContainerAnswer, PlateAnswer
from gateway.model.container_number import ContainerNumber
from gateway.model.errors import ModelError
from gateway.model.observation import Correction
from gateway.model.passage import Passage
from gateway.model.plate import Plate
from gateway.model.verdict import CheckResult, Subject
from gateway.store.archive import Archive
from gateway.store.errors import StoreCorruptError, StoreError
from gateway.store.pictures import picture_place

# One folder a kind, laid out as the reader's measurements expect it; `numbers` and `plates` hold several with | between them.
COLUMNS: Final = {
    "containers": ("file", "numbers", "layout", "passage", "source", "notes"),
    "plates": ("file", "plates", "vehicle", "passage", "source", "notes"),
}
KINDS: Final = {"container": "containers", "plate": "plates"}
PARTIAL: Final = "only plates and numbers that a person gave"  # "only plates": what else stands there is not labelled


class LabelsError(Exception):
    """The folder of labels cannot be written to, or holds something else. The text names the file."""


@dataclass(slots=True)
class Label:
    """One picture with the numbers on it. `picture`: SHA-256 of the JPEG."""

    kind: str
    picture: str
    numbers: list[str]
    passage: str
    source: str
    notes: str

    def row(self) -> dict[str, str]:
        given = dict(zip(COLUMNS[self.kind], (f"{self.picture}.jpg", "|".join(self.numbers)), strict=False))
        return dict.fromkeys(COLUMNS[self.kind], "") | given | {"passage": self.passage, "source": self.source, "notes": self.notes}


@dataclass(slots=True)
class Exported:
    """What was done. `without_picture` and `unclear` name the passages whose corrections could not be used."""

    new: int = 0
    there: int = 0
    without_picture: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@click.command("export-labels")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--site", "site_file", type=click.Path(path_type=Path), help="The lane file that names the store.")
@folder_option
@language_option
def export_labels(*, out: Path, site_file: Path | None, folder: Path | None, language: str) -> None:
    """Write corrected pictures and labels.csv into OUT/containers and OUT/plates. What is there already stays as it is."""
    try:
        with Archive.open(store_folder(folder, site_file)) as archive:
            done = export(archive, out)
    except (StoreError, LabelsError) as error:
        raise click.ClickException(str(error)) from error
    with i18n.speaking(language):
        click.echo(filled_in(_("%(new)s pictures written, %(there)s were there already"), new=done.new, there=done.there))
        for message, passages in (
            (_("No picture of this correction is kept: passage %(passage)s"), done.without_picture),
            (_("This correction is no number: passage %(passage)s"), done.unclear),
            (_("This record cannot be read: passage %(passage)s"), done.unreadable),
        ):
            for passage in passages:
                click.echo(filled_in(message, passage=passage), err=True)


def export(archive: Archive, out: Path) -> Exported:
    """All corrections of the store. Raises LabelsError, StoreError."""
    done = Exported()
    known = {kind: _known(out / kind, kind) for kind in COLUMNS}
    for passage_id in archive.since(None):
        try:
            stored = archive.one(passage_id)
        except StoreCorruptError:
            done.unreadable.append(passage_id)
            continue
        for label in labels_of(stored.passage, stored.gate, done):
            place = picture_place(archive.pictures, label.picture)
            if label.picture in known[label.kind]:
                done.there += 1
            elif not place.is_file():
                done.without_picture.append(passage_id)
            else:
                _add(out / label.kind, label, place)
                known[label.kind].add(label.picture)
                done.new += 1
    return done


def labels_of(passage: Passage, gate: str, done: Exported) -> Iterator[Label]:
    """A label for each picture that the person's corrections are about."""
    found: dict[tuple[str, str], Label] = {}
    for correction in passage.ruling.corrections if passage.ruling else ():
        kind, number = KINDS[correction.subject], _written(correction)
        picture = correction.picture or _picture_of(passage, correction)
        if not number:
            done.unclear.append(passage.passage_id)
        elif not picture:
            done.without_picture.append(passage.passage_id)
        else:
            read = f"read as {correction.read}" if correction.read else "not read"
            label = found.setdefault((kind, picture), Label(kind, picture, [], passage.passage_id, f"{gate} {passage.lane}", ""))
            label.numbers += [number] if number not in label.numbers else []
            label.notes = "; ".join(filter(None, (label.notes, read)))
    for label in found.values():
        _complete(label, passage)
    yield from found.values()


def _written(correction: Correction) -> str:
    """The number as labels have it; empty where the person wrote none."""
    try:
        if correction.subject == "container":
            return ContainerNumber.parse(correction.corrected).value
        return plate_text(Plate.parse(correction.corrected))
    except ModelError:
        return ""


def _answers(passage: Passage, kind: str) -> Sequence[ContainerAnswer | PlateAnswer]:
    return passage.answer.containers if kind == "containers" else passage.answer.plates


def _picture_of(passage: Passage, correction: Correction) -> str:
    """Where the machine read what was corrected."""
    sights = (
        sight.picture
        for answer in _answers(passage, KINDS[correction.subject])
        if answer.number == correction.read
        for sight in answer.sights
    )
    return next(filter(None, sights), "")


def _complete(label: Label, passage: Passage) -> None:
    """The other numbers on the picture: those that the order confirmed too are labels; one that nobody did makes it partial."""
    corrected = {correction.read for correction in passage.ruling.corrections} if passage.ruling else set()
    subject = Subject.CONTAINER if label.kind == "containers" else Subject.PLATE
    checks = passage.verdict.checks if passage.verdict else ()
    confirmed = {check.seen for check in checks if check.subject is subject and check.result is CheckResult.OK}
    for answer in _answers(passage, label.kind):
        if answer.number in corrected or label.picture not in {sight.picture for sight in answer.sights}:
            continue
        number = plate_text(answer.number) if label.kind == "plates" else answer.number
        if answer.number in confirmed and number not in label.numbers:
            label.numbers.append(number)
        elif answer.number not in confirmed and PARTIAL not in label.notes:
            label.notes = f"{label.notes}; {PARTIAL}"


def _known(folder: Path, kind: str) -> set[str]:
    """Pictures that are labelled already. Raises LabelsError where the file is none of ours."""
    path = folder / "labels.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS[kind]:
                raise LabelsError(f"{path}:1: expected the columns {','.join(COLUMNS[kind])}")
            return {row["file"].removesuffix(".jpg") for row in reader}
    except FileNotFoundError:
        return set()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelsError(f"{path}: {error}") from error


def _add(folder: Path, label: Label, picture: Path) -> None:
    """The picture first, then its line: a line never names a picture that is not there."""
    path = folder / "labels.csv"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = folder / f".{label.picture}.unfinished"
        unfinished.write_bytes(picture.read_bytes())
        unfinished.rename(folder / f"{label.picture}.jpg")
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS[label.kind], lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(label.row())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LabelsError(f"{folder}: {error.strerror or error}") from error
