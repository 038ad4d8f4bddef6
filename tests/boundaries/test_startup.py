"""What start-up loads, and what documents say of it."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kits.modules import ROOT, TERMINAL

from lsmooth.cli.app import COMMANDS


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
