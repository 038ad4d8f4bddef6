"""Boundaries: who may import whom, what start-up may load, how large a module grows, what is documented."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import lsmooth
from lsmooth.cli.app import COMMANDS

PACKAGE = Path(lsmooth.__file__).parent
ROOT = PACKAGE.parent
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
TERMINAL = {"typer", "rich", "click", "shellingham"}
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


# What start-up loads


def loaded(code: str, **environment: str) -> tuple[int, set[str]]:
    """Run Python code; return its exit code and the top-level packages that it loaded."""
    script = (
        "import json, sys\n"
        "code = 0\n"
        "try:\n" + "".join(f"    {line}\n" for line in code.splitlines()) + "except SystemExit as error:\n"
        "    code = error.code or 0\n"
        "finally:\n"
        "    modules = sorted({name.partition('.')[0] for name in sys.modules})\n"
        "    sys.__stderr__.write('\\n' + json.dumps([code, modules]) + '\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    status, modules = json.loads(done.stderr.splitlines()[-1])
    return status, set(modules)


def starting(*arguments: str, **environment: str) -> tuple[int, set[str]]:
    """Run the command line; return its exit code and what it loaded."""
    argv = ["lsmooth", *arguments]
    return loaded(f"sys.argv = {argv!r}\nfrom lsmooth.cli import main\ncode = main()", **environment)


def test_importing_the_library_loads_no_numpy() -> None:
    code, modules = loaded("import lsmooth\nassert lsmooth.__version__\ndir(lsmooth)")
    assert code == 0
    assert not modules & {"numpy", "typer", "rich"}


def test_using_the_library_loads_no_terminal() -> None:
    code, modules = loaded("import lsmooth\nlsmooth.smooth([0, 1]); lsmooth.smooth_file")
    assert code == 0
    assert "numpy" in modules
    assert not modules & TERMINAL


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("smooth", "--help"), ("smooth", "-h"), ()])
def test_help_loads_no_numpy(arguments: tuple[str, ...]) -> None:
    code, modules = starting(*arguments)
    assert code == (0 if arguments else 2)
    assert "numpy" not in modules


def test_the_version_loads_neither_numpy_nor_rich() -> None:
    code, modules = starting("--version")
    assert code == 0
    assert not modules & {"numpy", "rich", "pydantic"}


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("smoothe",)])
def test_a_command_is_loaded_only_where_it_is_named(arguments: tuple[str, ...]) -> None:
    code = f"import sys; sys.argv = ['lsmooth', *{arguments!r}]; from lsmooth.cli import main; main();"
    code += " sys.exit(any(f'lsmooth.cli.{name}' in sys.modules for name in ('smooth', 'loss', 'explain')))"
    assert loaded(code)[0] == 0


def test_a_command_is_listed_with_what_it_says_of_itself() -> None:
    for name, what in COMMANDS.items():
        command = getattr(importlib.import_module(f"lsmooth.cli.{name}"), name)
        assert command.__doc__.splitlines()[0] == what


@pytest.mark.parametrize(
    "arguments",
    [
        ("smooth", "labels.csv", "-e", "2"),
        ("smooth", "labels.csv", "-e", "much"),
        ("smooth", "labels.csv", "-e", "0.1:0.3"),
        ("smooth", "labels.txt"),
        ("smooth", "labels.csv", "-o", "soft.parquet.gz"),
        ("smooth", "labels.csv", "--names", "a,b,a"),
        ("smooth", "labels.csv", "-k", "1", "--spread", "others"),
        ("smooth", "labels.csv", "--prior", "a=.2,a=.3"),
        ("smooth", "labels.csv", "--spread", "half", "--prior", "labels"),
        ("smooth", "labels.csv", "--spread", "sideways"),
        ("smooth", "labels.csv", "--no-such-flag"),
        ("smooth", "labels.csv", "-k", "many"),
        ("smoothe", "labels.csv"),
    ],
    ids=" ".join,
)
def test_a_usage_error_loads_neither_numpy_nor_rich(arguments: tuple[str, ...]) -> None:
    code, modules = starting(*arguments)
    assert code == 2
    assert not modules & {"numpy", "rich", "pydantic"}


@pytest.mark.parametrize("words", ["lsmooth ", "lsmooth smooth --sp", "lsmooth smooth --spread "])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_tab_loads_no_numpy(shell: str, words: str) -> None:
    environment = {
        "_LSMOOTH_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": words.rpartition(" ")[2],
    }
    code, modules = starting(**environment)
    assert code == 0
    assert not modules & {"numpy", "pydantic"}
    if shell == "bash":  # the others show the help of each word, which Typer lays out with Rich
        assert "rich" not in modules


def test_short_work_in_a_pipe_loads_no_rich(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("0\n1\n")
    code, modules = starting("smooth", str(labels))
    assert code == 0
    assert "numpy" in modules
    assert "rich" not in modules


# Documents


def flags_of(*command: str) -> set[str]:
    """The flags that a command's help shows."""
    done = subprocess.run(
        [sys.executable, "-m", "lsmooth", *command, "--help"],
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    table = "\n".join(line for line in done.stdout.splitlines() if line.startswith("│"))
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", re.sub(r"\(default:[^)]*\)", "", table)))


def test_the_help_shows_the_flags_of_the_design() -> None:
    wanted = (
        "--from --to --column --label-columns --keep --header --no-header --labels -k --classes --names"
        " --names-out --ignore --ignored -e --epsilon --spread --prior --exclude -o --output -f --force"
        " -n --dry-run --dtype --precision -q --quiet --color -h --help"
    )
    assert set(wanted.split()) <= flags_of("smooth")


@pytest.mark.parametrize("command", ["smooth", "loss"])
def test_every_flag_is_in_the_readme(command: str) -> None:
    readme = ROOT.joinpath("README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", readme))
    assert not flags_of(command) - documented


@pytest.mark.parametrize("command", [(), ("smooth",)])
def test_help_opens_with_examples(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lsmooth", *command, "--help"], capture_output=True, check=True, text=True
    )
    assert done.stdout.index("Examples") < done.stdout.index("─ Options")


def test_the_top_of_the_house_holds_what_the_design_draws() -> None:
    top = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    built = {"build", "dist", "lsmooth.egg-info"}
    assert top - built == {"pyproject.toml", "README.md", "lsmooth", "tests", "completions"}
