"""The README is true: every `$` line is run, and what it prints is what stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import DATA

README = (Path(__file__).parent.parent / "README.md").read_text()


def sessions() -> list[str]:
    return re.findall(r"```console\n(.*?)```", README, re.DOTALL)


def commands(session: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


@pytest.mark.parametrize("session", sessions(), ids=lambda session: session.split("\n")[0][2:40])
def test_a_session_prints_what_the_readme_shows(session: str, tmp_path: Path) -> None:
    shutil.copy(DATA / "iris.csv", tmp_path)
    bin_folder = tmp_path / ".bin"
    bin_folder.mkdir()
    for name, words in {"lsmooth": "-m lsmooth", "python3": ""}.items():
        (bin_folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        (bin_folder / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "NO_COLOR": "1"}
    for command, output in commands(session):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.stdout.decode() == output, command


def test_the_python_examples_run(work: object) -> None:
    del work
    Path("labels.csv").write_text("label\n0\n1\n")
    Path("logits.csv").write_text("2,1\n0,3\n")
    (example,) = re.findall(r"^## As a library\n\n```python\n(.*?)```", README, re.DOTALL | re.MULTILINE)
    exec(example, {})


def test_every_promise_has_its_tests() -> None:
    (table,) = re.findall(r"^\| promise (.*?)^What does not hold", README, re.DOTALL | re.MULTILINE)
    named = re.findall(r"`((?:\w+/)?(?:test_\w+\.py)?)(?:::(\w+))?`", table)
    assert len(named) >= 25
    for file, test in named:
        assert not test or f"def {test}(" in (Path(__file__).parent / file).read_text(), test
        assert (Path(__file__).parent / file).exists(), file


def test_ci_runs_the_command_that_the_readme_shows() -> None:
    script = (Path(__file__).parent.parent / ".ci" / "run").read_text()
    assert "README.md" in script
    (shown,) = re.findall(r"^python3 -m venv .*pytest.*$", README, re.MULTILINE)
    assert "pytest" not in script.replace(".*pytest", "")
    assert shown.startswith("python3 -m venv .venv && ")
