"""The gateway's bill of materials: `make sbom` prints it as CycloneDX 1.6 (ECMA-424).

Every requirement of requirements.lock with the SHA-256 of each file that may be installed for it; inside it what its wheel brings
along in machine code, as it is installed here; and the files in the package itself that others made, or that were trained.
The same tree, installed on the same kind of machine, gives the same bill to the byte.
"""

import hashlib
import importlib.metadata
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from typing import Any, Final

from supply.licences import licence_of

ROOT: Final = Path(__file__).parents[1]
_REQUIREMENT: Final = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ \\;]+)(?: ; (?P<marker>[^\\]+))?")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of the lock. `marker` says on which machines it is installed; empty: on all. `sha256` are those of its files."""

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]


def requirements(lock: str) -> Iterator[Requirement]:
    """Those of a lock as uv and pip write it."""
    for block in re.split(r"\n(?=[a-z0-9])", lock):
        if found := _REQUIREMENT.match(block):
            yield Requirement(found["name"], found["version"], (found["marker"] or "").strip(), tuple(_HASH.findall(block)))


def installed(requirement: Requirement) -> Distribution | None:
    """The package as it is installed here; None where this machine has none, or another version."""
    try:
        found = importlib.metadata.distribution(requirement.name)
    except PackageNotFoundError:
        return None
    return found if found.version == requirement.version else None


def bundled(package: Distribution) -> tuple[str, ...]:
    """The libraries of others that its wheel brings along, as auditwheel puts them beside it: their file names."""
    return tuple(sorted(file.name for file in package.files or () if ".libs/" in file.as_posix()))


def bill(root: Path = ROOT) -> dict[str, Any]:
    """The whole of it, for the tree in `root` and what is installed here."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    files = tomllib.loads((root / "supply/vendored.toml").read_text(encoding="utf-8"))["file"]
    components = [_library(one) for one in requirements(lock)] + [_file(root, one) for one in files]
    digest = hashlib.sha256(json.dumps(components).encode()).hexdigest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"expression": project["license"]}],
            }
        },
        "components": components,
    }


def _library(requirement: Requirement) -> dict[str, Any]:
    purl = f"pkg:pypi/{requirement.name}@{requirement.version}"
    said: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": requirement.name,
        "version": requirement.version,
        "purl": purl,
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{requirement.name}/{requirement.version}/",
                "hashes": [_sha256(one) for one in requirement.sha256],
            }
        ],
    }
    if requirement.marker:
        said["properties"] = [{"name": "gateway:installed-where", "value": requirement.marker}]
    package = installed(requirement)
    if package is None:
        return said
    said["licenses"] = [{"expression": licence_of(package)}]
    if libraries := bundled(package):
        said["components"] = [{"type": "library", "bom-ref": f"{purl}#{one}", "name": one} for one in libraries]
    return said


def _file(root: Path, file: dict[str, str]) -> dict[str, Any]:
    path = file["path"]
    said: dict[str, Any] = {
        "type": "machine-learning-model" if path.endswith(".onnx") else "file",
        "bom-ref": path,
        "name": file["name"],
        "hashes": [_sha256(hashlib.sha256((root / path).read_bytes()).hexdigest())],
        "licenses": [{"expression": file["licence"]}],
        "properties": [{"name": "gateway:path", "value": path}],
    }
    if "version" in file:
        said["version"] = file["version"]
    if "author" in file:
        said["authors"] = [{"name": file["author"]}]
    return said


def _sha256(content: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": content}


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
    sys.stdout.write("\n")
