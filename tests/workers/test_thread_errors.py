"""The first error in the order of the rows is told."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.workers import CLASSES, PER_ROW, WORKERS, lines, random, threads_here

import lsmooth
from lsmooth.pipeline import loss_pass
from lsmooth.pipeline.engine import DEPTH
from lsmooth.tiles import tile_rows

#: Rows of a tile of so many classes: blocks are whole ones.
TILE = tile_rows(CLASSES)

# Errors


def save_with(rows: Sequence[int], value: float = np.nan, count: int = 12 * TILE) -> None:
    values = random(6).normal(0, 1, (count, CLASSES)).astype(np.float32)
    values[list(rows), 2] = value
    np.save("z.npy", values)
    np.save("y.npy", np.arange(count) % CLASSES)


def watch(patch: pytest.MonkeyPatch, before: Callable[[int], None]) -> list[int]:
    """Call something with the first row of each block before it is worked on; returns these rows."""
    seen: list[int] = []
    real: Callable[[Any, Any], Any] = loss_pass.LossPass.work

    def work(self: Any, pair: Any) -> Any:
        seen.append(pair.scores.start)
        before(pair.scores.start)
        return real(self, pair)

    patch.setattr(loss_pass.LossPass, "work", work)
    return seen


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("flags", [[], ["--report"], ["--compare"], [*PER_ROW, "-o", "rows.npy"]])
def test_the_earlier_of_two_errors_is_the_one(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int, flags: list[str]
) -> None:
    early, late = 2 * TILE + 5, 3 * TILE + 1
    save_with([early, late, 9 * TILE])
    watch(monkeypatch, lambda start: time.sleep(0.05) if start == 2 * TILE else None)
    error = work.refused("loss", "z.npy", "y.npy", "--workers", workers, *flags)
    assert f"z.npy: row {early}: the prediction is NaN" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", WORKERS)
def test_the_earlier_of_two_errors_in_text(work: Work, workers: int) -> None:
    values = random(7).normal(0, 1, (8 * TILE, CLASSES)).astype(str).astype(object)
    values[5 * TILE, 1], values[6 * TILE, 3] = "many", "few"
    work.write("z.csv", "".join(",".join(row) + "\n" for row in values.tolist()))
    work.write("y.csv", lines(np.arange(8 * TILE) % CLASSES))
    error = work.refused("loss", "z.csv", "y.csv", *PER_ROW, "-o", "rows.csv", "--workers", workers)
    assert f"z.csv:{5 * TILE + 1}" in error
    assert "many" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("block", "workers"),
    [
        *((8, workers) for workers in (1, 2, 3)),
        (3, 1),
        *((1, workers) for workers in WORKERS),
        *((3, workers) for workers in (2, 3, 8)),
        (8, 8),
    ],
)
def test_a_bad_prediction_before_a_bad_label(work: Work, workers: int, block: int) -> None:
    save_with([5])
    labels = np.arange(12 * TILE) % CLASSES
    labels[block * TILE] = 77
    np.save("y.npy", labels)
    error = work.refused("loss", "z.npy", "y.npy", "-k", CLASSES, "--workers", workers)
    assert "z.npy: row 5: the prediction is NaN" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", WORKERS)
def test_a_bad_label_before_a_bad_prediction(work: Work, workers: int) -> None:
    save_with([9 * TILE])
    labels = np.arange(12 * TILE) % CLASSES
    labels[4 * TILE] = 77
    np.save("y.npy", labels)
    error = work.refused("loss", "z.npy", "y.npy", "-k", CLASSES, "--workers", workers)
    assert f"y.npy: row {4 * TILE}" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [2, 3, 8])
def test_after_an_error_few_blocks_are_begun(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    count = 200 * TILE
    save_with([TILE], count=count)
    seen = watch(monkeypatch, lambda _start: time.sleep(0.002))
    work.refused("loss", "z.npy", "y.npy", "--workers", workers)
    assert len(seen) <= 2 + DEPTH * workers
    assert threads_here() == 1


@pytest.mark.usefixtures("small")
def test_one_worker_stops_at_the_error(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    save_with([TILE])
    seen = watch(monkeypatch, lambda _start: None)
    work.refused("loss", "z.npy", "y.npy", "--workers", 1)
    assert seen == [0, TILE]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("flags", [[], PER_ROW])
def test_a_file_that_becomes_shorter_is_an_error(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int, flags: list[str]
) -> None:
    save_with([])

    def shorten(start: int) -> None:
        if start == 3 * TILE:
            os.truncate("z.npy", 2 * TILE * CLASSES * 4)

    watch(monkeypatch, shorten)
    output = ["-o", "rows.npy"] if flags else []
    error = work.refused("loss", "z.npy", "y.npy", "--workers", workers, *flags, *output)
    assert re.search("z.npy has (become shorter|changed) while it was being read", error)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("at", [0, 11 * TILE])
@pytest.mark.parametrize("text", [False, True])
def test_a_file_that_changes_is_an_error(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int, at: int, text: bool
) -> None:
    save_with([])
    name = "z.npy"
    if text:
        name = "z.csv"
        work.write(name, lines(np.load("z.npy").astype(np.float64)))
    last = 11 * TILE

    def touch(start: int) -> None:
        if start == at or (text and at == last):  # blocks of text are not of one length
            os.utime(name, (1, 1))

    watch(monkeypatch, touch)
    error = work.refused("loss", name, "y.npy", "--as", "logits", "--workers", workers)
    assert f"{name} has changed while it was being read" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_labels_that_run_out(work: Work, workers: int) -> None:
    save_with([])
    np.save("y.npy", np.arange(12 * TILE - 3) % CLASSES)
    error = work.refused("loss", "z.npy", "y.npy", *PER_ROW, "-o", "rows.npy", "--workers", workers)
    assert f"z.npy has {12 * TILE:,} rows, y.npy has {12 * TILE - 3:,}" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", WORKERS)
def test_progress_ends_at_the_last_row(work: Work, workers: int) -> None:
    del work
    save_with([])
    done: list[int] = []

    def progress(step: str, rows: int, taken: int, total: int | None) -> None:
        del taken, total
        if step == "computing":
            done.append(rows)

    lsmooth.loss_file("z.npy", "y.npy", workers=workers, report=False, progress=progress)
    assert done == sorted(done)
    assert done[-1] == 12 * TILE
