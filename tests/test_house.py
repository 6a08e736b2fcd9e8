"""The house has floors; a room imports only from lower ones. ARCHITECTURE.md draws it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline

PACKAGE = Path(pipeline.__file__).parent

FLOORS: dict[str, int] = {
    "article": 0,
    "config": 0,
    "engine": 1,
    "models": 2,
    "numerals": 2,
    "overlap": 2,
    "tokenization": 3,
    "clean": 3,
    "split": 3,
    "fidelity": 3,
    "salience": 3,
    "sentence_search": 3,
    "stage": 4,
    "translate": 5,
    "summarise": 5,
    "cases": 6,
    "pipeline": 7,
    "reading": 8,
    "dataset": 8,
    "folder": 9,
    "show": 10,
    "doctor": 10,
    "cli": 11,
}

# Doorbells: a late import upward that only makes an object of the upper room for the caller.
DOORBELLS = {("pipeline", "dataset")}


def rooms() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",):
            yield parts[0], path


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import, which hides its floor"
            assert node.module is not None
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "pipeline" and len(parts) > 1 and parts[1] in FLOORS:
                yield parts[1]


def test_every_room_has_a_floor() -> None:
    assert {room for room, _ in rooms()} == set(FLOORS)


@pytest.mark.parametrize(
    ("room", "path"),
    [pytest.param(room, path, id=str(path.relative_to(PACKAGE))) for room, path in rooms()],
)
def test_no_room_imports_upward(room: str, path: Path) -> None:
    upward = {
        other
        for other in imported_rooms(path)
        if other != room and FLOORS[other] >= FLOORS[room] and (room, other) not in DOORBELLS
    }
    assert not upward, f"{path.name} on floor {FLOORS[room]} imports {upward}"


def test_importing_the_package_does_not_import_torch() -> None:
    import subprocess
    import sys

    rooms = "pipeline, pipeline.clean, pipeline.split, pipeline.cli"
    code = f"import sys, {rooms}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
