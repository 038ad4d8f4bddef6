"""Terminals, and progress."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Sequence

import numpy as np
import pytest
from conftest import Work
from kits.processes import IMPATIENT, PLAIN, RUN, on_terminal, python
from kits.shells import LABELS, MANY, SOFT

import lsmooth

COLOR = re.compile(r"\x1b\[[0-9;]*[349][0-9]")

# Terminals


@pytest.mark.parametrize("flags", [(), ("-",), ("-k", "3")])
def test_stdin_on_a_terminal_is_a_usage_error_with_an_example(work: Work, flags: Sequence[str]) -> None:
    _, result = on_terminal(PLAIN, "smooth", *flags, streams=["stdin"])
    assert result.code == 2
    assert result.err == (
        "error: no file is named, and standard input is a terminal\n\n"
        "hint: lsmooth smooth labels.csv -e 0.1 -o soft.npy\n"
    )
    assert work.files() == []


def test_stdin_on_a_terminal_beside_a_file_is_a_usage_error(work: Work) -> None:
    work.write("labels.csv", LABELS)
    ours, theirs = pty.openpty()
    os.write(ours, b"\x04" * 100)  # ends the input of whoever reads nevertheless
    command = python(PLAIN, "smooth", "-k", 3, "labels.csv", "-")
    done = subprocess.run(command, stdin=theirs, capture_output=True, check=False, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2


def test_npy_is_not_written_to_a_terminal(work: Work) -> None:
    work.write("labels.csv", LABELS)
    shown, result = on_terminal(PLAIN, "smooth", "labels.csv", "--to", "npy", streams=["stdout"])
    assert (result.code, shown) == (1, "")
    assert result.err == (
        "error: NPY is binary and is not written to a terminal\n\nhint: pass -o FILE.npy, or --to csv\n"
    )


def test_targets_are_written_to_a_terminal_as_to_a_pipe(work: Work) -> None:
    work.write("labels.csv", LABELS)
    shown, _ = on_terminal(PLAIN, "smooth", "labels.csv", "--color", "always", streams=["stdout"])
    assert shown.replace("\r\n", "\n") == SOFT


@pytest.mark.parametrize(
    ("flags", "environment", "colored"),
    [
        ((), {}, True),
        (("--color", "auto"), {}, True),
        (("--color", "never"), {}, False),
        (("--color=never",), {}, False),
        ((), {"NO_COLOR": "1"}, False),
        ((), {"NO_COLOR": ""}, True),
        ((), {"TERM": "dumb"}, False),
        (("--color", "always"), {"NO_COLOR": "1", "TERM": "dumb"}, True),
    ],
)
@pytest.mark.parametrize("file", ["labels.csv", "missing.csv"])
def test_messages_on_a_terminal_are_coloured(
    work: Work, flags: Sequence[str], environment: dict[str, str], colored: bool, file: str
) -> None:
    work.write("labels.csv", LABELS)
    shown, _ = on_terminal(PLAIN, "smooth", file, *flags, **environment)
    assert bool(COLOR.search(shown)) == colored, shown
    assert ("\x1b" in shown) == colored
    label = "wrote:" if file == "labels.csv" else "error:"
    assert label in shown


@pytest.mark.parametrize(("flags", "colored"), [((), False), (("--color", "always"), True)])
@pytest.mark.parametrize("wrong", [("missing.csv",), ("labels.csv", "-e", "7"), ("labels.csv", "--bad")])
def test_messages_in_a_pipe_are_coloured_when_asked_for(
    work: Work, flags: Sequence[str], colored: bool, wrong: Sequence[str]
) -> None:
    work.write("labels.csv", LABELS)
    _, result = on_terminal(PLAIN, "smooth", *wrong, *flags, streams=[])
    assert ("\x1b" in result.err) == colored


def test_no_colour_is_needed_to_tell_an_error(work: Work) -> None:
    result = work.run("smooth", "missing.csv")
    assert result.err.startswith("error: ")
    assert "\n\nhint: " in result.err


@pytest.mark.parametrize(
    ("flags", "environment", "streams", "colored"),
    [
        ((), {}, ["stdout"], True),
        ((), {"NO_COLOR": "1"}, ["stdout"], False),
        ((), {"TERM": "dumb"}, ["stdout"], False),
        ((), {}, [], False),
        pytest.param(*(("--color", "never"), {}, ["stdout"], False)),
        pytest.param(*(("--color", "always"), {}, [], True)),
    ],
)
def test_help_is_coloured_by_the_same_rules(
    flags: Sequence[str], environment: dict[str, str], streams: Sequence[str], colored: bool
) -> None:
    shown, result = on_terminal(PLAIN, "smooth", *flags, "--help", streams=streams, **environment)
    text = shown + result.out
    assert "Usage:" in text
    assert bool(COLOR.search(text)) == colored


def test_quiet_hides_the_summary(work: Work) -> None:
    work.write("labels.csv", LABELS)
    shown, result = on_terminal(IMPATIENT, "smooth", "labels.csv", "-q")
    assert (result.code, result.out, shown) == (0, SOFT, "")


def test_quiet_never_hides_warnings_or_errors(work: Work) -> None:
    work.write("labels.csv", "1\n2\n")
    flags = ["--spread", "others", "-e", "0.9"]
    assert "warning: " in on_terminal(PLAIN, "smooth", "labels.csv", "-q", *flags, TERM="dumb")[0]
    assert "error: " in on_terminal(PLAIN, "smooth", "missing.csv", "-q", TERM="dumb")[0]


def test_progress_shows_rows_and_ends_with_the_summary_alone(work: Work) -> None:
    work.write("labels.csv", MANY)
    shown, result = on_terminal(IMPATIENT, "smooth", "labels.csv", "-o", "soft.npy")
    assert result.code == 0
    assert "counting" in shown
    assert "writing" in shown
    assert " rows" in shown
    last = shown.rpartition("\x1b[2K")[2]
    assert re.fullmatch(r"\x1b\[32m\x1b\[1mwrote:\x1b\[0m soft\.npy [^\n]*\r\n", last)


@pytest.mark.parametrize(
    ("flags", "environment", "streams"),
    [
        (("-q",), {}, ["stderr"]),
        ((), {"TERM": "dumb"}, ["stderr"]),
        ((), {}, ["stdout"]),
        (("--color", "always"), {}, []),
    ],
)
def test_progress_is_for_people_on_terminals(
    work: Work, flags: Sequence[str], environment: dict[str, str], streams: Sequence[str]
) -> None:
    work.write("labels.csv", MANY)
    shown, result = on_terminal(
        IMPATIENT, "smooth", "labels.csv", "-o", "soft.npy", *flags, streams=streams, **environment
    )
    assert result.code == 0
    assert "\x1b[2K" not in shown + result.err
    assert "counting" not in shown + result.err


@pytest.mark.parametrize(("flag", "environment"), [("never", {}), ("auto", {"NO_COLOR": "1"})])
def test_progress_without_colour_has_none(work: Work, flag: str, environment: dict[str, str]) -> None:
    work.write("labels.csv", MANY)
    shown, _ = on_terminal(
        IMPATIENT, "smooth", "labels.csv", "-o", "soft.npy", "--color", flag, **environment
    )
    assert "writing" in shown
    assert not COLOR.search(shown)


def test_short_work_shows_no_progress(work: Work) -> None:
    work.write("labels.csv", LABELS)
    shown, _ = on_terminal(
        f"import sys\nimport lsmooth.cli.console as console\nconsole.PATIENCE = 1e9\n{RUN}",
        *("smooth", "labels.csv", "-o", "soft.npy"),
    )
    assert "counting" not in shown
    assert shown.count("\n") == 1


def test_a_failure_in_mid_progress_gives_the_cursor_back(work: Work) -> None:
    work.write("labels.csv", MANY + "9\n")
    shown, result = on_terminal(IMPATIENT, "smooth", "labels.csv", "-k", 3, "-o", "soft.npy")
    assert result.code == 1
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1
    assert "labels.csv:300001: " in shown.rpartition("\x1b[?25h")[2]


# What progress is told


@pytest.mark.parametrize(
    "files",
    [
        ["a.csv"],
        ["a.csv.xz"],
        pytest.param(["a.npy"]),
        pytest.param(["a.csv", "b.csv"]),
    ],
)
def test_progress_goes_from_none_to_all_of_the_bytes(work: Work, files: list[str]) -> None:
    import lzma

    for name in files:
        if name.endswith("npy"):
            np.save(name, np.arange(300_000) % 3)
        else:
            work.write(name, lzma.compress(MANY.encode()) if name.endswith("xz") else MANY)
    sizes = [work.folder.joinpath(name).stat().st_size for name in files]
    told: dict[str, list[tuple[int, int]]] = {}

    def progress(step: str, rows: int, taken: int, total: int | None) -> None:
        assert total == sum(sizes)
        told.setdefault(step, []).append((rows, taken))

    lsmooth.smooth_file(files, "soft.npy", progress=progress)
    assert list(told) == ["counting", "writing"]
    for steps in told.values():
        rows, taken = zip(*steps, strict=True)
        assert list(rows) == sorted(rows)
        assert list(taken) == sorted(taken)
        assert (rows[-1], taken[-1]) == (300_000 * len(files), sum(sizes))
        within_first = [bytes_ for row, bytes_ in steps if row <= 300_000]
        assert max(within_first) <= sizes[0]
