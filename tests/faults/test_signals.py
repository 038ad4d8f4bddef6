"""A signal at the wrong moment, twice, or while Python tidies up."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
from conftest import Work
from kits.faults import (
    finish,
    hidden,
    late,
    run,
    start,
    temporaries,
    wait_for,
)
from kits.streams import LABELS

import lsmooth
import lsmooth.files.sink


def test_a_signal_while_the_end_is_written_leaves_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every system call of the end in turn; in process, for no clock hits each of them."""
    work.write("labels.csv", LABELS)
    before = work.ok("smooth", "labels.csv")
    for name in ("fsync", "fchmod", "link", "umask"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, interrupted)
            result = work.run("smooth", "labels.csv", "-o", "soft.csv")
        assert result.code == 130, name
        assert not hidden(work.folder), name
        if "soft.csv" in work.files():
            assert work.read("soft.csv") == before
            work.folder.joinpath("soft.csv").unlink()


def interrupted(*_: object, **__: object) -> NoReturn:
    raise KeyboardInterrupt


def test_a_second_signal_while_the_first_is_cleaned_up_leaves_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS + "9\n")
    monkeypatch.setattr(lsmooth.files.sink, "compressed", InterruptedAtClose)
    result = work.run("smooth", "labels.csv", "-k", 3, "-o", "soft.csv")
    assert result.code == 130
    assert work.files() == ["labels.csv"]


class InterruptedAtClose:
    """A stream whose first `close` is when the signal comes."""

    def __init__(self, raw: Any, _: object) -> None:
        self._raw = raw
        self._struck = False

    def write(self, data: bytes) -> int:
        written: int = self._raw.write(data)
        return written

    def close(self) -> None:
        if not self._struck:
            self._struck = True
            raise KeyboardInterrupt


#: Does something in a finalizer, out of which no exception comes.
FINALIZER = """
from lsmooth.cli.console import Console
from lsmooth.files.source import Source
class Finalized:
    def __del__(self):
        {strike}
        for _ in range(1000):
            str()
real = {method}
def striking(*given):
    Finalized()
    return real(*given)
{method} = striking
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_within_a_finalizer_ends_the_run(tmp_path: Path, number: signal.Signals) -> None:
    """Python drops what is raised there, and the next signal would not be heeded."""
    prelude = FINALIZER.format(strike=f"os.kill(os.getpid(), {int(number)})", method="Source.open")
    process = start(tmp_path, "smooth", "-k", 3, "-o", "a.csv", prelude=prelude, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LABELS.encode())
    process.stdin.flush()
    wait_for(lambda: process.poll() is not None)
    result = finish(process)
    assert (result.code, result.out, result.err) == (128 + number, "", "")
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("_turn", range(5))
def test_a_signal_within_the_last_finalizer_changes_nothing_or_ends_the_run(
    tmp_path: Path, _turn: int
) -> None:
    """It is raised again a moment later, when the run may be over."""
    strike = f"os.kill(os.getpid(), {int(signal.SIGTERM)})"
    prelude = FINALIZER.format(strike=strike, method="Console.summary")
    result = run(tmp_path, "smooth", "-k", 3, "-o", "a.csv", prelude=prelude, data=LABELS.encode())
    assert result.code in {0, 143}


def test_what_else_goes_wrong_in_a_finalizer_is_told(tmp_path: Path) -> None:
    prelude = FINALIZER.format(strike="raise ValueError('told')", method="Source.open")
    result = run(tmp_path, "smooth", "-k", 3, "-o", "a.csv", prelude=prelude, data=LABELS.encode())
    assert result.code == 0
    assert "ValueError: told" in result.err


@pytest.mark.parametrize("number", [signal.SIGHUP, late(signal.SIGTERM), late(signal.SIGINT)])
def test_a_signal_that_is_ignored_from_the_start_stays_ignored(
    tmp_path: Path, number: signal.Signals
) -> None:
    """As `nohup` has it for SIGHUP, and a shell for SIGINT in the background."""
    ignoring = f"signal.signal({int(number)}, signal.SIG_IGN)\n"
    flags = ("smooth", "-k", 3, "-o", "soft.csv")
    process = start(tmp_path, *flags, prelude=ignoring, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LABELS.encode() * 100_000)
    process.stdin.flush()
    wait_for(lambda: temporaries(tmp_path), process)
    process.send_signal(number)
    result = finish(process, LABELS.encode())
    assert result.code == 0, result.err
    assert len((tmp_path / "soft.csv").read_bytes().splitlines()) == 300_003


def test_signals_by_the_dozen_leave_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, "smooth", "-k", 3, "-o", "soft.csv.gz", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LABELS.encode() * 100_000)
    process.stdin.flush()
    wait_for(lambda: temporaries(tmp_path), process)
    for turn in range(12):
        process.send_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[turn % 3])
    result = finish(process)
    assert result.code in {129, 130, 143, -signal.SIGHUP, -signal.SIGTERM, -signal.SIGINT}
    assert (result.out, result.err) == ("", "")
    assert hidden(tmp_path) == []
