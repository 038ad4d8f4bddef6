"""A file that cannot be synced, named or rewritten, and streams that are full or closed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from conftest import Work
from kits.faults import (
    in_shell,
    late,
    refused,
)
from kits.streams import LABELS, OLD

import lsmooth
import lsmooth.files.sink


def failing_for(kind: str, failure: int) -> Callable[[int], None]:
    """Return an fsync that fails for files, or for folders."""
    fsync = os.fsync

    def chosen(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if (kind == "folder") == is_folder:
            raise OSError(failure, os.strerror(failure))
        fsync(descriptor)

    return chosen


@pytest.mark.parametrize("output", [("-o", "soft.csv"), ("-o", "a.npy", "--names-out", "n.txt")])
@pytest.mark.parametrize("failure", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_file_that_cannot_be_synced_does_not_appear(
    work: Work, monkeypatch: pytest.MonkeyPatch, failure: int, output: tuple[str, ...]
) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "fsync", failing_for("file", failure))
    error = work.refused("smooth", "labels.csv", *output)
    assert error == f"error: cannot write {output[1]}: {os.strerror(failure).lower()}\n"


@pytest.mark.parametrize("output", [("-o", "soft.csv"), ("-o", "a.npy", "--names-out", "n.txt")])
def test_a_new_file_whose_folder_cannot_be_synced_is_taken_back(
    work: Work, monkeypatch: pytest.MonkeyPatch, output: tuple[str, ...]
) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "fsync", failing_for("folder", errno.EIO))
    work.refused("smooth", "labels.csv", *output)


def test_a_filesystem_that_does_not_sync_folders_is_no_error(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "fsync", failing_for("folder", errno.EINVAL))
    work.ok("smooth", "labels.csv", "-o", "soft.csv")


def test_of_two_outputs_a_signal_between_their_names_leaves_neither(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise KeyboardInterrupt

    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "fsync", folders)
    assert work.run("smooth", "labels.csv", "-o", "soft.csv", "--names-out", "n.txt").code == 130
    assert work.files() == ["labels.csv"]


def test_a_file_that_was_replaced_before_its_folder_failed_is_said_to_be_there(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    work.write("soft.csv", OLD)
    monkeypatch.setattr(os, "fsync", failing_for("folder", errno.EIO))
    result = work.run("smooth", "labels.csv", "-o", "soft.csv", "--force")
    message = "cannot sync the folder of soft.csv: input/output error; written already: soft.csv"
    assert (result.code, result.err) == (1, f"error: {message}\n")
    assert work.read("soft.csv") == work.ok("smooth", "labels.csv")


def test_of_two_files_that_are_replaced_the_first_is_said_to_be_there(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def broken(self: Path, target: Path) -> Path:
        if target.name == "n.txt":
            raise OSError(errno.EIO, "Input/output error")
        return replace(self, target)

    work.write("labels.csv", LABELS)
    for name in ("soft.csv", "n.txt"):
        work.write(name, OLD)
    monkeypatch.setattr(Path, "replace", broken)
    result = work.run("smooth", "labels.csv", "-o", "soft.csv", "--names-out", "n.txt", "--force")
    message = "cannot write n.txt: input/output error; written already: soft.csv"
    assert (result.code, result.err) == (1, f"error: {message}\n")
    assert work.files() == ["labels.csv", "n.txt", "soft.csv"]
    assert work.read("n.txt") == OLD.decode()


@pytest.mark.parametrize("name", ["link", "replace"])
@pytest.mark.parametrize("failure", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_name_that_cannot_be_given_leaves_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch, name: str, failure: int
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise OSError(failure, os.strerror(failure))

    work.write("labels.csv", LABELS)
    force = ["--force"] if name == "replace" else []
    if name == "link":
        monkeypatch.setattr(os, "link", broken)
        monkeypatch.setattr(lsmooth.files.sink, "rename_exclusively", broken)
    monkeypatch.setattr(Path, "replace", broken)
    error = work.refused("smooth", "labels.csv", "-o", "soft.csv", "--names-out", "n.txt", *force)
    assert error == f"error: cannot write soft.csv: {os.strerror(failure).lower()}\n"


def test_without_links_a_rename_that_fails_leaves_no_empty_file(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EIO, "Input/output error")

    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "link", broken)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    monkeypatch.setattr(Path, "replace", broken)
    work.refused("smooth", "labels.csv", "-o", "soft.csv")


@pytest.mark.parametrize(
    "arguments",
    [
        ("smooth", "labels.csv", "--to", "npy"),
        late(("loss", "logits.npy", "labels.npy")),
        ("loss", "logits.npy", "labels.npy", "--reduction", "none", "--workers", 4),
        late(("explain", "three-classes")),
    ],
)
def test_every_command_says_that_its_stdout_is_full_or_closed(
    labels: Path, arguments: tuple[object, ...]
) -> None:
    full = in_shell(labels, '"$@" >/dev/full', *arguments)
    refused(full, "cannot write stdout: no space left on device")
    closed = in_shell(labels, '"$@" >&-', *arguments)
    refused(closed, "closed")
    nothing = in_shell(labels, '"$@" >&- 2>&-', *arguments)
    assert (nothing.code, nothing.out, nothing.err) == (1, "", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("loss", "-", "labels.npy"),
        ("loss", "logits.npy", "-"),
        late(("explain", "-")),
        ("smooth", "-k", 3, "-e", "0:.2", "--epoch", "all/3", "-o", "e{epoch}.csv"),
    ],
)
def test_every_command_says_that_its_stdin_is_closed(labels: Path, arguments: tuple[object, ...]) -> None:
    refused(in_shell(labels, '"$@" <&-', *arguments), "standard input is closed")


@pytest.mark.parametrize(
    ("arguments", "end"),
    [
        late(("loss", "logits.npy", "labels.npy"), "2>&-"),
        (("loss", "logits.npy", "labels.npy", "--reduction", "none", "--workers", 4), "2>/dev/full"),
        late(("smooth", "labels.npy", "--json"), "2>/dev/full"),
        (("explain", "three-classes"), "2>&-"),
    ],
)
def test_every_command_does_its_work_without_stderr(
    labels: Path, arguments: tuple[object, ...], end: str
) -> None:
    assert in_shell(labels, f'"$@" {end}', *arguments).code == 0
