"""One run of a program: seconds and peak memory; and two programs in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class FailedError(Exception):
    """A program did not do its work."""


@dataclass(frozen=True)
class Command:
    """A program to be timed.

    Attributes:
        arguments: the program and its arguments.
        output: the file that it writes, removed after each run.
        tells: it prints the seconds of its work, imports and start not counted, as its last line.
        start: a program whose time is subtracted: the same on a few rows.
        environment: variables besides those that are set.
    """

    arguments: Sequence[str]
    output: Path | None = None
    tells: bool = False
    start: Command | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """What a run took: seconds, and bytes of memory at the peak."""

    seconds: float
    memory: int


def run(command: Command) -> Run:
    """Run a program once.

    The peak is what the kernel accounts to the process (ru_maxrss); a child starts with the size of its
    parent, so this process stays small: it imports no numpy.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=os.environ | command.environment,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            said = err.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
            hint = next((line for line in said if "rror" in line), said[-1])
            raise FailedError(f"exit code {process.returncode}: {hint}")
        if command.tells:
            seconds = float(out.read().decode().split()[-1])
    if command.output is not None:
        command.output.unlink(missing_ok=True)
    return Run(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def median(runs: Sequence[Run], start: Sequence[Run] = ()) -> Run:
    """Return the median time less that of the start, and the largest memory."""
    seconds = statistics.median(one.seconds for one in runs)
    if start:
        seconds -= statistics.median(one.seconds for one in start)
    return Run(seconds, max(one.memory for one in runs))


def side_by_side(ours: Command, peer: Command, times: int) -> tuple[Run, Run]:
    """Run two programs in turn, after one run of each that is not counted; return their medians."""
    sides = (ours, peer)
    counted: tuple[list[Run], list[Run]] = ([], [])
    starts: tuple[list[Run], list[Run]] = ([], [])
    for turn in range(times + 1):
        for side, command in enumerate(sides):
            done = run(command)
            if turn:
                counted[side].append(done)
                if command.start is not None:
                    starts[side].append(run(command.start))
    return median(counted[0], starts[0]), median(counted[1], starts[1])
