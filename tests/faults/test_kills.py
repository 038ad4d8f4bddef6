"""Killed at any moment of a write."""

from __future__ import annotations

import filecmp
import random
import shutil
import signal
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from kits import faults
from kits.faults import (
    LONG,
    SIGNALS,
    TEMPORARY,
    finish,
    hidden,
    run,
    start,
    temporaries,
    wait_for,
)
from kits.streams import OLD

ROUNDS = 200 if LONG else 20

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
