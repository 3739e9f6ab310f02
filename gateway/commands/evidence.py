"""`gateway evidence`: the signed records of a passage in one file, and its proof, years later, on another machine."""

from pathlib import Path
from typing import Final

import click

from gateway.commands.archives import folder_option, language_option, store_folder
from gateway.commands.explain import as_text, printable, said
from gateway.display.evidence_page import evidence_page
from gateway.display.explanation import explain
from gateway.look import i18n
from gateway.look.columns import columns
from gateway.look.i18n import _, filled_in, gettext
from gateway.look.times import taipei
from gateway.model.wire import Confirmation
from gateway.store.archive import Archive, StoredPassage
from gateway.store.errors import StoreError
from gateway.store.evidence_file import Proof, prove, write_evidence

_WHOLE: Final = _("Every record and picture shown is as this key signed it, and the chain between them is whole.")
_UNSHOWN: Final = _("Not shown, as of other passages: No. %(numbers)s. Ask the gate or the platform.")


@click.group("evidence")
def evidence_command() -> None:
    """Evidence files: a passage's signed records and pictures."""


@evidence_command.command("export")
@click.argument("passage")
@click.argument("lane", required=False, default="")
@click.option("--site", "site_file", type=click.Path(path_type=Path), help="The lane file that names the store.")
@folder_option
@click.option("--out", type=click.Path(path_type=Path), help="The file to write; by default named by gate and passage.")
@language_option
def export_command(
    *, passage: str, lane: str, site_file: Path | None, folder: Path | None, out: Path | None, language: str
) -> None:
    """Write the evidence of PASSAGE: an id, the beginning of one, `last`, or `last LANE`. The service may be running."""
    try:
        with Archive.open(store_folder(folder, site_file)) as archive, i18n.speaking(language):
            stored = archive.find(f"{passage} {lane}")
            gate, passage_id = stored.gate, stored.passage.passage_id
            path = out or Path(f"{gate}-{passage_id}.evidence.zip")
            if path.exists():
                raise click.ClickException(filled_in(_("%(path)s is there already"), path=str(path)))
            absent = write_evidence(path, gate, passage_id, archive.signed_records(passage_id), archive.pictures, _page(stored))
            click.echo(str(path))
            for sha256 in absent:
                click.echo(filled_in(_("Picture %(sha256)s is no longer on this gate's disk"), sha256=sha256), err=True)
    except StoreError as error:
        raise click.ClickException(printable(str(error))) from error


@evidence_command.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", default="", help="The gate's public key (64 hex digits), as the platform or the gate's papers say it.")
@language_option
def verify_command(*, file: Path, key: str, language: str) -> None:
    """Prove an evidence FILE, offline. Exit status 1: something in it is not as the gate signed it."""
    with i18n.speaking(language):
        try:
            proof = prove(file)
        except StoreError as error:
            raise click.ClickException(printable(str(error))) from error
        click.echo("\n".join(printable(line) for line in _report(proof)))
        wrong = list(proof.wrong)
        if key and key.strip().lower() != proof.key:
            wrong.append(gettext(_("signed with another key than the one given")))
        for one in wrong:
            click.echo(f"■ {printable(one)}")
        if wrong:
            raise SystemExit(1)
        click.echo("● " + gettext(_WHOLE))
        if proof.unshown:
            click.echo(filled_in(_UNSHOWN, numbers=", ".join(map(str, proof.unshown))))
        if not key:
            click.echo(gettext(_("Whose key it is, is not proven here: compare it with the platform's.")))


def _report(proof: Proof) -> list[str]:
    pictures = filled_in(_("%(here)s here, %(absent)s absent"), here=len(proof.pictures), absent=len(proof.absent))
    return [
        *columns(
            [
                (gettext(_("Gate")), proof.gate),
                (gettext(_("Passage")), proof.passage_id),
                (gettext(_("Key")), proof.key),
                (gettext(_("Pictures")), pictures),
            ]
        ),
        *columns([_line(one) for one in proof.confirmations]),
    ]


def _line(one: Confirmation) -> tuple[str, ...]:
    boxes = " ".join(box.number for box in one.answer.containers)
    plates = " ".join(plate.text for plate in one.answer.plates)
    who = one.ruling.person if one.ruling else ""
    return f"{gettext(_('No.'))} {one.sequence}", taipei(one.decided_at), one.lane, said(one.verdict), boxes, plates, who


def _page(stored: StoredPassage) -> str:
    """What `gateway explain` says, in both languages, and the pictures."""
    texts = {}
    for language in i18n.LANGUAGES:
        with i18n.speaking(language):
            texts[language] = as_text(explain(stored))  # it puts its words into the language being spoken
    confirmations = [one.confirmation for one in stored.told if one.confirmation]
    return evidence_page(stored.gate, stored.passage.passage_id, texts, confirmations)
