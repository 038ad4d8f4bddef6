"""A disk that fills while it is written to."""

from __future__ import annotations

import errno
import filecmp
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits import faults
from kits.faults import (
    hidden,
    late,
    limit,
    mostly_late,
    refused,
    run,
)
from kits.streams import BIG, LABELS, OLD

from lsmooth.files.sink import Sink

FULL = [
    (*BIG, "-o", "{}/soft.csv"),
    (*BIG, "-o", "{}/soft.npy"),
    ("smooth", "labels.csv", "-k", 10, "-o", "{}/soft.npy"),
    (*BIG, "-o", "{}/soft.npy", "--workers", 4),
    (*BIG, "-o", "{}/soft.csv.gz"),
    (*BIG, "-o", "{}/soft.tsv.bz2"),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none", "-o", "{}/loss.csv"),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none", "-o", "{}/loss.npy", "--workers", 4),
]


@pytest.mark.parametrize("arguments", mostly_late(FULL, 0, 2, 4, 7))
def test_a_disk_that_fills_leaves_nothing(labels: Path, disk: Path, arguments: tuple[object, ...]) -> None:
    disk.joinpath("there").write_bytes(bytes(61_440))  # 4 kB are left
    result = run(labels, *(str(each).format(disk) for each in arguments))
    output = str(arguments[arguments.index("-o") + 1]).format(disk)
    refused(result, f"cannot write {output}: no space left on device")
    assert os.listdir(disk) == ["there"]  # noqa: PTH208 - hidden ones too


@pytest.mark.parametrize("arguments", [FULL[0], late(FULL[5]), late(FULL[7])])
def test_a_disk_that_fills_keeps_the_old_file(
    labels: Path, disk: Path, arguments: tuple[object, ...]
) -> None:
    output = Path(str(arguments[arguments.index("-o") + 1]).format(disk))
    output.write_bytes(OLD)
    disk.joinpath("there").write_bytes(bytes(57_344))
    refused(run(labels, *(str(each).format(disk) for each in arguments), "--force"), "no space left")
    assert output.read_bytes() == OLD
    assert sorted(os.listdir(disk)) == sorted([output.name, "there"])  # noqa: PTH208


def test_a_disk_without_room_for_a_name_is_an_error(labels: Path, tmp_path: Path) -> None:
    with faults.small_disk(tmp_path / "disk", "size=1m,nr_inodes=2") as disk:
        disk.joinpath("there").write_bytes(b"")
        result = run(labels, *BIG, "-o", disk / "soft.npy")
        assert os.listdir(disk) == ["there"]  # noqa: PTH208
    refused(result, f"cannot write {disk / 'soft.npy'}: no space left on device")


def test_a_disk_without_room_for_a_second_name_is_renamed_on(labels: Path, tmp_path: Path) -> None:
    """A hard link needs an inode there; a rename does not."""
    with faults.small_disk(tmp_path / "disk", "size=2m,nr_inodes=2") as disk:
        result = run(labels, *BIG, "-o", disk / "soft.npy")
        assert result.code == 0, result.err
        assert os.listdir(disk) == ["soft.npy"]  # noqa: PTH208


@pytest.mark.parametrize("flag", ["--names-out", "--matrix-out"])
@pytest.mark.parametrize("force", [(), late(("--force",))])
def test_a_full_disk_under_a_second_output_leaves_neither(
    labels: Path, disk: Path, flag: str, force: tuple[str, ...]
) -> None:
    disk.joinpath("there").write_bytes(bytes(65_536))
    result = run(labels, *BIG, "-o", "soft.npy", flag, disk / "second.csv", *force)
    refused(result, "second.csv: no space left on device")
    assert os.listdir(disk) == ["there"]  # noqa: PTH208
    assert not list(labels.glob("*soft*")) + hidden(labels)


@pytest.mark.parametrize("flag", ["--names-out", "--matrix-out"])
def test_a_full_device_as_a_second_output_leaves_neither(labels: Path, flag: str) -> None:
    labels.joinpath("full.csv").symlink_to("/dev/full")
    result = run(labels, *BIG, "-o", "soft.npy", flag, "full.csv")
    refused(result, "cannot write full.csv: no space left on device")
    assert not list(labels.glob("*soft*")) + hidden(labels)


def test_a_disk_that_fills_in_a_late_epoch_keeps_the_whole_ones(labels: Path, disk: Path) -> None:
    faults.save_labels(labels / "few.npy", 600)  # 600 rows of 10 float32: 24 kB an epoch
    flags = ("-k", 10, "-e", "0:0.2", "--epoch", "all/4")
    assert run(labels, "smooth", "few.npy", *flags, "-o", "e{epoch}.npy").code == 0
    result = run(labels, "smooth", "few.npy", *flags, "-o", f"{disk}/e{{epoch}}.npy")
    refused(result, f"cannot write {disk}/e3.npy: no space left on device")
    assert sorted(os.listdir(disk)) == ["e1.npy", "e2.npy"]  # noqa: PTH208
    for name in ("e1.npy", "e2.npy"):
        assert filecmp.cmp(disk / name, labels / name, shallow=False)


@pytest.mark.parametrize(
    ("arguments", "kilobytes"),
    [(FULL[0], 0), late(FULL[0], 4), (FULL[2], 4), late(FULL[4], 4), late(FULL[7], 4)],
)
def test_a_limit_on_file_sizes_is_an_error(
    labels: Path, arguments: tuple[object, ...], kilobytes: int
) -> None:
    here = [str(each).format(".") for each in arguments]
    result = run(labels, *here, prelude=limit("RLIMIT_FSIZE", kilobytes * 1024))
    refused(result, "cannot write ./", "file too large")
    assert sorted(os.listdir(labels)) == ["labels.csv", "labels.npy", "logits.npy"]  # noqa: PTH208


@pytest.mark.parametrize("failure", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_header_that_cannot_be_rewritten_leaves_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch, failure: int
) -> None:
    def broken(self: Sink, offset: int, data: bytes) -> None:
        self._raw = Unwilling(self._raw, failure)  # type: ignore[assignment]
        overwrite(self, offset, data)

    overwrite = Sink.overwrite
    work.write("labels.csv", LABELS)
    monkeypatch.setattr(Sink, "overwrite", broken)
    error = work.refused("smooth", "labels.csv", "-k", 3, "-o", "soft.npy")
    assert error == f"error: cannot write soft.npy: {os.strerror(failure).lower()}\n"


class Unwilling:
    """A raw file that takes no more, or little at a time."""

    def __init__(self, raw: Any, failure: int | None) -> None:
        self._raw = raw
        self._failure = failure

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def write(self, data: bytes) -> int:
        if self._failure is not None:
            raise OSError(self._failure, os.strerror(self._failure))
        written: int = self._raw.write(memoryview(data)[:70])
        return written


def test_a_header_that_is_rewritten_in_pieces_is_whole(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(self: Sink, offset: int, data: bytes) -> None:
        raw = self._raw
        self._raw = Unwilling(raw, None)  # type: ignore[assignment]
        overwrite(self, offset, data)
        self._raw = raw

    overwrite = Sink.overwrite
    work.write("labels.csv", LABELS * 100)
    monkeypatch.setattr(Sink, "overwrite", slow)
    work.ok("smooth", "labels.csv", "-k", 3, "-o", "soft.npy")
    assert np.load(work.folder / "soft.npy").shape == (300, 3)
