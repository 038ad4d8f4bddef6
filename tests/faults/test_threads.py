"""Of several threads that fail the first row is told."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from conftest import Work
from kits import faults
from kits.faults import (
    refused,
    run,
    wait_for,
)

import lsmooth
import lsmooth.files.sink


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
