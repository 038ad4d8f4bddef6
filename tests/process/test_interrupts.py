"""Signals."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import termios
import time

import pytest
from conftest import Work
from kits.processes import HEEDING, python
from kits.shells import LABELS, MANY


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
