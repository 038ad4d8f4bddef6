"""An output that exists, and the temporary file before it."""

from __future__ import annotations

import errno
import gc
import os
import stat
import subprocess
import time
from pathlib import Path
from typing import NoReturn

import pytest
from conftest import Spawn, Work
from kits.writing import LABELS, SOFT, mode

import lsmooth.files.sink


def half_written(spawn: Spawn, work: Work, *arguments: object) -> tuple[subprocess.Popen[bytes], Path]:
    """Start a run that has written a part of its output and waits for more labels; return its temporary."""
    process = spawn("smooth", "-k", "3", *arguments, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"0\n" * 500_000)
    process.stdin.flush()
    while process.poll() is None:
        for path in work.folder.glob(".*.tmp"):
            if path.stat().st_size:
                return process, path
        time.sleep(0.01)
    raise AssertionError(process.communicate()[1])


# An output that exists


@pytest.mark.parametrize("flag", ["--output", "--names-out"])
def test_an_existing_file_is_kept_without_force(work: Work, flag: str) -> None:
    work.write("labels.csv", LABELS)
    work.write("there.csv", "precious\n")
    error = work.refused("smooth", "labels.csv", flag, "there.csv")
    assert error == "error: there.csv exists\n\nhint: pass --force to replace it, or another --output\n"
    assert work.read("there.csv") == "precious\n"


@pytest.mark.parametrize("flag", ["-f", "--force"])
def test_force_replaces_an_existing_file(work: Work, flag: str) -> None:
    work.write("labels.csv", LABELS)
    work.write("soft.csv", "old\n" * 1000)
    work.ok("smooth", "labels.csv", "-o", "soft.csv", flag)
    assert work.read("soft.csv") == SOFT
    assert work.files() == ["labels.csv", "soft.csv"]


def test_force_writes_a_new_file_too(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert work.read("soft.csv") == SOFT


def test_a_replaced_file_is_another_file_so_that_its_readers_keep_the_old_one(work: Work) -> None:
    work.write("labels.csv", LABELS)
    old = work.write("soft.csv", "old\n")
    with old.open() as reader:
        work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
        assert reader.read() == "old\n"


def test_an_error_with_force_keeps_the_old_file(work: Work) -> None:
    work.write("labels.csv", LABELS + "7\n")
    work.write("soft.csv", "old\n")
    work.refused("smooth", "labels.csv", "-k", 3, "-o", "soft.csv", "-f")
    assert work.read("soft.csv") == "old\n"


def test_the_second_of_two_writers_fails(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    slow, _ = half_written(spawn, work, "-o", "soft.csv")
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    _, error = slow.communicate()
    assert slow.returncode == 1
    assert error.decode().startswith("error: soft.csv has been made by somebody else in the meantime\n")
    assert work.read("soft.csv") == SOFT
    assert work.files() == ["labels.csv", "soft.csv"]


def test_of_two_forced_writers_the_last_whole_file_wins(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    slow, _ = half_written(spawn, work, "-o", "soft.csv", "--force")
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    slow.communicate()
    assert slow.returncode == 0
    assert work.read("soft.csv").count("\n") == 500_000
    assert work.files() == ["labels.csv", "soft.csv"]


# The temporary file


def test_a_half_written_file_is_hidden_and_private(work: Work, spawn: Spawn) -> None:
    process, temporary = half_written(spawn, work, "-o", "soft.csv")
    assert mode(temporary) == 0o600
    assert temporary.name.startswith(".")
    assert temporary.parent == work.folder
    assert work.files() == [temporary.name]
    process.communicate()
    assert work.files() == ["soft.csv"]


def test_temporary_names_cannot_be_guessed(work: Work, spawn: Spawn) -> None:
    first, one = half_written(spawn, work, "-o", "a.csv")
    first.communicate()
    work.folder.joinpath("a.csv").unlink()
    second, two = half_written(spawn, work, "-o", "a.csv")
    second.communicate()
    assert one.name != two.name


def test_the_file_is_on_disk_before_it_has_its_name_and_the_folder_after(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    seen: list[tuple[str, bool]] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        seen.append((kind, work.folder.joinpath("soft.csv").exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    assert seen == [("file", False), ("folder", True)]


@pytest.mark.parametrize("suffix", ["csv", "npy", "csv.gz", "npy.xz"])
def test_nothing_is_left_when_the_disk_fails(
    work: Work, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    def broken(_: int) -> NoReturn:
        raise OSError(errno.EIO, "Input/output error")

    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "fsync", broken)
    error = work.refused("smooth", "labels.csv", "-o", f"soft.{suffix}")
    assert error == f"error: cannot write soft.{suffix}: input/output error\n"


@pytest.mark.parametrize("suffix", ["csv", "npy", "tsv.bz2", "npy.gz"])
def test_nothing_is_left_when_a_late_row_is_wrong(work: Work, suffix: str) -> None:
    work.write("labels.csv", "1\n" * 200_000 + "9\n")
    error = work.refused("smooth", "labels.csv", "-k", 3, "-o", f"soft.{suffix}", "--names-out", "names.txt")
    assert error.startswith("error: labels.csv:200001: label `9` is out of range for 3 classes")


@pytest.mark.parametrize(
    ("failure", "code"), [(OSError(errno.ENOSPC, "No space left on device"), 1), (KeyboardInterrupt(), 130)]
)
def test_nothing_is_left_when_a_compressor_cannot_start(
    work: Work, monkeypatch: pytest.MonkeyPatch, failure: BaseException, code: int
) -> None:
    """gzip writes its header at once, and a disk may be full by then."""

    def failing(*_: object) -> NoReturn:
        raise failure

    work.write("labels.csv", LABELS)
    monkeypatch.setattr(lsmooth.files.sink, "compressed", failing)
    result = work.run("smooth", "labels.csv", "-o", "soft.csv.gz")
    gc.collect()
    assert result.code == code
    assert work.files() == ["labels.csv"]


def test_nothing_is_left_when_the_second_output_fails(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("labels.csv", LABELS)
    fsync = os.fsync

    def overtaken(descriptor: int) -> None:
        work.write("names.txt", "somebody else's\n")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", overtaken)
    result = work.run("smooth", "labels.csv", "-o", "soft.csv", "--names-out", "names.txt")
    assert result.code == 1
    assert work.read("names.txt") == "somebody else's\n"
    assert work.files() == ["labels.csv", "names.txt"]
