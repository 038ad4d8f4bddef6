"""A large file."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import Work
from kits.processes import HEEDING, measured, python
from kits.workers import PER_ROW


def sparse(name: str, shape: tuple[int, ...], dtype: str) -> None:
    """Make an array of zeros that takes no room on disk."""
    kind = np.dtype(dtype)
    with Path(name).open("wb") as file:
        head = {"descr": kind.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, head)
        file.truncate(file.tell() + int(np.prod(shape)) * kind.itemsize)


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(("kind", "rows"), [("<f4", 100_000), ("<f8", 20_000)])
def test_memory_of_a_large_file(kind: str, rows: int) -> None:
    sparse("z.npy", (rows, 1000), kind)
    sparse("y.npy", (rows,), "u2")
    found, peaks = set(), []
    for workers in (2, 8):
        shown, peak = measured("loss", "z.npy", "y.npy", "-k", 1000, "--as", "logits", "--workers", workers)
        found.add(shown)
        peaks.append(peak)
    assert len(found) == 1
    assert abs(float(found.pop()) - np.log(1000)) < 1e-6
    assert max(peaks) < 150, peaks


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("workers", [2, 8])
def test_a_signal_while_threads_work(work: Work, number: signal.Signals, code: int, workers: int) -> None:
    rows = 4_000_000
    sparse("z.npy", (rows, 1000), "<f4")  # 16 GB for whoever reads, none on disk
    sparse("y.npy", (rows,), "u2")
    arguments = ["loss", "z.npy", "y.npy", "-k", 1000, "--as", "logits", *PER_ROW, "-o", "rows.npy"]
    process = subprocess.Popen(
        python(HEEDING, *arguments, "--workers", workers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while process.poll() is None and not any(path.stat().st_size > 1e4 for path in work.folder.glob(".*")):
        time.sleep(0.01)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(number)
    out, error = process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert (process.returncode, out, error.strip()) == (code, b"", b"")
    assert work.files() == ["y.npy", "z.npy"]


def test_a_reader_that_has_had_enough_ends_the_threads(work: Work) -> None:
    rows = 2_000_000
    sparse("z.npy", (rows, 100), "<f4")
    sparse("y.npy", (rows,), "u2")
    arguments = ["loss", "z.npy", "y.npy", "-k", 100, "--as", "logits", *PER_ROW, "--workers", 4]
    process = subprocess.Popen(
        python(HEEDING, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(20)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=20) == 0
    assert work.files() == ["y.npy", "z.npy"]
