"""Folders that take nothing, or are gone, and pipes with a name."""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from conftest import Work
from kits import faults
from kits.faults import (
    finish,
    hidden,
    late,
    refused,
    run,
    start,
    temporaries,
    wait_for,
)
from kits.streams import BIG, LABELS, OLD


@pytest.mark.parametrize("old", [False, True])
def test_a_folder_that_is_read_only_is_an_error(labels: Path, old: bool) -> None:
    folder = labels / "locked"
    folder.mkdir()
    if old:
        folder.joinpath("soft.npy").write_bytes(OLD)
    with faults.read_only(folder):
        result = run(labels, *BIG, "-o", "locked/soft.npy", *(["--force"] if old else []))
    refused(result, "cannot write locked/soft.npy: ")
    assert os.listdir(folder) == (["soft.npy"] if old else [])  # noqa: PTH208
    assert not old or folder.joinpath("soft.npy").read_bytes() == OLD


def test_a_disk_that_is_mounted_read_only_is_an_error(labels: Path, tmp_path: Path) -> None:
    with faults.small_disk(tmp_path / "disk", "size=1m,ro") as disk:
        result = run(labels, *BIG, "-o", disk / "soft.npy")
    refused(result, f"cannot write {disk / 'soft.npy'}: ")


@pytest.mark.parametrize(
    ("instead", "force"),
    [
        ("nothing", ()),
        late("nothing", ("--force",)),
        late("a file", ()),
        ("another folder", ("--force",)),
        ("another folder", ()),
    ],
)
def test_a_folder_that_goes_while_it_is_written_to_is_an_error(
    tmp_path: Path, force: tuple[str, ...], instead: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    process = start(tmp_path, "smooth", "-k", 3, "-o", "out/soft.csv", *force, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LABELS.encode() * 200_000)
    process.stdin.flush()
    wait_for(lambda: temporaries(folder), process)
    folder.rename(tmp_path / "moved")
    if instead == "a file":
        folder.write_bytes(OLD)
    elif instead == "another folder":
        folder.mkdir()
    else:
        shutil.rmtree(tmp_path / "moved")
    result = finish(process, b"")
    assert "Traceback" not in result.err
    assert result.code == 1
    if instead != "a file":  # of which there is a test below
        refused(result, "cannot write out/soft.csv: ")
    assert not list(tmp_path.rglob("soft.csv"))


def test_a_folder_that_becomes_a_file_is_an_error_that_names_the_output(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    process = start(tmp_path, "smooth", "-k", 3, "-o", "out/soft.csv", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LABELS.encode() * 200_000)
    process.stdin.flush()
    wait_for(lambda: temporaries(folder), process)
    folder.rename(tmp_path / "moved")
    folder.write_bytes(OLD)
    refused(finish(process, b""), "cannot write out/soft.csv: ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("{}/labels.npy", "-k", 10), 0),
        late(("{}/labels.npy", "-k", 10, "-o", "{}/soft.npy"), 0),
        (("{}/labels.npy", "-k", 10, "-o", "soft.npy"), 1),
        (("labels.npy", "-k", 10, "-o", "{}/soft.npy"), 1),
    ],
)
def test_a_current_folder_that_is_gone(labels: Path, arguments: tuple[object, ...], code: int) -> None:
    gone = "os.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')\n"
    filled = [str(each).format(labels) for each in arguments]
    result = run(labels, "smooth", *filled, prelude=gone)
    if code:
        refused(result, "labels.npy" if filled[0] == "labels.npy" else "soft.npy")
    else:
        assert result.code == 0, result.err


def test_a_long_name_of_wide_letters_can_be_written(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.ok("smooth", "labels.csv", "-o", "🐱" * 62 + ".csv")


# FIFOs


@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_from_fifo_to_fifo(many: Path, tmp_path: Path, suffix: str) -> None:
    expected = run(many, "smooth", f"labels.{suffix}", "-k", 10, "-o", tmp_path / f"plain.{suffix}")
    assert expected.code == 0, expected.err
    fifos = tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    for fifo in fifos:
        os.mkfifo(fifo)
    process = start(tmp_path, "smooth", fifos[0].name, "-k", 10, "-o", fifos[1].name)
    feed = subprocess.Popen(["sh", "-c", f'cat "$0" > {fifos[0]}', str(many / f"labels.{suffix}")])
    take = subprocess.Popen(["sh", "-c", f"cat {fifos[1]} > {tmp_path / 'taken'}"])
    result = finish(process)
    assert result.code == 0, result.err
    assert feed.wait(60) == 0
    assert take.wait(60) == 0
    assert filecmp.cmp(tmp_path / "taken", tmp_path / f"plain.{suffix}", shallow=False)
    assert all(stat.S_ISFIFO(fifo.stat().st_mode) for fifo in fifos)
    assert hidden(tmp_path) == []


def test_loss_from_two_fifos(many: Path, tmp_path: Path) -> None:
    expected = run(many, "loss", "logits.npy", "labels.npy").out
    feeds = []
    for name in ("logits.npy", "labels.npy"):
        os.mkfifo(tmp_path / name)
        feeds.append(subprocess.Popen(["sh", "-c", f'cat "$0" > {tmp_path / name}', str(many / name)]))
    result = run(tmp_path, "loss", "logits.npy", "labels.npy", "--as", "logits", "--labels", "index")
    assert [feed.wait(60) for feed in feeds] == [0, 0]
    assert (result.code, result.out) == (0, expected), result.err
