"""Real processes: pipes, signals, descriptors closed from the start, terminals, memory."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Result, Spawn, Work
from kits.processes import HEEDING, IMPATIENT, MEASURE, PLAIN, RUN, on_terminal, peak, python

import lsmooth

LABELS = "0\n1\n2\n"
SOFT = (
    "0.9333333333333333,0.03333333333333333,0.03333333333333333\n"
    "0.03333333333333333,0.9333333333333333,0.03333333333333333\n"
    "0.03333333333333333,0.03333333333333333,0.9333333333333333\n"
)
MANY = LABELS * 100_000
COLOR = re.compile(r"\x1b\[[0-9;]*[349][0-9]")
#: With few descriptors.
FRUGAL = f"import resource, sys\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n{RUN}"


def shell(line: str, *arguments: object) -> Result:
    """Run lsmooth in a shell, as `"$@"`."""
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "lsmooth", *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def run(code: str, *arguments: object) -> Result:
    done = subprocess.run(
        python(code, *arguments), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


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


# Standard input


def test_a_file_on_stdin_is_read_twice(work: Work, spawn: Spawn) -> None:
    with work.write("labels.csv", LABELS).open() as labels:
        process = spawn("smooth", stdin=labels)
        out, _ = process.communicate()
    assert (process.returncode, out.decode()) == (0, SOFT)


@pytest.mark.parametrize("flags", [(), ("-k", "3")])
def test_a_file_handed_over_in_the_middle_is_read_from_there(
    work: Work, spawn: Spawn, flags: Sequence[str]
) -> None:
    path = work.write("labels.csv", "nothing\nto\nsee\n" + LABELS)
    with path.open("rb", buffering=0) as labels:
        labels.seek(len("nothing\nto\nsee\n"))
        out, error = spawn("smooth", *flags, stdin=labels).communicate()
    assert out.decode() == SOFT, error


def test_the_shell_may_take_the_first_line(work: Work) -> None:
    work.write("labels.csv", "comment\n" + LABELS)
    result = shell('{ read -r line; "$@"; } < labels.csv', "smooth")
    assert result.out == SOFT, result.err


@pytest.mark.parametrize("flags", [(), ("-k", "3")])
def test_an_array_handed_over_in_the_middle_is_read_from_there(
    work: Work, spawn: Spawn, flags: Sequence[str]
) -> None:
    with work.folder.joinpath("labels.bin").open("w+b") as labels:
        labels.write(b"junk")
        np.save(labels, np.arange(3))
        labels.flush()
        os.lseek(labels.fileno(), 4, os.SEEK_SET)
        out, error = spawn("smooth", *flags, stdin=labels).communicate()
    assert out.decode() == SOFT, error


def test_a_pipe_without_classes_is_refused_with_the_flag_that_avoids_the_pass(spawn: Spawn) -> None:
    process = spawn("smooth", stdin=subprocess.PIPE)
    out, error = process.communicate(LABELS.encode())
    assert (process.returncode, out) == (1, b"")
    assert error.decode() == (
        "error: stdin can be read only once, so the classes must be given\n\nhint: pass --classes K\n"
    )


def test_a_pipe_of_names_without_names_is_refused_with_the_flag(spawn: Spawn) -> None:
    process = spawn("smooth", "--no-header", stdin=subprocess.PIPE)
    out, error = process.communicate(b"cat\ndog\n")
    assert (process.returncode, out) == (1, b"")
    assert error.endswith(b"\nhint: pass --names\n")


def test_a_pipe_with_the_prior_of_its_labels_is_refused_with_the_flag(spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", "--prior", "labels", stdin=subprocess.PIPE)
    out, error = process.communicate(LABELS.encode())
    assert (process.returncode, out) == (1, b"")
    assert error.startswith(b"error: stdin can be read only once, so the prior must be given\n")
    assert b"--prior" in error.partition(b"hint: ")[2]


def test_a_pipe_with_classes_is_read_once(spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", "-", stdin=subprocess.PIPE)
    out, error = process.communicate(MANY.encode())
    assert process.returncode == 0, error
    assert out.decode() == SOFT * 100_000


def test_a_pipe_that_trickles_is_waited_for(spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", stdin=subprocess.PIPE)
    assert process.stdin is not None
    for letter in LABELS:
        process.stdin.write(letter.encode())
        process.stdin.flush()
    out, _ = process.communicate()
    assert out.decode() == SOFT


def test_a_fifo_is_an_input_that_is_read_once(work: Work, spawn: Spawn) -> None:
    os.mkfifo(work.folder / "labels.csv")
    process = spawn("smooth", "labels.csv", "-k", "3")
    work.write("labels.csv", LABELS)
    out, _ = process.communicate()
    assert (process.returncode, out.decode()) == (0, SOFT)


# A file that changes between the passes


class Meddler:
    """A progress callback that does something to the inputs, once, while a step is at some row."""

    def __init__(self, step: str, rows: int) -> None:
        self._when = (step, rows)
        self._done = False

    def meddle(self) -> None:
        raise NotImplementedError

    def __call__(self, step: str, rows: int, taken: int, total: int | None) -> None:
        del taken, total
        if not self._done and step == self._when[0] and rows >= self._when[1]:
            self._done = True
            self.meddle()


class Append(Meddler):
    """One more label at the end."""

    def meddle(self) -> None:
        with Path("labels.csv").open("a") as labels:
            labels.write("5\n")


class Touch(Meddler):
    """The same size at another time."""

    def meddle(self) -> None:
        os.utime("labels.csv", (1, 1))


class Replace(Meddler):
    """Another file under the same name."""

    def meddle(self) -> None:
        Path("new.csv").write_text("1\n0\n2\n")
        Path("new.csv").replace("labels.csv")


class Truncate(Meddler):
    """Nothing left."""

    def meddle(self) -> None:
        os.truncate("labels.csv", 0)


@pytest.mark.parametrize("change", [Append, Touch, Truncate])
@pytest.mark.parametrize(("step", "classes"), [("counting", None), ("writing", None), ("writing", 6)])
def test_a_file_that_changes_while_it_is_read_is_an_error(
    work: Work, change: type[Meddler], step: str, classes: int | None
) -> None:
    work.write("labels.csv", LABELS)
    with pytest.raises(lsmooth.LsmoothError, match=r"^labels.csv has changed while it was being read$"):
        lsmooth.smooth_file("labels.csv", "soft.csv", classes=classes, progress=change(step, 3))
    assert work.files() == ["labels.csv"]


@pytest.mark.parametrize("step", ["counting", "writing"])
def test_a_file_replaced_by_another_is_still_read_whole(work: Work, step: str) -> None:
    """One input's descriptor stays open, so that nothing can come between."""
    work.write("labels.csv", LABELS)
    lsmooth.smooth_file("labels.csv", "soft.csv", progress=Replace(step, 3))
    assert work.read("soft.csv") == SOFT


