"""A scratch folder, and two ways to run the program in it: in this process, and as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lsmooth.cli import main

#: Run by themselves: `python -m tests.benchmarks`.
collect_ignore = ["benchmarks"]

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Result:
    """What a run left: exit code, standard output and standard error as text."""

    code: int
    out: str
    err: str


class Work:
    """A scratch folder that is the current folder."""

    def __init__(
        self, folder: Path, capture: pytest.CaptureFixture[bytes], patch: pytest.MonkeyPatch
    ) -> None:
        self.folder = folder
        self._capture = capture
        self._patch = patch

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file; text goes out as UTF-8 with its line ends as they are."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, name: str) -> str:
        """Read a file as text, its line ends as they are."""
        return (self.folder / name).read_bytes().decode()

    def files(self) -> list[str]:
        """The names of all files, hidden ones too."""
        return sorted(path.name for path in self.folder.iterdir())

    def run(self, *arguments: object, stdin: str | bytes = b"") -> Result:
        """Run lsmooth in this process; standard input is a regular file."""
        source = self.folder.parent / f"{self.folder.name}.stdin"
        source.write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        with source.open() as handle:
            self._patch.setattr(sys, "stdin", handle)
            self._patch.setattr(sys, "unraisablehook", sys.unraisablehook)
            self._patch.setattr(sys, "argv", ["lsmooth", *map(str, arguments)])
            self._capture.readouterr()
            code = main()
        out, err = self._capture.readouterr()
        return Result(code, out.decode(), err.decode())

    def ok(self, *arguments: object, stdin: str | bytes = b"") -> str:
        """Run, expect success, and return standard output."""
        result = self.run(*arguments, stdin=stdin)
        assert result.code == 0, result.err
        return result.out

    def refused(self, *arguments: object, code: int = 1, stdin: str | bytes = b"") -> str:
        """Run, expect a refusal that leaves no output, and return standard error."""
        before = self.files()
        result = self.run(*arguments, stdin=stdin)
        assert result.code == code, result.err or result.out
        assert result.err.startswith("error: ")
        assert self.files() == before
        return result.err


@pytest.fixture
def work(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Work:
    """A scratch folder with `run`."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NO_COLOR", "1")
    return Work(folder, capfdbinary, monkeypatch)


Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def spawn(work: Work) -> Spawn:
    """Start lsmooth as a process of its own in the scratch folder."""

    def start(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "lsmooth", *map(str, arguments)]
        settings: dict[str, object] = {"cwd": work.folder, "stdin": subprocess.DEVNULL}
        settings |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(command, **settings)  # type: ignore[call-overload,no-any-return]

    return start


def pytest_addoption(parser: pytest.Parser) -> None:
    """Give the tests their own flag."""
    parser.addoption("--refill-screens", action="store_true", help="write the screens of explain anew")
