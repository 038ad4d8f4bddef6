"""Closed pipes and descriptors."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from conftest import Result, Spawn, Work
from kits.shells import LABELS, MANY, SOFT, shell


def without_reader(spawn: Spawn, stream: str, *arguments: object) -> Result:
    """Run with a stdout or stderr whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    process = spawn(*arguments, **{stream: writer})
    os.close(writer)
    out, err = process.communicate()
    return Result(process.returncode, (out or b"").decode(), (err or b"").decode())


# A closed pipe


@pytest.mark.parametrize("to", ["csv", "tsv", "npy"])
def test_a_reader_that_has_had_enough_is_no_error(work: Work, spawn: Spawn, to: str) -> None:
    work.write("labels.csv", MANY)
    process = spawn("smooth", "labels.csv", "--to", to)
    assert process.stdout is not None
    assert process.stdout.read(20)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_head_gets_its_line_and_the_pipeline_succeeds(work: Work) -> None:
    work.write("labels.csv", MANY)
    line = '{ "$@"; echo $? >&2; } | head -n 1'
    result = shell(line, "smooth", "labels.csv")
    assert result.out == SOFT.splitlines(keepends=True)[0]
    assert result.err == "0\n"


def test_a_pipe_without_a_reader_from_the_start_is_no_error(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    result = without_reader(spawn, "stdout", "smooth", "labels.csv")
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize(
    "arguments", [("--help",), ("smooth", "--help"), ("--version",), ("--show-completion", "bash")]
)
def test_what_is_not_data_may_lose_its_reader_too(spawn: Spawn, arguments: Sequence[str]) -> None:
    result = without_reader(spawn, "stdout", *arguments)
    assert (result.code, result.err) == (0, "")


# A stderr that takes nothing


@pytest.mark.parametrize(("flags", "code"), [(("missing.csv",), 1), (("labels.csv", "-e", "7"), 2)])
def test_an_error_stays_one_when_nobody_reads_it(
    work: Work, spawn: Spawn, flags: Sequence[str], code: int
) -> None:
    work.write("labels.csv", LABELS)
    assert without_reader(spawn, "stderr", "smooth", *flags).code == code


def test_success_stays_one_when_nobody_reads_the_summary(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    result = without_reader(spawn, "stderr", "smooth", "labels.csv")
    assert (result.code, result.out) == (0, SOFT)


@pytest.mark.parametrize("end", ["2>&-", "2>/dev/full"])
def test_success_needs_no_stderr(work: Work, end: str) -> None:
    work.write("labels.csv", LABELS)
    result = shell(f'"$@" {end}', "smooth", "labels.csv")
    assert (result.code, result.out) == (0, SOFT)


@pytest.mark.parametrize(
    ("end", "flags", "code"),
    [
        ("2>&-", ("missing.csv",), 1),
        ("2>&-", ("labels.csv", "-e", "7"), 2),
        ("2>/dev/full", ("missing.csv",), 1),
        pytest.param(*("2>/dev/full", ("labels.csv", "-e", "7"), 2)),
    ],
)
def test_exit_codes_need_no_stderr(work: Work, end: str, flags: Sequence[str], code: int) -> None:
    work.write("labels.csv", LABELS)
    result = shell(f'"$@" {end}', "smooth", *flags)
    assert (result.code, result.out) == (code, "")


# Descriptors closed from the start


def test_a_stdout_that_is_closed_from_the_start_is_an_error(work: Work) -> None:
    work.write("labels.csv", LABELS)
    result = shell('"$@" >&-', "smooth", "labels.csv")
    assert result.code == 1
    assert result.err == "error: standard output is closed\n\nhint: write to a file with --output\n"


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_and_version_need_a_stdout_too(flag: str) -> None:
    assert shell('"$@" >&-', flag).code == 1


def test_a_file_needs_no_stdout(work: Work) -> None:
    work.write("labels.csv", LABELS)
    assert shell('"$@" >&-', "smooth", "labels.csv", "-o", "soft.csv").code == 0
    assert work.read("soft.csv") == SOFT


def test_files_do_not_take_the_place_of_closed_descriptors(work: Work) -> None:
    work.write("labels.csv", LABELS)
    assert shell('"$@" <&- >&- 2>&-', "smooth", "labels.csv", "-o", "soft.csv").code == 0
    assert shell('"$@" <&- >&- 2>&-', "smooth", "labels.csv", "-k", 2, "-o", "bad.csv").code == 1
    assert work.read("labels.csv") == LABELS
    assert work.read("soft.csv") == SOFT
    assert work.files() == ["labels.csv", "soft.csv"]


def test_a_closed_stdin_is_an_error(work: Work) -> None:
    result = shell('"$@" <&-', "smooth")
    assert result.code == 1
    assert result.err == "error: standard input is closed\n\nhint: name a file\n"
    assert work.files() == []


def test_a_stdin_that_may_only_be_written_is_an_error(work: Work, spawn: Spawn) -> None:
    with work.write("there.csv", "").open("ab") as end:
        _, error = spawn("smooth", "-k", "3", stdin=end).communicate()
    assert error.startswith(b"error: cannot read stdin: ")
    assert b"Traceback" not in error


@pytest.mark.parametrize("flags", [(), ("-k", "3")])
def test_an_empty_stdin_is_an_error(spawn: Spawn, flags: Sequence[str]) -> None:
    process = spawn("smooth", *flags)
    out, error = process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert error.startswith(b"error: stdin")
