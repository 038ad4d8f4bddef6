"""Completions: the files are what the program gives, work in a real shell, and are in the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import lsmooth

ROOT = Path(__file__).parent.parent
FILES = {
    "bash": "lsmooth.bash",
    "zsh": "_lsmooth",
    "fish": "lsmooth.fish",
    "powershell": "_lsmooth.ps1",
}
INSTALLED = {
    "share/bash-completion/completions/lsmooth": "lsmooth.bash",
    "share/zsh/site-functions/_lsmooth": "_lsmooth",
    "share/fish/vendor_completions.d/lsmooth.fish": "lsmooth.fish",
}


def shown(shell: str) -> str:
    """What the program says to install in a shell."""
    code = "import sys; sys.argv[0] = 'lsmooth'; from lsmooth.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "--show-completion", shell],
        env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("shell", FILES)
def test_the_files_are_what_the_program_gives(shell: str) -> None:
    file = ROOT / "completions" / FILES[shell]
    assert file.read_text(encoding="utf-8") == shown(shell), (
        f"lsmooth --show-completion {shell} > {file.name}"
    )


def test_there_is_no_other_file() -> None:
    assert sorted(path.name for path in ROOT.joinpath("completions").iterdir()) == sorted(FILES.values())


def test_the_first_line_of_the_zsh_file_is_its_tag() -> None:
    text = ROOT.joinpath("completions", "_lsmooth").read_text(encoding="utf-8")
    assert text.startswith("#compdef lsmooth\n")


# In a shell


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with an `lsmooth` that runs this package."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "lsmooth"
    script.write_text(
        f"#!{sys.executable}\nimport sys\nfrom lsmooth.cli import main\nsys.exit(main())\n", encoding="utf-8"
    )
    script.chmod(0o755)
    return folder


BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
complete -p lsmooth >&2
_lsmooth_completion lsmooth
for word in "${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done
"""


def complete(program: Path, *words: str) -> list[str]:
    """Press TAB after these words in a real bash."""
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", str(ROOT / "completions" / "lsmooth.bash"), *words],
        env=os.environ | {"PATH": f"{program}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == "complete -o default -F _lsmooth_completion lsmooth\n"
    return done.stdout.splitlines()


in_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@in_bash
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["lsmooth", "smo"], ["smooth"]),
        (["lsmooth", "smooth", "--sp"], ["--spread"]),
        (["lsmooth", "smooth", "--names-"], ["--names-out"]),
        (["lsmooth", "smooth", "--spread", ""], ["all", "others", "half", "flip"]),
        (["lsmooth", "smooth", "--spread", "o"], ["others"]),
        (["lsmooth", "smooth", "--to", "n"], ["npy"]),
        (["lsmooth", "smooth", "labels.csv", "--color", ""], ["auto", "always", "never"]),
        (["lsmooth", "smooth", "--dtype", "float"], ["float16", "float32", "float64"]),
        (["lsmooth", "smooth", "--ignored", "d"], ["drop"]),
        (["lsmooth", "smooth", "--labels", "m"], ["multilabel"]),
    ],
    ids=lambda value: " ".join(value[1:]),
)
def test_a_tab_in_bash_completes(program: Path, words: list[str], wanted: list[str]) -> None:
    assert complete(program, *words) == wanted


@in_bash
@pytest.mark.parametrize("words", [["lsmooth", "smooth", "lab"], ["lsmooth", "smooth", "-o", "so"]])
def test_a_tab_in_bash_leaves_files_to_bash(program: Path, words: list[str]) -> None:
    """With no words of its own, `complete -o default` offers files."""
    assert complete(program, *words) == []


@in_bash
def test_a_tab_in_bash_knows_every_flag(program: Path) -> None:
    flags = complete(program, "lsmooth", "smooth", "--")
    assert {"--column", "--header", "--no-header", "--epsilon", "--output", "--dry-run", "--help"} <= set(
        flags
    )


@pytest.mark.parametrize(
    ("shell", "check"), [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])]
)
def test_the_shell_can_parse_its_file(shell: str, check: list[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    subprocess.run([*check, str(ROOT / "completions" / FILES[shell])], check=True)


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel as it would be published."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.Path(path)


def names(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.Path) -> None:
    package = {
        str(path.relative_to(ROOT))
        for path in ROOT.joinpath("lsmooth").rglob("*")
        if path.suffix == ".py" or path.name == "py.typed"
    }
    assert {name for name in names(wheel) if ".dist-info/" not in name and ".data/" not in name} == package


def test_the_wheel_is_typed(wheel: zipfile.Path) -> None:
    assert "lsmooth/py.typed" in names(wheel)


def test_the_wheel_holds_no_tests(wheel: zipfile.Path) -> None:
    assert not [name for name in names(wheel) if "test" in name or "conftest" in name]


@pytest.mark.parametrize("place", INSTALLED)
def test_the_wheel_installs_the_completions(wheel: zipfile.Path, place: str) -> None:
    inside = f"lsmooth-{lsmooth.__version__}.data/data/{place}"
    assert inside in names(wheel)
    wanted = ROOT.joinpath("completions", INSTALLED[place]).read_bytes()
    assert wheel.root.read(inside) == wanted


def test_the_wheel_has_the_command_and_the_version(wheel: zipfile.Path) -> None:
    info = f"lsmooth-{lsmooth.__version__}.dist-info"
    assert "lsmooth = lsmooth.cli:main" in wheel.root.read(f"{info}/entry_points.txt").decode()
    metadata = wheel.root.read(f"{info}/METADATA").decode()
    assert f"\nVersion: {lsmooth.__version__}\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
