"""Writing: whole or not at all, never over an input, straight into devices and pipes."""

from __future__ import annotations

import bz2
import errno
import fcntl
import gc
import gzip
import hashlib
import io
import lzma
import os
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.packing import unzst

import lsmooth.files.sink

LABELS = "0\n1\n2\n"
SOFT = (
    "0.9333333333333333,0.03333333333333333,0.03333333333333333\n"
    "0.03333333333333333,0.9333333333333333,0.03333333333333333\n"
    "0.03333333333333333,0.03333333333333333,0.9333333333333333\n"
)
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.decompress,
    "bz2": bz2.decompress,
    "xz": lzma.decompress,
    "zst": unzst,
}
as_root = os.geteuid() == 0
needs_permissions = pytest.mark.skipif(as_root, reason="root may read and write everything")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


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


def no_hard_links(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.EPERM, "Operation not permitted")


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


# Filesystems without hard links


def test_without_hard_links_the_name_is_taken_by_renaming(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "link", no_hard_links)
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    assert work.read("soft.csv") == SOFT
    assert work.files() == ["labels.csv", "soft.csv"]


@pytest.mark.parametrize("with_renameat2", [True, False])
def test_without_hard_links_the_second_writer_still_fails(
    work: Work, monkeypatch: pytest.MonkeyPatch, with_renameat2: bool
) -> None:
    def overtaken(*_: object) -> NoReturn:
        work.write("soft.csv", "somebody else's\n")
        no_hard_links()

    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "link", overtaken)
    if not with_renameat2:
        monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    result = work.run("smooth", "labels.csv", "-o", "soft.csv")
    assert result.code == 1
    assert result.err.startswith("error: soft.csv has been made by somebody else in the meantime\n")
    assert work.read("soft.csv") == "somebody else's\n"
    assert work.files() == ["labels.csv", "soft.csv"]


def test_without_hard_links_and_renameat2_the_file_is_written(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "link", no_hard_links)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    assert work.read("soft.csv") == SOFT
    assert work.files() == ["labels.csv", "soft.csv"]


# Modes, owners, links


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_new_file_has_the_mode_of_the_umask(work: Work, umask: int, force: tuple[str, ...]) -> None:
    work.write("labels.csv", LABELS)
    before = os.umask(umask)
    try:
        work.ok("smooth", "labels.csv", "-o", "soft.csv", "--names-out", "names.txt", *force)
    finally:
        os.umask(before)
    assert mode(work.folder / "soft.csv") == 0o666 & ~umask
    assert mode(work.folder / "names.txt") == 0o666 & ~umask


@pytest.mark.parametrize("wanted", [0o640, 0o444, 0o755])
def test_a_replaced_file_keeps_its_mode(work: Work, wanted: int) -> None:
    work.write("labels.csv", LABELS)
    work.write("soft.csv", "old\n").chmod(wanted)
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert mode(work.folder / "soft.csv") == wanted
    assert work.read("soft.csv") == SOFT


@pytest.mark.skipif(not as_root, reason="only root may give files away")
def test_a_replaced_file_keeps_its_owner_where_permitted(work: Work) -> None:
    work.write("labels.csv", LABELS)
    old = work.write("soft.csv", "old\n")
    os.chown(old, 12345, 23456)
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert (old.stat().st_uid, old.stat().st_gid) == (12345, 23456)


