"""Who imports whom, and names."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from kits.modules import PACKAGE, ROOT, TERMINAL

import lsmooth

MODULES = sorted(PACKAGE.rglob("*.py"))

#: Imports run down this list only.
ORDER = [
    *("cli", "lessons", "compare", "pipeline", "files", "arrays", "losses", "calibration"),
    *("smoothing", "conventions", "predictions", "labels", "tiles", "errors"),
]

#: Beyond the order: nobody knows what is not their business.
STRANGERS = {"files": {"arrays", "smoothing", "losses", "calibration", "conventions"}}

#: Imported where they are used, by one module.
EXTRAS = {"backports", "compression", "distributed", "polars"}

#: Modules that stand outside the order: they hand on what others are.
DOORS = {"lsmooth", "lsmooth.__main__"}
module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))


def dotted(path: Path) -> str:
    """The name by which a module is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name: str) -> str:
    """The part of the house that a module of lsmooth belongs to."""
    return name.split(".")[1]


def imported(node: ast.AST, name: str) -> list[str]:
    """The modules that a statement imports, by their whole names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{name} imports relatively"
        assert node.module is not None
        inside = [f"{node.module}.{alias.name}" for alias in node.names]
        known = {dotted(path) for path in MODULES}
        return [found if found in known else node.module for found in inside]
    return []


def imports(path: Path) -> set[str]:
    """All imports of a module, in functions and for type checkers too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {found for node in ast.walk(tree) for found in imported(node, dotted(path))}


def at_import(body: list[ast.stmt], name: str) -> Iterator[str]:
    """The modules that are loaded as soon as this one is."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from at_import(statement.orelse, name)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        else:
            yield from imported(statement, name)
            for field in ("body", "orelse", "finalbody"):
                yield from at_import(getattr(statement, field, []), name)


@module
def test_imports_run_down_the_list(path: Path) -> None:
    name = dotted(path)
    if name in DOORS:
        return
    rank = ORDER.index(room(name))
    for found in imports(path):
        if found.startswith("lsmooth."):
            assert ORDER.index(room(found)) >= rank, f"{name} imports {found}"
            assert room(found) not in STRANGERS.get(room(name), set()), f"{name} imports {found}"


@module
def test_only_the_terminal_knows_typer_and_rich(path: Path) -> None:
    known = {found.split(".")[0] for found in imports(path)} & TERMINAL
    if room(dotted(path) + ".") != "cli":
        assert not known
    assert "click" not in known, "Typer carries its own"


@module
def test_only_the_core_dependencies_are_imported(path: Path) -> None:
    roots = {found.split(".")[0] for found in imports(path)}
    extras = EXTRAS if dotted(path) == "lsmooth.files.extras" else set()
    assert roots - set(sys.stdlib_module_names) <= {"lsmooth", "numpy", "typer", "rich"} | extras


@module
def test_nothing_in_the_terminal_loads_numpy_at_import(path: Path) -> None:
    name = dotted(path)
    if room(name + ".") == "cli":
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not any(found.split(".")[0] == "numpy" for found in at_import(tree.body, name))


@module
def test_no_module_outgrows_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@module
def test_no_module_is_a_drawer_for_odds_and_ends(path: Path) -> None:
    assert path.stem not in {"util", "utils", "helpers", "common", "misc", "tools"}


@module
def test_nothing_is_printed_outside_the_terminal(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"print", "exit", "quit", "breakpoint"}
    if room(dotted(path) + ".") != "cli" and dotted(path) not in DOORS:
        assert not calls & {"sys.exit", "sys.stderr.write", "sys.stdout.write"}


# Names


def test_no_public_name_is_that_of_a_module() -> None:
    """Else `import lsmooth.smooth` would put a module where the function was."""
    for path in MODULES:
        if path.name == "__init__.py":
            beside = {
                child.stem for child in path.parent.iterdir() if child.suffix == ".py" or child.is_dir()
            }
            package = importlib.import_module(dotted(path))
            public = {name for name, value in vars(package).items() if callable(value)}
            assert not (public | set(getattr(package, "__all__", ()))) & beside, dotted(path)


def test_no_function_of_the_library_is_called_as_its_module() -> None:
    for path in MODULES:
        if "cli" in path.parts:
            continue  # a command a file, under its name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert path.stem not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, path


def test_all_that_is_public_can_be_had_and_is_documented() -> None:
    assert sorted(lsmooth.__all__) == sorted(set(lsmooth.__all__))
    for name in lsmooth.__all__:
        value = getattr(lsmooth, name)
        if name != "__version__":
            assert value.__doc__, name
            assert name in dir(lsmooth)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'lsmooth' has no attribute 'smoothe'"):
        _ = lsmooth.smoothe


# Metadata


def project() -> dict[str, object]:
    with ROOT.joinpath("pyproject.toml").open("rb") as file:
        table: dict[str, object] = tomllib.load(file)["project"]
    return table


def test_the_version_is_told_once_and_the_same() -> None:
    assert project()["version"] == lsmooth.__version__


def test_the_core_needs_numpy_rich_and_typer_below_its_slow_version() -> None:
    dependencies = project()["dependencies"]
    assert isinstance(dependencies, list)
    assert sorted(re.split(r"[<>=!~ ]", text)[0] for text in dependencies) == ["numpy", "rich", "typer"]
    assert "typer>=0.27.3,<0.29" in dependencies


def test_the_package_is_typed() -> None:
    assert PACKAGE.joinpath("py.typed").exists()
