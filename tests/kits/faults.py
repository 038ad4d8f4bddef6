"""What the tests of faults and load share: processes of the program, limits on them, small disks."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from _pytest.mark import ParameterSet
from conftest import Result
from kits.processes import MEASURE, RUN, python

#: The long form: every case, and as many rounds and rows as the promises name.
LONG = bool(os.environ.get("LSMOOTH_LONG"))
long_only = pytest.mark.skipif(not LONG, reason="LSMOOTH_LONG=1 runs it")
AS_ROOT = os.geteuid() == 0
#: Whoever starts the tests may ignore SIGINT; a person who starts lsmooth does not.
HEEDING = "import os, resource, signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
#: A hidden name with 96 bits that nobody can guess.
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{24}\.tmp")
MEGABYTE = 1 << 20


def late(*values: object) -> ParameterSet:
    """Return a case of the long form."""
    return pytest.param(*values, marks=long_only)


def mostly_late(cases: Sequence[object], *now: int) -> list[object]:
    """Return cases of which those at some places are run at once, the others in the long form."""
    return [case if place in now else late(case) for place, case in enumerate(cases)]


def limit(name: str, value: int) -> str:
    """Return code that limits a process before the program starts in it."""
    return f"resource.setrlimit(resource.{name}, ({value}, {value}))\n"


def command(*arguments: object, prelude: str = "") -> list[str]:
    """Return how the program is started, after a prelude of Python."""
    return python(HEEDING + prelude + RUN, *arguments)


def start(
    folder: Path,
    *arguments: object,
    prelude: str = "",
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start the program in a folder."""
    environment = os.environ | {"NO_COLOR": "1"}
    return subprocess.Popen(
        command(*arguments, prelude=prelude),
        cwd=folder,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


def finish(process: subprocess.Popen[bytes], data: bytes | None = None) -> Result:
    """Wait for a run; a hang is an error."""
    try:
        out, err = process.communicate(data, timeout=300)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Result(process.returncode, (out or b"").decode("utf-8", "replace"), (err or b"").decode())


def run(
    folder: Path,
    *arguments: object,
    prelude: str = "",
    data: bytes | None = None,
    stdout: int | IO[bytes] = subprocess.PIPE,
) -> Result:
    """Run the program in a folder to its end."""
    stdin = subprocess.DEVNULL if data is None else subprocess.PIPE
    return finish(start(folder, *arguments, prelude=prelude, stdin=stdin, stdout=stdout), data)


def in_shell(folder: Path, line: str, *arguments: object) -> Result:
    """Run the program in a shell, as `"$@"`."""
    done = subprocess.run(
        ["sh", "-c", line, "sh", *command(*arguments)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=300,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def peak(folder: Path, *arguments: object, producer: str | None = None, prelude: str = "") -> float:
    """Run to /dev/null and return the most memory in MB; `producer` is Python that writes standard input."""
    measured = python(MEASURE, *command(*arguments, prelude=prelude)[1:])
    with contextlib.ExitStack() as stack:
        stdin: int | IO[bytes] = subprocess.DEVNULL
        if producer is not None:
            made = subprocess.Popen([sys.executable, "-c", producer], stdout=subprocess.PIPE)
            stack.enter_context(made)
            assert made.stdout is not None
            stdin = made.stdout
        done = subprocess.run(
            measured,
            cwd=folder,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            timeout=1800 if LONG else 300,
        )
    assert done.returncode == 0, done.stderr.decode()
    return float(done.stderr.split()[-1])


def refused(result: Result, *words: str) -> None:
    """Check that a run ended with an error line that has some words, and without a traceback."""
    assert result.code == 1, (result.code, result.err)
    assert result.err.startswith("error: "), result.err
    assert "Traceback" not in result.err
    for word in words:
        assert word in result.err, result.err


def hidden(folder: Path) -> list[Path]:
    """Return the files that runs have left behind."""
    return sorted(path for path in folder.iterdir() if path.name.startswith("."))


def wait_for(what: Callable[[], object], process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until something holds, or the process has ended."""
    for _ in range(60_000):
        if what() or (process is not None and process.poll() is not None):
            return
        time.sleep(0.001)
    raise AssertionError("waited for a minute")


def temporaries(folder: Path, *, filled: bool = False) -> list[Path]:
    """Return the files that runs are writing at the moment."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for path in folder.glob(".*.tmp"):
            with contextlib.suppress(FileNotFoundError):
                if not filled or path.stat().st_size:
                    found.append(path)
    return found


@contextlib.contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """Mount a small disk in memory; skip where that may not be."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", options, "lsmooth-tests", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"a disk may not be mounted here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """Make a folder one that even root may not write to; skip where that cannot be."""
    folder.mkdir(exist_ok=True)
    if not AS_ROOT:
        folder.chmod(0o555)
        try:
            yield folder
        finally:
            folder.chmod(0o755)
        return
    try:
        done = subprocess.run(["chattr", "+i", str(folder)], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("root may write everywhere, and there is no chattr here")
    if done.returncode:
        pytest.skip(f"root may write everywhere here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["chattr", "-i", str(folder)], check=True)


def save_rows(path: Path, rows: int, classes: int = 10) -> None:
    """Save rows of probabilities, which are slow to write as text."""
    values = np.random.default_rng(7).random((rows, classes))
    np.save(path, values / values.sum(axis=1, keepdims=True))


def save_predictions(path: Path, rows: int, classes: int = 10) -> None:
    """Save logits."""
    np.save(path, np.random.default_rng(8).standard_normal((rows, classes), np.float32))


def save_labels(path: Path, rows: int, classes: int = 10) -> None:
    """Save class indices, as NPY or text by the suffix."""
    labels = np.random.default_rng(9).integers(0, classes, rows, np.uint8)
    labels[:classes] = np.arange(classes)
    if path.suffix == ".npy":
        np.save(path, labels)
    else:
        block = np.full((rows, 2), ord("\n"), np.uint8)
        block[:, 0] = labels + ord("0")
        path.write_bytes(block.tobytes())


SIGNALS = {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129}