@pytest.mark.parametrize("change", [Append, Touch, Replace, Truncate])
def test_one_of_several_files_that_changes_before_it_is_opened_again_is_an_error(
    work: Work, change: type[Meddler]
) -> None:
    work.write("labels.csv", LABELS)
    work.write("more.csv", LABELS)
    with pytest.raises(lsmooth.LsmoothError, match=r"^labels.csv has changed while it was being read$"):
        lsmooth.smooth_file(["labels.csv", "more.csv"], "soft.csv", progress=change("counting", 6))
    assert "soft.csv" not in work.files()


def test_an_array_that_grows_is_an_error(work: Work) -> None:
    class Grow(Meddler):
        def meddle(self) -> None:
            with Path("labels.npy").open("ab") as labels:
                labels.write(bytes(8))

    np.save("labels.npy", np.arange(3))
    with pytest.raises(lsmooth.LsmoothError, match="has changed while it was being read"):
        lsmooth.smooth_file("labels.npy", "soft.npy", progress=Grow("counting", 3))
    assert work.files() == ["labels.npy"]


# Signals


def waiting(work: Work, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a run that has read a label from its pipe and waits for more."""
    process = subprocess.Popen(
        python(HEEDING, "smooth", "-k", 3, *arguments),
        cwd=work.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(LABELS.encode())
    process.stdin.flush()
    unread = bytearray(b"....")
    while any(unread) and process.poll() is None:
        time.sleep(0.01)
        fcntl.ioctl(process.stdin, termios.FIONREAD, unread)
    return process


def writing(work: Work, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a run that has a half-written file."""
    process = waiting(work, *arguments)
    assert process.stdin is not None
    process.stdin.write(MANY.encode())
    process.stdin.flush()
    while process.poll() is None and not any(path.stat().st_size for path in work.folder.glob(".*.tmp")):
        time.sleep(0.01)
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("output", ["soft.csv", "soft.npy", "soft.csv.gz"])
def test_a_signal_leaves_nothing(work: Work, number: signal.Signals, code: int, output: str) -> None:
    process = writing(work, "-o", output, "--names-out", "names.txt")
    assert len(work.files()) == 2
    process.send_signal(number)
    out, error = process.communicate()
    assert process.returncode == code
    assert out == b""
    assert error.strip() == b""
    assert work.files() == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_the_file_that_would_have_been_replaced(
    work: Work, number: signal.Signals, code: int
) -> None:
    work.write("soft.csv", "old\n")
    process = writing(work, "-o", "soft.csv", "--force")
    process.send_signal(number)
    process.communicate()
    assert process.returncode == code
    assert work.read("soft.csv") == "old\n"
    assert work.files() == ["soft.csv"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_that_waits_for_its_input(work: Work, number: signal.Signals, code: int) -> None:
    process = waiting(work)
    process.send_signal(number)
    out, error = process.communicate()
    assert (process.returncode, out, error.strip()) == (code, b"", b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_that_waits_for_its_reader(work: Work, number: signal.Signals, code: int) -> None:
    """Far more than a pipe holds is written, and nobody reads."""
    work.write("labels.csv", MANY)
    process = subprocess.Popen(
        python(HEEDING, "smooth", "labels.csv"),
        cwd=work.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.read(100)
    process.send_signal(number)
    _, error = process.communicate()
    assert (process.returncode, error.strip()) == (code, b"")


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


# Memory and descriptors


@pytest.mark.parametrize(
    ("source", "target"),
    [("npy", "npy"), ("csv", "csv"), ("csv", "npy"), ("csv.xz", "npy.gz"), ("npy", "tsv")],
)
def test_memory_is_small_and_does_not_grow_with_rows(work: Work, source: str, target: str) -> None:
    import lzma

    peaks = []
    for rows in (400_000, 2_000_000):
        labels = (np.arange(rows) * 7919 % 10).astype(np.uint8)
        name = f"labels.{source}"
        if source == "npy":
            np.save(name, labels)
        else:
            text = (labels + ord("0")).tobytes().decode().replace("", "\n")[1:-1] + "\n"
            work.write(name, lzma.compress(text.encode(), preset=0) if source == "csv.xz" else text)
        peaks.append(peak("smooth", name, "-o", f"soft.{target}", "--force"))
        work.folder.joinpath(f"soft.{target}").unlink()
        del labels
    assert max(peaks) < 100
    assert peaks[1] - peaks[0] < 10, peaks


@pytest.mark.usefixtures("work")
def test_memory_does_not_grow_with_rows_of_probabilities() -> None:
    peaks = []
    for rows in (300_000, 3_000_000):
        np.save("rows.npy", np.tile(np.array([0.25, 0.5, 0.25, 0], np.float32), (rows, 1)))
        peaks.append(peak("smooth", "rows.npy", "-o", "soft.npy", "--force"))
    assert max(peaks) < 100
    assert peaks[1] - peaks[0] < 10, peaks


def test_memory_does_not_grow_with_a_pipe(work: Work) -> None:
    peaks = []
    for times in (1, 8):
        work.write("labels.csv", MANY * times)
        command = python(MEASURE, "-m", "lsmooth", "smooth", "-k", 3, "-o", "soft.csv", "--force")
        with subprocess.Popen(["cat", "labels.csv"], stdout=subprocess.PIPE) as cat:
            done = subprocess.run(command, stdin=cat.stdout, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        peaks.append(float(done.stderr.split()[-1]))
    assert max(peaks) < 100
    assert peaks[1] - peaks[0] < 10, peaks


@pytest.mark.parametrize("suffix", ["csv", "npy", "csv.xz"])
def test_hundreds_of_inputs_need_few_descriptors(work: Work, suffix: str) -> None:
    import lzma

    names = [f"part-{number:03}.{suffix}" for number in range(300)]
    for name in names:
        if suffix == "npy":
            np.save(name, np.arange(3))
        else:
            work.write(name, lzma.compress(LABELS.encode()) if suffix == "csv.xz" else LABELS)
    result = run(FRUGAL, "smooth", *names)
    assert result.code == 0, result.err
    assert result.out == SOFT * 300
