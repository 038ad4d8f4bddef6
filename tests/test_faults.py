"""Faults: processes killed, disks full, streams closed, inputs that change, writers that race.

Real processes wherever the fault is one of the machine.
LSMOOTH_LONG=1 runs all cases, and as many rounds as the README names.
"""

from __future__ import annotations

import errno
import filecmp
import io
import os
import random
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from conftest import Work
from kits import faults
from kits.faults import (
    AS_ROOT,
    LONG,
    MEGABYTE,
    SIGNALS,
    TEMPORARY,
    finish,
    hidden,
    in_shell,
    late,
    limit,
    long_only,
    mostly_late,
    refused,
    run,
    start,
    temporaries,
    wait_for,
)

import lsmooth
import lsmooth.files.sink
from lsmooth.files.sink import Sink

LABELS = "0\n1\n2\n"
OLD = b"old\n"
ROUNDS = 200 if LONG else 20
RACES = 20 if LONG else 1


# Killed at any moment of a write


@dataclass(frozen=True)
class Write:
    """A run, what it writes, and how long that takes."""

    arguments: tuple[object, ...]
    outputs: tuple[str, ...]
    seconds: float = 0.0


WRITES = (
    Write(("smooth", "rows.npy", "--labels", "rows", "-o", "soft.csv"), ("soft.csv",)),
    Write(("smooth", "labels.csv", "-k", 10, "-o", "soft.npy"), ("soft.npy",)),
    Write(("smooth", "labels.npy", "-k", 10, "-o", "soft.csv.gz"), ("soft.csv.gz",)),
    Write(
        ("smooth", "labels.csv", "-o", "a.npy", "--names-out", "n.txt", "--matrix-out", "m.csv"),
        ("a.npy", "n.txt", "m.csv"),
    ),
    Write(
        ("smooth", "labels.npy", "-k", 10, "-e", "0:0.2", "--epoch", "all/3", "-o", "e{epoch}.npy"),
        ("e1.npy", "e2.npy", "e3.npy"),
    ),
    Write(
        ("loss", "logits.npy", "labels.npy", "--reduction", "none", "--workers", 4, "-o", "loss.csv"),
        ("loss.csv",),
    ),
    Write(("smooth", "labels.csv", "-k", 10, "--workers", 4, "-o", "four.csv"), ("four.csv",)),
)
INPUTS = ("rows.npy", "labels.csv", "labels.npy", "logits.npy")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Write]]:
    """Inputs, and the outputs of runs that nobody disturbed."""
    folder = tmp_path_factory.mktemp("prepared")
    rows = 200_000 if LONG else 60_000
    faults.save_rows(folder / "rows.npy", rows // 10)
    faults.save_labels(folder / "labels.csv", rows)
    faults.save_labels(folder / "labels.npy", rows)
    faults.save_predictions(folder / "logits.npy", rows)

    def timed(write: Write) -> Write:
        with start(folder, *write.arguments) as process:
            wait_for(lambda: temporaries(folder), process)
            begun = time.monotonic()
            assert finish(process).code == 0
            return Write(write.arguments, write.outputs, time.monotonic() - begun)

    return folder, [timed(write) for write in WRITES[: ROUNDS // len(SIGNALS)]]


@pytest.mark.parametrize("number", list(SIGNALS), ids=lambda number: number.name)
def test_killed_at_any_moment_leaves_the_old_file_or_the_whole_new_one(
    tmp_path: Path, prepared: tuple[Path, list[Write]], number: signal.Signals
) -> None:
    good, writes = prepared
    rounds = range(ROUNDS // len(SIGNALS) + (ROUNDS % len(SIGNALS) > list(SIGNALS).index(number)))

    def kill(turn: int) -> int:
        chance = random.Random(f"{number.name} {turn}")
        write, force = writes[turn % len(writes)], chance.random() < 0.5
        folder = tmp_path / str(turn)
        folder.mkdir()
        for name in INPUTS:
            folder.joinpath(name).hardlink_to(good / name)
        for name in write.outputs if force else ():
            folder.joinpath(name).write_bytes(OLD)
        code = struck(folder, write, number, chance, force=force)
        new = [name for name in write.outputs if is_new(folder / name, good / name, force=force)]
        if code in {0, -number} and number != signal.SIGKILL:
            # done, and Python is on its way out, or not begun
            assert new in ([], list(write.outputs)), (turn, code)
        left = hidden(folder)
        assert number == signal.SIGKILL or not left, (turn, code)
        check_what_a_kill_left(folder, left, write, good)
        shutil.rmtree(folder)
        return code

    with ThreadPoolExecutor(2) as executor:
        codes = list(executor.map(kill, rounds))
    struck_down = sum(code != 0 for code in codes)
    print(f"\n{number.name}: {struck_down} of {len(codes)} runs ended by it")  # noqa: T201
    assert struck_down >= len(codes) // 4 or not LONG, "many runs are ended before they are done"


def struck(folder: Path, write: Write, number: signal.Signals, chance: random.Random, *, force: bool) -> int:
    """Run and send a signal at some moment, mostly of the write; return the exit code."""
    process = start(folder, *write.arguments, *(["--force"] if force else []))
    anywhere = chance.random() < 0.2
    if anywhere:  # from before Python is up until after the end
        time.sleep(chance.random() * (0.5 + write.seconds))
    else:
        wait_for(lambda: temporaries(folder), process)
        time.sleep(chance.random() * write.seconds)
    process.send_signal(number)
    result = finish(process)
    if not anywhere:
        assert result.code in {0, SIGNALS[number], -number}, result.err
        assert "Traceback" not in result.err, result.err
        assert "ignored" not in result.err, result.err
    return result.code


def is_new(path: Path, good: Path, *, force: bool) -> bool:
    """Return whether an output is the new one; where it is not, it must be the old one, or none."""
    if path.exists() and filecmp.cmp(path, good, shallow=False):
        return True
    assert path.exists() == force, path.name
    assert not force or path.read_bytes() == OLD, path.name
    return False


def check_what_a_kill_left(folder: Path, left: list[Path], write: Write, good: Path) -> None:
    """What kill -9 leaves is hidden, private or whole, and no later run minds it or mistakes it for data."""
    for path in left:
        assert TEMPORARY.fullmatch(path.name)
        private = stat.S_IMODE(path.stat().st_mode) == 0o600
        of = path.name[1:].rsplit(".", 2)[0]
        assert private or filecmp.cmp(path, good / of, shallow=False)
    if left:
        before = [path.read_bytes() for path in left]
        assert run(folder, *write.arguments, "--force").code == 0
        assert all(filecmp.cmp(folder / name, good / name, shallow=False) for name in write.outputs)
        assert hidden(folder) == left, "a later run ignores it: another run may still be writing it"
        assert [path.read_bytes() for path in left] == before


def test_a_signal_while_the_end_is_written_leaves_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every system call of the end in turn; in process, for no clock hits each of them."""
    work.write("labels.csv", LABELS)
    before = work.ok("smooth", "labels.csv")
    for name in ("fsync", "fchmod", "link", "umask"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, interrupted)
            result = work.run("smooth", "labels.csv", "-o", "soft.csv")
        assert result.code == 130, name
        assert not hidden(work.folder), name
        if "soft.csv" in work.files():
            assert work.read("soft.csv") == before
            work.folder.joinpath("soft.csv").unlink()


def interrupted(*_: object, **__: object) -> NoReturn:
    raise KeyboardInterrupt


def test_a_second_signal_while_the_first_is_cleaned_up_leaves_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS + "9\n")
    monkeypatch.setattr(lsmooth.files.sink, "compressed", InterruptedAtClose)
    result = work.run("smooth", "labels.csv", "-k", 3, "-o", "soft.csv")
    assert result.code == 130
    assert work.files() == ["labels.csv"]


class InterruptedAtClose:
    """A stream whose first `close` is when the signal comes."""

    def __init__(self, raw: Any, _: object) -> None:
        self._raw = raw
        self._struck = False

    def write(self, data: bytes) -> int:
        written: int = self._raw.write(data)
        return written

    def close(self) -> None:
        if not self._struck:
            self._struck = True
            raise KeyboardInterrupt


#: Does something in a finalizer, out of which no exception comes.
FINALIZER = """
from lsmooth.cli.console import Console
from lsmooth.files.source import Source
class Finalized:
    def __del__(self):
        {strike}
        for _ in range(1000):
            str()
real = {method}
def striking(*given):
    Finalized()
    return real(*given)
{method} = striking
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_within_a_finalizer_ends_the_run(tmp_path: Path, number: signal.Signals) -> None:
    """Python drops what is raised there, and the next signal would not be heeded."""
    prelude = FINALIZER.format(strike=f"os.kill(os.getpid(), {int(number)})", method="Source.open")
    process = start(tmp_path, "smooth", "-k", 3, "-o", "a.csv", prelude=prelude, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LABELS.encode())
    process.stdin.flush()
    wait_for(lambda: process.poll() is not None)
    result = finish(process)
    assert (result.code, result.out, result.err) == (128 + number, "", "")
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("_turn", range(5))
def test_a_signal_within_the_last_finalizer_changes_nothing_or_ends_the_run(
    tmp_path: Path, _turn: int
) -> None:
    """It is raised again a moment later, when the run may be over."""
    strike = f"os.kill(os.getpid(), {int(signal.SIGTERM)})"
    prelude = FINALIZER.format(strike=strike, method="Console.summary")
    result = run(tmp_path, "smooth", "-k", 3, "-o", "a.csv", prelude=prelude, data=LABELS.encode())
    assert result.code in {0, 143}


def test_what_else_goes_wrong_in_a_finalizer_is_told(tmp_path: Path) -> None:
    prelude = FINALIZER.format(strike="raise ValueError('told')", method="Source.open")
    result = run(tmp_path, "smooth", "-k", 3, "-o", "a.csv", prelude=prelude, data=LABELS.encode())
    assert result.code == 0
    assert "ValueError: told" in result.err


@pytest.mark.parametrize("number", [signal.SIGHUP, late(signal.SIGTERM), late(signal.SIGINT)])
def test_a_signal_that_is_ignored_from_the_start_stays_ignored(
    tmp_path: Path, number: signal.Signals
) -> None:
    """As `nohup` has it for SIGHUP, and a shell for SIGINT in the background."""
    ignoring = f"signal.signal({int(number)}, signal.SIG_IGN)\n"
    flags = ("smooth", "-k", 3, "-o", "soft.csv")
    process = start(tmp_path, *flags, prelude=ignoring, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LABELS.encode() * 100_000)
    process.stdin.flush()
    wait_for(lambda: temporaries(tmp_path), process)
    process.send_signal(number)
    result = finish(process, LABELS.encode())
    assert result.code == 0, result.err
    assert len((tmp_path / "soft.csv").read_bytes().splitlines()) == 300_003


def test_signals_by_the_dozen_leave_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, "smooth", "-k", 3, "-o", "soft.csv.gz", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LABELS.encode() * 100_000)
    process.stdin.flush()
    wait_for(lambda: temporaries(tmp_path), process)
    for turn in range(12):
        process.send_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[turn % 3])
    result = finish(process)
    assert result.code in {129, 130, 143, -signal.SIGHUP, -signal.SIGTERM, -signal.SIGINT}
    assert (result.out, result.err) == ("", "")
    assert hidden(tmp_path) == []


# A disk that is full


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for 64 kB and for the file in the making."""
    with faults.small_disk(tmp_path / "disk", "size=64k") as folder:
        yield folder


BIG = ("smooth", "labels.npy", "-k", 10)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A folder with labels, whose targets are larger than 64 kB."""
    for name in ("labels.npy", "labels.csv"):
        faults.save_labels(tmp_path / name, 50_000)
    faults.save_predictions(tmp_path / "logits.npy", 50_000)
    return tmp_path


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


# Readers that leave, or take their time


MANY_ROWS = 150_000
STREAMS = [
    ("smooth", "labels.npy", "-k", 10),
    ("smooth", "labels.npy", "-k", 10, "--to", "npy"),
    ("smooth", "labels.csv", "-k", 10, "--workers", 4),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none"),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none", "--to", "npy"),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none", "--workers", 4),
]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of more than a pipe and a few blocks hold."""
    folder = tmp_path_factory.mktemp("many")
    faults.save_labels(folder / "labels.npy", MANY_ROWS)
    faults.save_labels(folder / "labels.csv", MANY_ROWS)
    faults.save_predictions(folder / "logits.npy", MANY_ROWS)
    faults.save_rows(folder / "rows.npy", 4 * MANY_ROWS)  # 120 MB of text
    return folder


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


# Inputs that are outputs


REFERENCES = {
    "--adaptive": ("-e", "0:0.2"),
    "--conditional": ("-e", "0:0.2"),
    "--confusion": (),
    "--online": (),
    "--similarity": (),
    "--hierarchy": (),
    "--per-class": (),
    "--prior": (),
    "--names": (),
}


@pytest.mark.parametrize("how", ["path", "symlink", "hard link"])
@pytest.mark.parametrize("flag", list(REFERENCES))
def test_a_file_that_a_rule_reads_is_never_overwritten(work: Work, flag: str, how: str) -> None:
    work.write("labels.csv", "label\na\nb\nc\n")
    content = {
        "--similarity": "1,.5,.2\n.5,1,.1\n.2,.1,1\n",
        "--hierarchy": "parent,child\nr,x\nr,c\nx,a\nx,b\n",
        "--per-class": "class,value\na,.1\nb,.2\nc,.3\n",
        "--prior": "class,value\na,1\nb,2\nc,3\n",
        "--names": "a\nb\nc\n",
    }.get(flag, "a,b,c\n.8,.1,.1\n.2,.7,.1\n.3,.3,.4\n")
    original = work.write("read.csv", content)
    name = "read.csv" if how == "path" else "other.csv"
    if how == "symlink":
        work.folder.joinpath(name).symlink_to("read.csv")
    elif how == "hard link":
        work.folder.joinpath(name).hardlink_to(original)
    names = [] if flag == "--names" else ["--names", "a,b,c"]
    arguments = ["smooth", "labels.csv", flag, "read.csv", *names, *REFERENCES[flag]]
    work.ok(*arguments)
    for output in (
        ["-o", name],
        ["-o", "soft.csv", "--matrix-out", name],
        ["-o", "s.npy", "--names-out", name],
    ):
        if "--matrix-out" in output and flag == "--conditional":
            continue
        error = work.refused(*arguments, *output, "--force")
        assert error.startswith(f"error: {name} is also an input\n"), error
    assert work.read("read.csv") == content


@pytest.mark.parametrize("how", ["path", "symlink", "hard link"])
@pytest.mark.parametrize("which", ["logits.npy", "labels.npy", "weights.csv"])
def test_an_input_of_loss_is_never_overwritten(work: Work, which: str, how: str) -> None:
    faults.save_predictions(work.folder / "logits.npy", 20)
    faults.save_labels(work.folder / "labels.npy", 20)
    work.write("weights.csv", "class,value\n" + "".join(f"{number},1\n" for number in range(10)))
    before = work.folder.joinpath(which).read_bytes()
    name = which if how == "path" else "other" + which[-4:]
    if how == "symlink":
        work.folder.joinpath(name).symlink_to(which)
    elif how == "hard link":
        work.folder.joinpath(name).hardlink_to(which)
    flags = ["--weights", "weights.csv", "--reduction", "none"]
    error = work.refused("loss", "logits.npy", "labels.npy", *flags, "-o", name, "--force")
    assert error.startswith(f"error: {name} is also an input\n")
    assert work.folder.joinpath(which).read_bytes() == before


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_epoch_never_overwrites_an_input(work: Work, force: tuple[str, ...]) -> None:
    work.write("e2.csv", LABELS)
    work.refused("smooth", "e2.csv", "-e", "0:.2", "--epoch", "all/3", "-o", "e{epoch}.csv", *force)
    assert work.read("e2.csv") == LABELS


@pytest.mark.parametrize("flag", ["--names-out", "--matrix-out"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_epoch_and_another_output_are_two_files(work: Work, flag: str, force: tuple[str, ...]) -> None:
    work.write("labels.csv", LABELS)
    flags = ("-e", "0:.2", "--epoch", "all/3", "-o", "e{epoch}.csv", flag, "e2.csv", *force)
    work.refused("smooth", "labels.csv", *flags, code=2)


# Two writers


@pytest.mark.parametrize("force", [False, True])
def test_of_two_writers_that_end_at_once_one_whole_file_wins(tmp_path: Path, force: bool) -> None:
    rows = 20_000
    contents = [
        "".join(f"{','.join(['0.9' if at == label else '0.05' for at in range(3)])}\n" for _ in range(rows))
        for label in (0, 1)
    ]
    for turn in range(RACES):
        flags = ["--force"] if force else []
        processes = [
            start(
                tmp_path,
                *("smooth", "-k", 3, "--spread", "others", "-o", "soft.csv", *flags),
                stdin=subprocess.PIPE,
            )
            for _ in contents
        ]
        for label, process in enumerate(processes):
            assert process.stdin is not None
            process.stdin.write(f"{label}\n".encode() * rows)
            process.stdin.flush()
        wait_for(lambda: len(temporaries(tmp_path)) == 2)
        for process in processes[:: 1 if turn % 2 else -1]:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        results = [finish(process) for process in processes]
        codes = [result.code for result in results]
        written = tmp_path.joinpath("soft.csv").read_text()
        if force:
            assert codes == [0, 0], results
            assert written in contents
        else:
            assert sorted(codes) == [0, 1], results
            assert written == contents[codes.index(0)]
            refused(results[codes.index(1)], "soft.csv has been made by somebody else in the meantime")
        assert os.listdir(tmp_path) == ["soft.csv"]  # noqa: PTH208
        tmp_path.joinpath("soft.csv").unlink()


# Folders that take nothing, or are gone


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


# Limits


NARROW = [
    ("smooth", "labels.csv", "-o", "{}/soft.npy"),
    ("smooth", "labels.npy", "-o", "{}/soft.csv"),
    ("smooth", "rows.npy", "--labels", "rows", "-o", "{}/soft.npy"),
    ("loss", "logits.npy", "labels.csv"),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none", "-o", "{}/loss.csv"),
    ("loss", "logits.npy", "labels.npy", "--compare"),
]


@pytest.mark.parametrize("arguments", mostly_late(NARROW, 0, 4))
def test_700_megabytes_of_addresses_are_enough(
    many: Path, tmp_path: Path, arguments: tuple[object, ...]
) -> None:
    prelude = limit("RLIMIT_AS", 700 * MEGABYTE)
    filled = [str(each).format(tmp_path) for each in arguments]
    result = run(many, *filled, "--workers", 1, "-q", prelude=prelude)
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("command", ["smooth", "loss"])
def test_too_little_memory_is_an_error_that_leaves_nothing(many: Path, tmp_path: Path, command: str) -> None:
    """What is left when everything is loaded is too little for a block."""
    files: tuple[object, ...] = ("labels.csv", "-k", 10)
    if command == "loss":
        files = ("logits.npy", "labels.npy", "--reduction", "none")
    room = (
        "import numpy, lsmooth.cli.app, lsmooth.cli.smooth, lsmooth.cli.loss\n"
        "import lsmooth.pipeline.targets, lsmooth.pipeline.loss, lsmooth.cli.console\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**20,) * 2)\n"
    )
    flags = ("-o", tmp_path / "out.csv", "--workers", 1)
    result = run(many, command, *files, *flags, prelude=room)
    refused(result, "memory")
    assert os.listdir(tmp_path) == []  # noqa: PTH208


@pytest.mark.parametrize("most", [0, 1])
def test_a_thread_that_cannot_start_is_done_without(
    work: Work, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """The limit on processes of a container, or RLIMIT_AS; without any thread the caller does all."""
    import threading

    faults.save_predictions(work.folder / "logits.npy", 300_000)
    faults.save_labels(work.folder / "labels.npy", 300_000)
    flags = ("loss", "logits.npy", "labels.npy", "--reduction", "none", "-o", "l.csv", "--workers", 16)
    before, begin = threading.active_count(), threading.Thread.start

    def few(self: threading.Thread) -> None:
        if threading.active_count() >= before + most:
            raise RuntimeError("can't start new thread")
        begin(self)

    monkeypatch.setattr(threading.Thread, "start", few)
    work.ok(*flags)
    assert len(work.read("l.csv").splitlines()) == 300_000


@pytest.mark.parametrize("suffix", ["npy", late("csv.gz")])
def test_1024_inputs_with_64_descriptors(tmp_path: Path, suffix: str) -> None:
    import gzip

    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    content = {"npy": buffer.getvalue(), "csv.gz": gzip.compress(LABELS.encode())}
    names = [f"{number:04}.{suffix}" for number in range(1024)]
    for name in names:
        tmp_path.joinpath(name).write_bytes(content[suffix])
    few = limit("RLIMIT_NOFILE", 64)
    flags = ("--names-out", "n.txt", "--workers", 4)
    result = run(tmp_path, "smooth", *names, "-o", "soft.npy", *flags, prelude=few)
    assert result.code == 0, result.err
    soft = np.load(tmp_path / "soft.npy")
    assert np.array_equal(soft.argmax(axis=1), np.tile([0, 1, 2], 1024))
    assert hidden(tmp_path) == []


# Threads that fail


def broken_predictions(folder: Path, rows: int, at: list[int]) -> None:
    """Save predictions with NaN at some rows."""
    values = np.random.default_rng(8).standard_normal((rows, 10), np.float32)
    values[at] = np.nan
    np.save(folder / "bad.npy", values)
    faults.save_labels(folder / "labels.npy", rows)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("output", [("--reduction", "none", "-o", "loss.csv"), ("--report",)])
def test_of_several_workers_that_fail_the_first_row_is_told(
    work: Work, workers: int, output: tuple[str, ...]
) -> None:
    """In every block from the third on something is wrong, in the first of them last."""
    broken_predictions(work.folder, 300_000, [250_000, 200_001, 170_003, *range(200_000, 300_000, 999)])
    error = work.refused("loss", "bad.npy", "labels.npy", "--workers", workers, *output)
    assert error.startswith("error: bad.npy: row 170003: "), error


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("to", ["csv", "npy"])
def test_of_several_labels_that_are_wrong_the_first_is_told(work: Work, workers: int, to: str) -> None:
    labels = np.arange(600_000) % 3
    labels[[400_003, 450_000, 599_999]] = 7
    np.save(work.folder / "labels.npy", labels)
    flags = ("-k", 3, "--workers", workers, "-o", f"soft.{to}")
    error = work.refused("smooth", "labels.npy", *flags)
    assert error.startswith("error: labels.npy: row 400003: "), error
    faults.save_labels(work.folder / "text.csv", 600_000, 3)
    with work.folder.joinpath("text.csv").open("r+b") as text:
        for row in (400_003, 450_000):
            text.seek(2 * row)
            text.write(b"7")
    error = work.refused("smooth", "text.csv", *flags)
    assert error.startswith("error: text.csv:400004: "), error


@pytest.mark.parametrize("workers", [1, 4])
def test_a_wrong_prediction_is_told_before_a_wrong_label_of_a_later_row(work: Work, workers: int) -> None:
    broken_predictions(work.folder, 400_000, [2_000])
    labels = np.load(work.folder / "labels.npy")
    labels[70_000] = 77  # in the second block
    np.save(work.folder / "labels.npy", labels)
    flags = ("--workers", workers, "--as", "logits", "--reduction", "none", "-o", "loss.csv", "-k", 10)
    error = work.refused("loss", "bad.npy", "labels.npy", *flags)
    assert error.startswith("error: bad.npy: row 2000: "), error


@pytest.mark.parametrize("workers", [1, 4])
def test_after_a_failure_the_other_threads_stop(work: Work, workers: int) -> None:
    """The file is large, the error early: few blocks are read after it, and no thread is left."""
    import threading

    broken_predictions(work.folder, 1_000_000, [1_500])
    before = threading.active_count()
    with pytest.raises(lsmooth.LsmoothError, match="row 1500"):
        lsmooth.loss_file(
            "bad.npy",
            "labels.npy",
            kind="logits",
            report=False,
            reduction="none",
            output="l.npy",
            workers=workers,
        )
    wait_for(lambda: threading.active_count() <= before)
    assert work.files() == ["bad.npy", "labels.npy"]


def test_an_error_of_a_disk_ends_the_threads(labels: Path, disk: Path) -> None:
    faults.save_predictions(labels / "large.npy", 500_000)
    faults.save_labels(labels / "large-labels.npy", 500_000)
    flags = ("--reduction", "none", "--workers", 4, "-o", disk / "l.csv")
    refused(run(labels, "loss", "large.npy", "large-labels.npy", *flags), "l.csv: no space left on device")
    assert os.listdir(disk) == []  # noqa: PTH208


# Modes and owners


@pytest.mark.parametrize(
    ("arguments", "outputs"),
    [
        (
            ("smooth", "labels.csv", "-o", "a.npy", "--names-out", "n.txt", "--matrix-out", "m.csv"),
            ("a.npy", "n.txt", "m.csv"),
        ),
        (
            ("smooth", "labels.csv", "-e", "0:.1", "--epoch", "all/2", "-o", "e{epoch}.csv"),
            ("e1.csv", "e2.csv"),
        ),
        (("loss", "logits.npy", "labels.npy", "--reduction", "none", "-o", "l.csv.gz"), ("l.csv.gz",)),
    ],
)
def test_every_output_keeps_mode_and_owner_of_what_it_replaces(
    work: Work, arguments: tuple[str, ...], outputs: tuple[str, ...]
) -> None:
    faults.save_predictions(work.folder / "logits.npy", 20)
    faults.save_labels(work.folder / "labels.npy", 20)
    faults.save_labels(work.folder / "labels.csv", 20)
    for name in outputs:
        work.write(name, OLD).chmod(0o640)
        if AS_ROOT:
            os.chown(work.folder / name, 12345, 23456)
    work.ok(*arguments, "--force")
    for name in outputs:
        status = work.folder.joinpath(name).stat()
        assert stat.S_IMODE(status.st_mode) == 0o640
        assert status.st_size != len(OLD)
        assert not AS_ROOT or (status.st_uid, status.st_gid) == (12345, 23456)


AS_SOMEBODY = (
    "import lsmooth, lsmooth.cli.app\n"
    "lsmooth.smooth_file('labels.csv', 'warm.csv', epsilon=0.1)\n"  # loads everything while it may be read
    "os.setgroups([23456])\n"
    "os.setresgid(65534, 65534, 65534)\n"
    "os.setresuid(65534, 65534, 65534)\n"
    "lsmooth.smooth_file('labels.csv', 'out/soft.csv', epsilon=0.1, force=True)\n"
    "sys.exit(0)\n"
)


@pytest.mark.skipif(not AS_ROOT, reason="only root may become somebody else")
def test_the_group_is_kept_where_the_owner_cannot_be() -> None:
    """In a folder that a team shares: without it, those who could read the file no longer can."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are private
        folder = Path(name)
        folder.joinpath("labels.csv").write_text(LABELS)
        shared = folder / "out"
        shared.mkdir()
        old = shared / "soft.csv"
        old.write_bytes(OLD)
        os.chown(old, 12345, 23456)
        old.chmod(0o660)
        for each in (folder, shared):
            each.chmod(0o777)
        result = run(folder, prelude=AS_SOMEBODY)
        assert result.code == 0, result.err
        assert old.stat().st_uid == 65534
        assert old.stat().st_gid == 23456


def watched_end(work: Work, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[tuple[str, str, int]]:
    """Run and return the calls at the end in order: what, the name or kind it is done to, and its mode."""
    seen: list[tuple[str, str, int]] = []

    def name_of(descriptor: int) -> tuple[str, int]:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            return "folder", 0
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115
        return path.name[1:].rsplit(".", 2)[0], stat.S_IMODE(status.st_mode)

    def before(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            if what == "fsync":
                seen.append((what, *name_of(given[0])))
            else:
                seen.append((what, Path(given[1]).name, stat.S_IMODE(Path(given[0]).stat().st_mode)))
            return function(*given, **named)

        return called

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", before("fsync", os.fsync))
        patch.setattr(os, "link", before("name", os.link))
        patch.setattr(Path, "replace", before("name", Path.replace))
        work.ok(*arguments)
    return seen


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of descriptors are in /proc")
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_files_are_synced_then_named_then_their_folder_is_synced(
    work: Work, monkeypatch: pytest.MonkeyPatch, force: tuple[str, ...]
) -> None:
    work.write("labels.csv", LABELS)
    flags = ("-o", "a.npy", "--names-out", "n.txt", *force)
    calls = [(what, of) for what, of, _ in watched_end(work, monkeypatch, "smooth", "labels.csv", *flags)]
    assert calls[:2] == [("fsync", "a.npy"), ("fsync", "n.txt")]
    named = [of for what, of in calls if what == "name"]
    assert named == ["a.npy", "n.txt"]
    for number, (what, _) in enumerate(calls):
        if what == "name":
            assert ("fsync", "folder") in calls[number:]
    assert calls[-1] == ("fsync", "folder")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of descriptors are in /proc")
def test_a_temporary_file_is_private_until_it_has_been_synced(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    calls = watched_end(work, monkeypatch, "smooth", "labels.csv", "-o", "a.npy", "--names-out", "n.txt")
    assert [mode for what, of, mode in calls if what == "fsync" and of != "folder"] == [0o600, 0o600]


def test_names_of_temporaries_hold_96_random_bits(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("labels.csv", LABELS)
    names: list[str] = []
    link = os.link

    def watched(source: Any, target: Any) -> None:
        names.append(Path(source).name)
        link(source, target)

    monkeypatch.setattr(os, "link", watched)
    for turn in range(20):
        random.seed(1)  # whatever else is seeded
        np.random.seed(1)  # noqa: NPY002
        work.ok("smooth", "labels.csv", "-o", "soft.csv", "--names-out", f"n{turn}.txt")
        work.folder.joinpath("soft.csv").unlink()
    assert all(TEMPORARY.fullmatch(name) for name in names)
    secrets = [name.split(".")[-2] for name in names]
    assert len(set(secrets)) == len(names) == 40
    bits = np.array([[int(bit) for bit in f"{int(secret, 16):096b}"] for secret in secrets])
    assert ((bits.mean(axis=0) > 0) & (bits.mean(axis=0) < 1)).all(), "every bit of them differs"


def test_a_file_that_is_in_the_way_of_a_temporary_is_not_followed(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if somebody could guess the name: O_EXCL opens no link."""
    work.write("labels.csv", LABELS)
    work.write("precious", OLD)
    monkeypatch.setattr(os, "urandom", bytes)
    work.folder.joinpath(f".soft.csv.{'00' * 12}.tmp").symlink_to("precious")
    result = work.run("smooth", "labels.csv", "-o", "soft.csv")
    assert result.code == 1
    assert work.read("precious") == OLD.decode()
    assert "soft.csv" not in work.files()
