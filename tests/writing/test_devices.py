"""Devices, pipes, folders and permissions."""

from __future__ import annotations

import gc
import os
import stat
from pathlib import Path

import pytest
from conftest import Spawn, Work
from kits.writing import LABELS, SOFT, as_root

needs_permissions = pytest.mark.skipif(as_root, reason="root may read and write everything")

# Devices and pipes


def test_a_device_is_written_straight_and_stays_a_device(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.ok("smooth", "labels.csv", "--to", "csv", "-o", "/dev/null")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_symlink_to_a_device_is_written_straight(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.folder.joinpath("null.csv").symlink_to("/dev/null")
    work.ok("smooth", "labels.csv", "-o", "null.csv")
    assert work.folder.joinpath("null.csv").is_symlink()


@pytest.mark.parametrize(
    "suffix",
    [
        "csv",
        "npy",
        pytest.param("csv.gz"),
    ],
)
def test_a_full_device_is_an_error(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    output = work.folder / f"full.{suffix}"
    output.symlink_to("/dev/full")
    error = work.refused("smooth", "labels.csv", "-o", output.name)
    gc.collect()
    assert error == f"error: cannot write {output.name}: no space left on device\n"


def test_a_full_stdout_is_an_error(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    with Path("/dev/full").open("wb") as full:
        process = spawn("smooth", "labels.csv", stdout=full)
        _, error = process.communicate()
    assert process.returncode == 1
    assert error == b"error: cannot write stdout: no space left on device\n"


@pytest.mark.parametrize("suffix", ["csv", "npy", "csv.gz", "npy.xz"])
def test_a_fifo_is_written_straight_without_force(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    fifo = work.folder / f"fifo.{suffix}"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        work.ok("smooth", "labels.csv", "-o", fifo.name)
        data = os.read(reader, 1 << 16)
    finally:
        os.close(reader)
    work.ok("smooth", "labels.csv", "-o", f"plain.{suffix}")
    assert data == work.folder.joinpath(f"plain.{suffix}").read_bytes()
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_fifo_whose_reader_leaves_ends_quietly(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS * 100_000)
    fifo = work.folder / "fifo.csv"
    os.mkfifo(fifo)
    process = spawn("smooth", "labels.csv", "-o", "fifo.csv")
    with fifo.open("rb") as reader:
        reader.readline()
    _, error = process.communicate()
    assert (process.returncode, error) == (0, b"")


def on_a_pipe_of_its_own(spawn: Spawn, path: str) -> tuple[int, bytes, bytes]:
    """Run with an output named as the shell names `>(...)`; return the exit code, the data and stderr."""
    reader, writer = os.pipe()
    with open(reader, "rb") as pipe:  # noqa: PTH123 - a descriptor
        process = spawn(
            *("smooth", "labels.csv", "--to", "csv", "-o", path.format(writer)), pass_fds=[writer]
        )
        os.close(writer)
        data = pipe.read()
    _, error = process.communicate()
    return process.returncode, data, error


def test_a_process_substitution_is_written_straight(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    code, data, error = on_a_pipe_of_its_own(spawn, "/dev/fd/{}")
    assert (code, data) == (0, SOFT.encode()), error


def test_dev_stdout_is_written_straight(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    process = spawn("smooth", "labels.csv", "--to", "csv", "-o", "/dev/stdout")
    out, error = process.communicate()
    assert (process.returncode, out) == (0, SOFT.encode()), error


# Folders and permissions


def test_a_missing_folder_is_refused_with_the_command_that_makes_it(work: Work) -> None:
    work.write("labels.csv", LABELS)
    error = work.refused("smooth", "labels.csv", "-o", "new/soft.csv")
    folder = work.folder / "new"
    assert (
        error == f"error: cannot write new/soft.csv: there is no folder {folder}\n\nhint: mkdir -p {folder}\n"
    )


def test_a_folder_is_not_an_output(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.folder.joinpath("soft.csv").mkdir()
    error = work.refused("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert error == "error: cannot write soft.csv: it is a folder\n\nhint: name a file in it\n"


@needs_permissions
def test_a_read_only_folder_is_refused(work: Work) -> None:
    work.write("labels.csv", LABELS)
    folder = work.folder / "locked"
    folder.mkdir(mode=0o555)
    error = work.refused("smooth", "labels.csv", "-o", "locked/soft.csv")
    assert error.startswith("error: cannot write locked/soft.csv: ")


@needs_permissions
def test_an_unreadable_input_is_refused(work: Work) -> None:
    work.write("labels.csv", LABELS).chmod(0)
    error = work.refused("smooth", "labels.csv", "-o", "soft.csv")
    assert error.startswith("error: cannot read labels.csv: permission denied\n")


def test_a_name_that_is_too_long_is_refused(work: Work) -> None:
    work.write("labels.csv", LABELS)
    error = work.refused("smooth", "labels.csv", "-o", "x" * 300 + ".csv")
    assert "file name too long" in error


@pytest.mark.parametrize("letter", ["x", "ε"])
def test_the_longest_name_that_a_folder_holds_can_be_written(work: Work, letter: str) -> None:
    work.write("labels.csv", LABELS)
    name = letter * ((255 - len(".csv")) // len(letter.encode())) + ".csv"
    work.ok("smooth", "labels.csv", "-o", name)
    assert work.read(name) == SOFT
