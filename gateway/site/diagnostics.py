"""What support needs to know of a site, in one ZIP: how it stands, and nothing that is secret or about drivers.

    about.json       versions, this machine, its clock, the unit and its drop-ins (names only)
    lane-file.json   the lane file as it was understood: of addresses the host, of files their place, of variables nothing
    store.json       the store in numbers, the room that is left, the files of its folder, the gate's certificate
    log.txt          the service's latest lines, where journald has them

Only what is named here goes in. No device is opened, and no file with a secret is read.
"""

import importlib.metadata
import json
import os
import platform
import re
import shutil
import sqlite3
import ssl
import stat
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel

from gateway.site.lane_file import LaneFileError, SiteConfig, load_site
from gateway.store.archive import Archive
from gateway.store.connection import free_bytes
from gateway.store.durable_file import whole_file
from gateway.store.errors import StoreError
from gateway.store.pictures import picture_names
from gateway.uplink.errors import TrustError
from gateway.uplink.identity import read_identity

UNIT: Final = "gateway.service"
UNIT_FOLDERS: Final = tuple(map(Path, ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system")))
LOG_LINES: Final = 2000
PATIENCE_S: Final = 20.0
# Its members are named by the file or variable that holds them; people have been seen to write the secret there instead.
_SECRET_FILES: Final = frozenset({"password_file", "token_file", "file"})
_NEVER: Final = frozenset({"password_env", "token_env", "environment", "username", "user"})
# `journalctl --output=short-iso`: time, host, who says it, and what.
_JOURNAL: Final = re.compile(r"(?P<time>\S+) \S+ (?P<who>[^\s\[:]+)(?:\[\d+\])?: (?P<said>.*)")
_OURS: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [\w.]+: ")
_TRACE: Final = re.compile(r'Traceback \(most recent call last\):|  File "[^"]*", line \d+, in \S+')
_RAISED: Final = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit))(?::.*)?")
_LOGIN: Final = re.compile(r"(?<=://)[^/\s]*@")
_REQUEST: Final = re.compile(r"(?<=\?)\S+")


def write_diagnostics(path: Path, site_file: Path, now: datetime) -> None:
    """Write the file (mode 0600), whole or not at all. What cannot be found out is said in it. Raises OSError."""
    site: SiteConfig | None = None
    problems: tuple[str, ...] = ()
    try:
        site = load_site(site_file)
    except LaneFileError as error:
        problems = error.problems
    members = {
        "about.json": _json(_about(now)),
        "lane-file.json": _json({"problems": [without_login(one) for one in problems], "site": shown(site)}),
        "store.json": _json(_store(site.store.folder) if site else {"problem": "the lane file does not say where it is"}),
        "log.txt": "\n".join(_log()) + "\n",
    }
    with whole_file(path) as whole, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in members.items():
            packed.writestr(name, text)


def shown(value: Any, key: str = "") -> Any:
    """A checked lane file, or a part of it, as others may see it; `key` is the name under which the part stands."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(name): shown(one, str(name)) for name, one in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [shown(one, key) for one in value]
    if value and key in _NEVER:
        return "(named)"
    return _single(value, key)


def _single(value: Any, key: str) -> Any:
    if isinstance(value, Path):
        return _place(value) if key in _SECRET_FILES else str(value)
    if isinstance(value, str) and "://" in value:
        return _host(value)
    return value.value if isinstance(value, Enum) else value


def _place(path: Path) -> str:
    """A file with a secret: where it is and whose, if it is a file at all and not the secret itself."""
    try:
        found = path.stat()
    except OSError as error:
        return f"(no such file: {error.strerror})"
    return f"{path} (mode {stat.S_IMODE(found.st_mode):04o}, user {found.st_uid}, group {found.st_gid})"


def _host(url: str) -> str:
    """Scheme, host and port: a login, a query and some cameras' paths hold passwords."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


def without_login(line: str) -> str:
    """A line without the login and the query of the addresses in it."""
    return _REQUEST.sub("…", _LOGIN.sub("…@", line))


def _about(now: datetime) -> dict[str, Any]:
    distributions = sorted((one.name.lower(), one.version) for one in importlib.metadata.distributions())
    return {
        "made_at": now.isoformat(),
        "gateway": importlib.metadata.version("gateway"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "openssl": ssl.OPENSSL_VERSION,
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "") if Path("/etc/os-release").is_file() else "",
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": os.cpu_count(),
        "clock": _said("timedatectl", "show", "--property=Timezone,NTP,NTPSynchronized").splitlines(),
        "unit": _said("systemctl", "show", UNIT, "--property=ActiveState,Result,NRestarts,ExecMainStartTimestamp").splitlines(),
        "unit_files": [
            str(file)
            for folder in UNIT_FOLDERS
            for file in (folder / UNIT, *sorted((folder / f"{UNIT}.d").glob("*")))
            if file.is_file()
        ],
        "packages": dict(distributions),
    }


def _store(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = {"folder": str(folder)}
    try:
        with Archive.open(folder) as archive:
            said |= asdict(archive.condition())
    except StoreError as error:
        said["problem"] = str(error)
    try:
        said["free_bytes"] = free_bytes(folder)
        said["files"] = {
            one.name: [one.stat().st_size, f"{stat.S_IMODE(one.stat().st_mode):04o}"] for one in sorted(folder.iterdir())
        }
        said["pictures"] = sum(1 for _ in picture_names(folder / "pictures"))
        identity = read_identity(folder)
    except (OSError, TrustError) as error:
        return said | {"cannot_be_read": str(error)}
    return said | {"certificate_ends": identity.certificate.not_valid_after_utc.isoformat() if identity else None}


def _log() -> Iterator[str]:
    """The service's own lines and systemd's about it. Of a traceback where it was, never what was in its values."""
    lines = _said(
        "journalctl", f"--unit={UNIT}", f"--lines={LOG_LINES}", "--output=short-iso", "--no-pager", "--quiet"
    ).splitlines()
    left_out = 0
    for line in lines:
        matched = _JOURNAL.fullmatch(line)
        said = _kept(matched["who"], matched["said"]) if matched else None
        if matched is None or said is None:
            left_out += 1
        else:
            yield f"{matched['time']} {said}"
    yield f"{len(lines)} lines, {left_out} left out" if lines else "no log: there is no journal here, or this user may not read it"


def _kept(who: str, said: str) -> str | None:
    if who == "systemd" or _OURS.match(said):
        return without_login(said)
    if _TRACE.fullmatch(said):
        return said
    raised = _RAISED.fullmatch(said)
    return raised[1] if raised else None


def _said(*command: str) -> str:
    """What a program of the system says; nothing where there is none, or where it does not answer."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_S).stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