def test_an_owner_that_cannot_be_kept_is_no_error(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> NoReturn:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    work.write("labels.csv", LABELS)
    work.write("soft.csv", "old\n")
    monkeypatch.setattr(os, "fchown", refused)
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert work.read("soft.csv") == SOFT


def test_a_symlink_is_followed(work: Work) -> None:
    work.write("labels.csv", LABELS)
    elsewhere = work.folder / "elsewhere"
    elsewhere.mkdir()
    elsewhere.joinpath("real.csv").write_text("old\n")
    link = work.folder / "soft.csv"
    link.symlink_to("elsewhere/real.csv")
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert link.is_symlink()
    assert elsewhere.joinpath("real.csv").read_text() == SOFT
    assert [path.name for path in elsewhere.iterdir()] == ["real.csv"]


def test_a_symlink_to_an_existing_file_needs_force(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.write("real.csv", "old\n")
    work.folder.joinpath("soft.csv").symlink_to("real.csv")
    assert work.refused("smooth", "labels.csv", "-o", "soft.csv").startswith("error: soft.csv exists\n")


def test_a_dangling_symlink_gets_the_file_that_it_names(work: Work) -> None:
    work.write("labels.csv", LABELS)
    link = work.folder / "soft.csv"
    link.symlink_to("real.csv")
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    assert link.is_symlink()
    assert work.read("real.csv") == SOFT


def test_a_symlink_to_itself_is_refused_by_its_name(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.folder.joinpath("soft.csv").symlink_to("soft.csv")
    error = work.refused("smooth", "labels.csv", "-o", "soft.csv")
    assert error.startswith("error: cannot write soft.csv: ")


# Inputs


@pytest.mark.parametrize("how", ["path", "other path", "symlink", "hard link"])
@pytest.mark.parametrize("flag", ["-o", "--names-out"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_input_is_never_overwritten(work: Work, how: str, flag: str, force: tuple[str, ...]) -> None:
    original = work.write("labels.csv", LABELS)
    name = "labels.csv" if how == "path" else "other.csv"
    if how == "symlink":
        work.folder.joinpath(name).symlink_to("labels.csv")
    elif how == "hard link":
        work.folder.joinpath(name).hardlink_to(original)
    elif how == "other path":
        name = f"../{work.folder.name}/labels.csv"
    error = work.refused("smooth", "labels.csv", flag, name, *force)
    assert error == f"error: {name} is also an input\n\nhint: write to another file\n"
    assert work.read("labels.csv") == LABELS


def test_one_of_several_inputs_is_never_overwritten(work: Work) -> None:
    work.write("a.csv", LABELS)
    work.write("b.csv", LABELS)
    error = work.refused("smooth", "a.csv", "b.csv", "-o", "b.csv", "-f")
    assert error.startswith("error: b.csv is also an input\n")


def test_a_file_on_stdin_is_never_overwritten(work: Work, spawn: Spawn) -> None:
    with work.write("labels.csv", LABELS).open() as labels:
        process = spawn("smooth", "-o", "labels.csv", "-f", stdin=labels)
        _, error = process.communicate()
    assert process.returncode == 1
    assert error.startswith(b"error: labels.csv is also an input\n")
    assert work.read("labels.csv") == LABELS


@pytest.mark.parametrize(
    ("flag", "content"), [("--names", "a\nb\nc\n"), ("--prior", "class,value\n0,1\n1,2\n2,1\n")]
)
@pytest.mark.parametrize("output", ["-o", "--names-out"])
def test_a_file_that_a_flag_reads_is_never_overwritten(
    work: Work, flag: str, content: str, output: str
) -> None:
    work.write("labels.csv", LABELS)
    work.write("read.csv", content)
    error = work.refused("smooth", "labels.csv", flag, "read.csv", output, "read.csv", "-f")
    assert error.startswith("error: read.csv is also an input\n")
    assert work.read("read.csv") == content


def test_an_input_that_is_also_stdout_is_not_written_to(work: Work, spawn: Spawn) -> None:
    labels = work.write("labels.csv", LABELS)
    with labels.open("ab") as end:
        process = spawn("smooth", "labels.csv", "-k", "3", "--no-header", stdout=end)
        process.communicate()
    assert process.returncode == 1
    assert work.read("labels.csv") == LABELS


def test_two_outputs_are_two_files(work: Work) -> None:
    work.write("labels.csv", LABELS)
    error = work.refused("smooth", "labels.csv", "-o", "a.csv", "--names-out", "./a.csv", code=2)
    assert error == "error: --output and --names-out are the same file\n\nhint: name two files\n"


# --names-out, --dry-run


@pytest.mark.parametrize(
    "name",
    [
        "emu",
        "two words",
        "naïve ☃",
        '"a, b"',
    ],
)
def test_names_out_is_what_names_reads(work: Work, name: str) -> None:
    work.write("pets.csv", f"pet\ndog\ncat\n{name}\n")
    work.ok("smooth", "pets.csv", "--column", "pet", "-o", "soft.csv", "--names-out", "names.txt")
    again = work.ok("smooth", "pets.csv", "--column", "pet", "--names", "names.txt")
    assert again == work.read("soft.csv")


def test_names_out_holds_the_order_of_classes_one_a_line(work: Work) -> None:
    work.write("pets.csv", "pet\ndog\ncat\ndog\n")
    work.ok("smooth", "pets.csv", "--column", "pet", "-o", "soft.csv", "--names-out", "found.txt")
    work.ok(
        *("smooth", "pets.csv", "--column", "pet", "--names", "dog,cow,cat", "-o", "soft2.csv"),
        *("--names-out", "given.txt"),
    )
    assert work.read("found.txt") == "cat\ndog\n"
    assert work.read("given.txt") == "dog\ncow\ncat\n"


def test_names_out_is_written_beside_targets_on_stdout(work: Work) -> None:
    work.write("labels.csv", LABELS)
    assert work.ok("smooth", "labels.csv", "--names-out", "names.txt") == SOFT
    assert work.read("names.txt") == "0\n1\n2\n"


@pytest.mark.parametrize("suffix", ["csv", "tsv", "npy", "csv.gz", "npy.gz", "npy.bz2", "csv.xz", "npy.zst"])
def test_a_dry_run_writes_nothing_and_says_the_size_to_the_byte(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    output = f"soft.{suffix}"
    result = work.run("smooth", "labels.csv", "-o", output, "--names-out", "names.txt", "--dry-run")
    assert result.code == 0, result.err
    assert result.out == ""
    assert work.files() == ["labels.csv"]
    work.ok("smooth", "labels.csv", "-o", output)
    size = work.folder.joinpath(output).stat().st_size
    assert result.err.startswith(f"would write: {output} ({size} B); 3 rows; 3 classes")
    assert "fits on the disk" in result.err


@pytest.mark.parametrize(
    "suffix",
    [
        "csv",
        "npy",
        pytest.param("csv.gz"),
    ],
)
def test_the_summary_says_the_size_of_the_file(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    output = f"soft.{suffix}"
    result = work.run("smooth", "labels.csv", "-o", output)
    size = work.folder.joinpath(output).stat().st_size
    assert result.err.startswith(f"wrote: {output} ({size} B); 3 rows; ")


def test_a_dry_run_says_when_the_disk_is_too_small(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    result = work.run("smooth", "labels.csv", "-o", "soft.csv", "-n")
    assert result.code == 0
    assert "does not fit on the disk (10 B free)" in result.err


def test_a_dry_run_reads_every_row(work: Work) -> None:
    work.write("labels.csv", "1\n" * 5000 + "9\n")
    error = work.refused("smooth", "labels.csv", "-k", 3, "-o", "soft.npy", "-n")
    assert error.startswith("error: labels.csv:5001: ")


def test_a_dry_run_refuses_an_output_that_exists(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.write("soft.csv", "old\n")
    assert work.refused("smooth", "labels.csv", "-o", "soft.csv", "-n").startswith("error: soft.csv exists")
    assert work.run("smooth", "labels.csv", "-o", "soft.csv", "-n", "-f").code == 0
    assert work.read("soft.csv") == "old\n"


def test_a_dry_run_to_stdout_prints_no_targets(work: Work) -> None:
    work.write("labels.csv", LABELS)
    assert work.ok("smooth", "labels.csv", "-n") == ""


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


# NPY whose number of rows must stand in its header


@pytest.mark.parametrize("suffix", ["npy.gz", "npy.bz2", "npy.xz", "npy.zst"])
@pytest.mark.parametrize("ignored", ["zero", "drop"])
def test_rows_are_counted_before_npy_goes_into_a_compressor(work: Work, suffix: str, ignored: str) -> None:
    work.write("labels.csv", LABELS + "-1\n")
    flags = ["-k", 3, "--ignore", "-1", "--ignored", ignored]
    work.ok("smooth", "labels.csv", *flags, "-o", f"soft.{suffix}")
    work.ok("smooth", "labels.csv", *flags, "-o", "plain.npy")
    packed = work.folder.joinpath(f"soft.{suffix}").read_bytes()
    assert UNPACK[suffix[4:]](packed) == work.folder.joinpath("plain.npy").read_bytes()


def test_rows_are_counted_before_npy_goes_into_a_pipe(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    out, error = spawn("smooth", "labels.csv", "-k", "3", "--to", "npy").communicate()
    assert np.load(io.BytesIO(out)).shape == (3, 3), error


@pytest.mark.parametrize("output", [("--to", "npy"), ("-o", "soft.npy.gz")])
def test_npy_of_unknown_length_is_refused_where_rows_cannot_be_counted(
    work: Work, spawn: Spawn, output: tuple[str, ...]
) -> None:
    process = spawn("smooth", "-k", "3", *output, stdin=subprocess.PIPE)
    out, error = process.communicate(LABELS.encode())
    assert (process.returncode, out) == (1, b"")
    assert error.startswith(b"error: stdin can be read only once, so the number of rows")
    assert b"\nhint: pass --to csv, or -o with an .npy file\n" in error
    assert work.files() == []


def test_npy_of_unknown_length_goes_into_a_file(work: Work, spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", "-o", "soft.npy", stdin=subprocess.PIPE)
    _, error = process.communicate(LABELS.encode() * 1000)
    assert process.returncode == 0, error
    assert np.load(work.folder / "soft.npy", mmap_mode="r").shape == (3000, 3)


def test_npy_of_known_length_goes_from_a_pipe_into_a_pipe(work: Work, spawn: Spawn) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    process = spawn("smooth", "-k", "3", "--to", "npy", stdin=subprocess.PIPE)
    out, error = process.communicate(buffer.getvalue())
    assert process.returncode == 0, error
    assert np.load(io.BytesIO(out)).shape == (3, 3)
    assert work.files() == []


# Compression


@pytest.mark.parametrize("suffix", ["csv.gz", "npy.gz", "csv.bz2", "tsv.xz", "csv.zst"])
def test_compressed_outputs_are_the_same_bytes_each_time_under_any_name(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    digests = set()
    for name in ("one", "two"):
        output = work.folder / f"{name}.{suffix}"
        work.ok("smooth", "labels.csv", "-o", output.name)
        digests.add(hashlib.sha256(output.read_bytes()).hexdigest())
    assert len(digests) == 1
    if suffix.endswith("gz"):
        header = work.folder.joinpath(f"one.{suffix}").read_bytes()[:10]
        assert header[3:8] == bytes(5), "no name, no time"


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
def test_what_is_compressed_is_what_would_have_been_written(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    work.ok("smooth", "labels.csv", "-o", f"soft.csv.{suffix}")
    assert UNPACK[suffix](work.folder.joinpath(f"soft.csv.{suffix}").read_bytes()).decode() == SOFT


def test_a_name_in_capitals_is_compressed_too(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.ok("smooth", "labels.csv", "-o", "SOFT.CSV.GZ")
    assert gzip.decompress(work.folder.joinpath("SOFT.CSV.GZ").read_bytes()).decode() == SOFT


def test_a_pipe_that_takes_little_at_a_time_gets_everything(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS * 20_000)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = spawn("smooth", "labels.csv", stdout=writer)
    os.close(writer)
    with open(reader, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
        data = b"".join(iter(lambda: pipe.read(1000), b""))
    process.communicate()
    assert process.returncode == 0
    assert data == SOFT.encode() * 20_000
