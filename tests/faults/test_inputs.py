"""Readers that leave, and inputs that change while they are read."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from kits import faults
from kits.faults import (
    MEGABYTE,
    finish,
    late,
    long_only,
    mostly_late,
    run,
    start,
)
from kits.streams import MANY_ROWS

STREAMS = [
    ("smooth", "labels.npy", "-k", 10),
    ("smooth", "labels.npy", "-k", 10, "--to", "npy"),
    ("smooth", "labels.csv", "-k", 10, "--workers", 4),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none"),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none", "--to", "npy"),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none", "--workers", 4),
]


@pytest.mark.parametrize("arguments", mostly_late(STREAMS, 1, 2, 5))
def test_a_reader_that_leaves_in_mid_stream_is_no_error(many: Path, arguments: tuple[object, ...]) -> None:
    process = start(many, *arguments)
    assert process.stdout is not None
    assert len(process.stdout.read(100_000)) == 100_000
    process.stdout.close()
    process.stdout = None
    result = finish(process)
    assert (result.code, result.err) == (0, "")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a live process is in /proc")
@pytest.mark.parametrize(
    "arguments",
    [
        ("smooth", "rows.npy", "--labels", "rows", "--workers", 4),
        late(("smooth", "labels.npy", "-k", 10, "--to", "npy", "--workers", 4)),
        late(("loss", "logits.npy", "labels.npy", "--reduction", "none", "--workers", 4)),
    ],
)
def test_memory_is_bounded_while_the_reader_is_slow(many: Path, arguments: tuple[object, ...]) -> None:
    process = start(many, *arguments, "-q")
    assert process.stdout is not None
    process.stdout.read(1)
    time.sleep(1)  # the queue fills
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    most = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    while process.stdout.read(MEGABYTE):
        pass
    assert finish(process).code == 0
    assert most < 170  # of which polars takes up to 60


# Inputs that change while they are read


def meddled(folder: Path, change: Callable[[], object], *arguments: object) -> tuple[bytes, int, str]:
    """Run into a pipe that is not read until an input has been changed."""
    process = start(folder, *arguments)
    assert process.stdout is not None
    first = process.stdout.read(10)
    change()
    rest = process.stdout.read()
    result = finish(process)
    return first + rest, result.code, result.err


@pytest.mark.parametrize(
    ("name", "arguments", "change"),
    [
        ("labels.npy", STREAMS[0], "cut"),
        late("labels.csv", STREAMS[2], "cut"),
        ("labels.csv", STREAMS[2], "grown"),
        late("rows.npy", ("smooth", "rows.npy", "--labels", "rows", "--workers", 4), "cut"),
        late("logits.npy", STREAMS[3], "cut"),
        ("logits.npy", STREAMS[5], "grown"),
    ],
)
def test_an_input_that_changes_is_an_error_that_names_it(
    tmp_path: Path, many: Path, name: str, arguments: tuple[object, ...], change: str
) -> None:
    for path in many.iterdir():
        (shutil.copy if path.name == name else os.link)(path, tmp_path / path.name)
    size = tmp_path.joinpath(name).stat().st_size

    def do() -> None:
        if change == "grown":
            with tmp_path.joinpath(name).open("ab") as end:
                end.write(b"1\n")
        else:
            os.truncate(tmp_path / name, size // 2)

    _, code, error = meddled(tmp_path, do, *arguments)
    assert code == 1, error
    assert error.startswith(f"error: {name}"), error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("labels.csv", STREAMS[2]), late("logits.npy", STREAMS[5])],
)
def test_an_input_that_is_replaced_is_read_to_its_old_end(
    tmp_path: Path, many: Path, name: str, arguments: tuple[object, ...]
) -> None:
    for path in many.iterdir():
        os.link(path, tmp_path / path.name)
    expected = run(tmp_path, *arguments).out

    def replace() -> None:
        tmp_path.joinpath("other").write_bytes(b"1\n2\n")
        tmp_path.joinpath("other").replace(tmp_path / name)

    data, code, error = meddled(tmp_path, replace, *arguments)
    assert code == 0, error
    assert data.decode() == expected


@pytest.mark.parametrize("workers", [1, 4])
def test_one_of_several_inputs_that_changes_leaves_nothing(tmp_path: Path, many: Path, workers: int) -> None:
    """They are closed between passes, so that a replaced one is told by its inode."""
    for path in many.iterdir():
        os.link(path, tmp_path / path.name)
    faults.save_labels(tmp_path / "more.csv", MANY_ROWS)

    def replace() -> None:
        shutil.copy(many / "labels.csv", tmp_path / "other")
        tmp_path.joinpath("other").replace(tmp_path / "more.csv")

    flags = ("-k", 10, "--workers", workers)
    _, code, error = meddled(tmp_path, replace, "smooth", "labels.csv", "more.csv", *flags)
    assert code == 1
    assert error.startswith("error: more.csv has changed while it was being read\n")


@long_only
def test_threads_that_read_a_file_that_is_cut_say_so(tmp_path: Path) -> None:
    """More blocks than are in flight, so that some are read from where nothing is any more."""
    rows, classes = 100_000, 200
    np.save(tmp_path / "labels.npy", np.arange(rows) % classes)
    faults.save_predictions(tmp_path / "logits.npy", rows, classes)
    flags = ("--as", "logits", "--reduction", "none", "--workers", 4)
    cut = lambda: os.truncate(tmp_path / "logits.npy", 10_000)  # noqa: E731
    _, code, error = meddled(tmp_path, cut, "loss", "logits.npy", "labels.npy", *flags)
    assert (code, error) == (1, "error: logits.npy has become shorter while it was being read\n")


def test_a_compressed_input_that_is_cut_is_an_error(tmp_path: Path, many: Path) -> None:
    import gzip

    path = tmp_path / "labels.csv.gz"
    noise = np.random.default_rng(3).integers(0, 10, MANY_ROWS)
    path.write_bytes(gzip.compress("".join(f"{value}\n" for value in noise).encode(), 1))
    assert many.exists()
    _, code, error = meddled(
        tmp_path, lambda: os.truncate(path, path.stat().st_size - 9), "smooth", path.name, "-k", 10
    )
    assert code == 1
    assert error.startswith("error: labels.csv.gz"), error
