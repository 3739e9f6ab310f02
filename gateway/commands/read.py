"""`gateway read`: container numbers and plates in pictures."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from gateway.commands.answers import answer_json
from gateway.decision.fusion import fuse
from gateway.ocr import photographs
from gateway.ocr.engine import DEFAULT_ENGINE, ENGINES
from gateway.ocr.errors import OcrError
from gateway.ocr.photographs import PictureResult
from gateway.ocr.reader import Only, Reader


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, in the order given.")
@click.option("--passage", is_flag=True, help="Each PATH is a folder of pictures of one vehicle; one answer a folder.")
@click.option(
    "--engine", type=click.Choice(sorted(ENGINES)), default=DEFAULT_ENGINE, show_default=True, help="What reads the text."
)
@click.option("--only", type=click.Choice(["containers", "plates"]), help="Look for nothing else.")
@click.option("--threads", type=click.IntRange(1, 256), help="Processor threads that reading may use.  [default: all]")
def read(*, paths: tuple[Path, ...], as_json: bool, passage: bool, engine: str, only: Only | None, threads: int | None) -> None:
    """Read container numbers and plates in pictures, or in folders of pictures."""
    try:
        reader = Reader.load(engine, threads)
    except OcrError as error:
        raise click.ClickException(str(error)) from error
    photographs.warm_up(reader)
    failed = False
    for item in _passages(reader, paths, only) if passage else _pictures(reader, paths, only):
        failed = failed or "error" in item
        click.echo(json.dumps(item, ensure_ascii=False) if as_json else _row(item))
    sys.exit(1 if failed else 0)


def _pictures(reader: Reader, paths: tuple[Path, ...], only: Only | None) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            for result in photographs.read_pictures(reader, photographs.pictures_in([path]), only):
                yield photographs.as_json(result)
        except OcrError as error:
            yield {"file": str(path), "error": str(error)}


def _passages(reader: Reader, paths: tuple[Path, ...], only: Only | None) -> Iterator[dict[str, Any]]:
    for path in paths:
        if not path.is_dir():
            yield {"passage": path.name, "error": f"{path}: not a folder"}
            continue
        try:
            results = list(photographs.read_pictures(reader, photographs.pictures_in([path]), only))
        except OcrError as error:
            yield {"passage": path.name, "error": str(error)}
            continue
        yield _passage(path, results)


def _passage(path: Path, results: list[PictureResult]) -> dict[str, Any]:
    answer = fuse(photographs.observations(results))
    broken = [f"{result.path.name}: {result.error}" for result in results if result.error is not None]
    return {
        "passage": path.name or path.resolve().name,
        **answer_json(answer),
        "images": len(results),
        "elapsed_ms": round(sum(result.elapsed_ms for result in results), 1),
        **({"error": "; ".join(broken)} if broken else {}),
    }


def _row(item: dict[str, Any]) -> str:
    """One picture or passage as a line for people: a full mark before what can be relied on."""
    name = Path(str(item.get("file") or item.get("passage"))).name
    if "error" in item:
        return f"{name:<32}  ✕ {item['error']}"
    plates = item.get("plates") or [item.get("tractor_plate"), item.get("trailer_plate")]
    shown = [f"{_mark(box)} {box['number']} {box['size_type'] or '':<4} {box['confidence']:.3f}" for box in item["containers"]]
    shown += [f"{_mark(plate)} {plate['text']} {plate['confidence']:.3f}" for plate in plates if plate]
    return f"{name:<32}  {'  '.join(shown) or '–'}  ({item['elapsed_ms']:.0f} ms)"


def _mark(found: dict[str, Any]) -> str:
    return "●" if found["accepted"] else "▲"
