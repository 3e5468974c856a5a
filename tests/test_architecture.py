"""The floors of the house: each file imports only from floors below its own, and one file alone knows mmengine's Runner."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"benchmarks": 1, "methods": 2, "harness": 3, "reports": 4}
FILES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
METHODS_MAY_IMPORT = ("benchmarks.batch", "benchmarks.common", "benchmarks.captions.sentences")
HARNESS_FRONT_DOOR = {ROOT / "harness" / name for name in ("cli.py", "captions/audit_commands.py")}


def imports(path):
    """Absolute names of everything that a file imports, at any depth."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join([*base, *([node.module] if node.module else [])])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_import_only_from_floors_below(path):
    own = FLOORS[path.relative_to(ROOT).parts[0]]
    for name in imports(path):
        floor = FLOORS.get(name.split(".")[0], 0)
        assert floor <= own or path in HARNESS_FRONT_DOOR, f"{path} imports {name} from a floor above"


@pytest.mark.parametrize("path", [path for path in FILES if path.is_relative_to(ROOT / "methods")], ids=lambda path: path.name)
def test_methods_know_tensors_and_not_files(path):
    for name in imports(path):
        if name.startswith("benchmarks"):
            assert name.startswith(METHODS_MAY_IMPORT), f"{path} imports {name}"


def test_the_foundations_import_nothing_of_the_project():
    for path in (ROOT / "benchmarks" / "common").glob("*.py"):
        assert not {name for name in imports(path) if name.split(".")[0] in FLOORS and "common" not in name}


def test_one_file_alone_knows_the_runner():
    knowing = [
        path.name for path in FILES if any(name.startswith("mmengine") and name != "mmengine.config" for name in imports(path))
    ]
    assert knowing == ["engine.py"]
