"""Places as GeoJSON (RFC 7946), in and out: a feature is a place, its properties the place's fields, its geometry the fence."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from gateway.look.i18n import _
from gateway.platform.registry.flat import flat
from gateway.platform.registry.import_file import ImportFileError, SourceRow
from gateway.platform.registry.kinds import Kind

FENCE: Final = "fence"


def is_geojson(path: Path) -> bool:
    """Whether a file begins as an object does: no list of columns has a brace."""
    with path.open("rb") as file:
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def geojson_rows(path: Path, columns: Sequence[str], key: str) -> Iterator[SourceRow]:
    """Each feature of a collection as a row; its `line` counts features. Properties that the register does not know are left out.

    Raises ImportFileError.
    """
    try:
        collection = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ImportFileError(_("This is no GeoJSON.")) from None
    features = collection.get("features") if isinstance(collection, dict) else None
    if FENCE not in columns or not isinstance(features, list):
        raise ImportFileError(_("This is no GeoJSON collection of places."))
    for number, feature in enumerate(features, 1):
        yield SourceRow(number, _cells(feature, columns, key))


def _cells(feature: Any, columns: Sequence[str], key: str) -> dict[str, str]:
    """What is no feature has no cells: the register then says what is missing."""
    if not isinstance(feature, dict):
        return {}
    properties = feature.get("properties")
    told = {key: feature.get("id")} | (properties if isinstance(properties, dict) else {})
    cells = {name: str(value) for name, value in told.items() if name in columns and isinstance(value, str | int | float)}
    geometry = feature.get("geometry")
    return cells | ({FENCE: json.dumps(geometry)} if geometry is not None else {})


def collection_of(kind: Kind, entries: Iterable[BaseModel]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [_feature(kind, entry) for entry in entries]}


def _feature(kind: Kind, entry: BaseModel) -> dict[str, Any]:
    content = entry.model_dump(mode="json")
    geometry = content.pop(FENCE)
    properties = {name: text for name, text in flat(content).items() if text}
    return {"type": "Feature", "id": kind.key_of(entry), "properties": properties, "geometry": geometry}
