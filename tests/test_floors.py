"""The house stands: imports only point down, and the pure rooms do no input or output."""

import ast
from pathlib import Path

import gateway

PACKAGE = Path(gateway.__file__).parent

FLOORS: list[set[str]] = [
    {"model"},
    {"look", "store", "decision", "client"},
    {"orders", "uplink", "ocr", "rfid", "seal_reader", "signals", "timekeeping", "platform"},
    {"lane", "simulator"},
    {"display"},
    {"site"},
    {"demo"},
    {"commands"},
    {"cli"},
]
HEIGHT = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
PURE = [PACKAGE / "model", PACKAGE / "decision"]
PURE_FILES = [
    PACKAGE / "lane" / f"{name}.py" for name in ("transitions", "actions", "machine", "recent", "play", "replay", "retrace")
]
IO_MODULES = {"socket", "asyncio", "sqlite3", "threading", "subprocess", "requests", "aiohttp", "time", "random", "os", "cv2"}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "gateway" and len(parts) > 1 and parts[1] in HEIGHT else ""


def test_every_room_has_a_floor() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - set(HEIGHT) <= {"__init__", "__pycache__"}


def test_imports_only_point_down() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for module in imported(path):
            other = room_of(module)
            if other and room in HEIGHT and other != room and HEIGHT[other] >= HEIGHT[room]:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert wrong == []


def test_gate_and_platform_share_only_the_model_and_the_look() -> None:
    for path in (PACKAGE / "platform").rglob("*.py"):
        assert {room_of(module) for module in imported(path)} <= {"", "model", "look", "platform"}, path


def test_pure_rooms_do_no_input_or_output() -> None:
    for path in [p for folder in PURE for p in folder.rglob("*.py")] + PURE_FILES:
        touched = {module.split(".")[0] for module in imported(path)} & IO_MODULES
        assert not touched, f"{path.name} imports {touched}"


def test_only_the_supervisor_catches_everything() -> None:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                names = ast.unparse(node.type) if node.type else "everything"
                assert path.name == "supervisor.py" or names not in {"everything", "Exception", "BaseException"}, path
