"""The plan of the README: its tables follow from the rates that stand there, its sizes from real files."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import Work

README = (Path(__file__).parent.parent / "README.md").read_text()
(PLAN,) = re.findall(r"^## Plan for the very large$(.*?)^## ", README, re.DOTALL | re.MULTILINE)
LABELS, CLASSES, WORKERS = 10**12, 1000, 100
STORAGE = 10e9
HEADER = 128


def table(heading: str) -> dict[str, list[str]]:
    """The rows of a table of the plan, by their first cells."""
    lines = PLAN[PLAN.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: rest for first, *rest in rows}


def number(text: str) -> float:
    """The number that a cell begins with."""
    return float(text.split(maxsplit=1)[0].replace(",", ""))


def rounded(value: float, unit: str) -> str:
    """A figure as the plan writes it."""
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.2g} {unit}"


RATES = {work: number(cell) for work, (cell,) in table("work").items()}
NPY, NPY16, LONG, LOSS = RATES.values()
SECONDS = {
    "float32 targets": LABELS * CLASSES * 4 / (NPY * 1e9),
    "float16 targets": LABELS * CLASSES * 2 / (NPY16 * 1e9),
    "long, 3 lines of 26 B a row": LABELS * 3 / (LONG * 1e6),
    "the loss: float32 logits are read": LABELS * CLASSES * 4 / (LOSS * 1e9),
}
LABEL_BYTES = {
    "float32 targets": 4 * CLASSES,
    "float16 targets": 2 * CLASSES,
    "long, 3 lines of 26 B a row": 3 * 26,
    "labels, and S or the recipe": 2,
    "the loss: float32 logits are read": 4 * CLASSES,
}


@pytest.mark.parametrize("what", LABEL_BYTES)
def test_bytes_and_hours_follow_from_the_rates(what: str) -> None:
    a_label, in_all, one, many, storage = table("10¹² labels, 1,000 classes")[what]
    assert a_label == f"{LABEL_BYTES[what]:,} B"
    assert in_all == f"{LABEL_BYTES[what] * LABELS / 1e12:,.0f} TB"
    assert storage == rounded(LABEL_BYTES[what] * LABELS / STORAGE / 3600, "hours")
    if what in SECONDS:
        assert one == rounded(SECONDS[what] / 86400, "days")
        assert many == rounded(SECONDS[what] / WORKERS / 3600, "hours")
    else:
        assert (one, many) == ("", "")


def test_every_row_and_every_rate_is_recomputed() -> None:
    assert set(table("10¹² labels, 1,000 classes")) == set(LABEL_BYTES)
    assert [work.split(",")[0] for work in RATES] == [
        *("`smooth` to NPY", "`smooth` to NPY", "`smooth --layout long`", "`loss` of float32 logits"),
    ]


def test_the_choices_turn_where_the_plan_says() -> None:
    assert "2 TB as uint16, and 4 PB as float32" in PLAN
    assert 2 * LABELS == 2e12
    assert 4 * CLASSES * LABELS == 4e15
    assert f"1 TB holds {1e12 / (4 * CLASSES) / 1e6:.0f} million rows" in PLAN
    assert f"{4 * CLASSES**2 / 1e6:.0f} MB for 1,000 classes" in PLAN
    assert f"1 GB of memory holds S up to {math.isqrt(10**9 // 4):,} classes" in PLAN
    assert f"up to {2**16:,} classes" in PLAN
    assert f"up to {4 * CLASSES // 26} lines of 26 bytes" in PLAN


def test_files_have_the_sizes_that_the_plan_counts_with(work: Work) -> None:
    labels = np.random.default_rng(0).integers(1, CLASSES - 1, 500).astype(np.uint16)
    np.save("y.npy", labels)
    call = ("smooth", "y.npy", "-q", "-k", CLASSES, "--ordinal")
    work.ok(*call, "-o", "soft.npy", "--matrix-out", "S.npy")
    work.ok(*call, "-o", "half.npy", "--dtype", "float16")
    assert Path("y.npy").stat().st_size == HEADER + 2 * len(labels)
    assert Path("soft.npy").stat().st_size == HEADER + 4 * CLASSES * len(labels)
    assert Path("half.npy").stat().st_size == HEADER + 2 * CLASSES * len(labels)
    assert Path("S.npy").stat().st_size == HEADER + 4 * CLASSES**2
    np.testing.assert_array_equal(np.load("S.npy")[labels], np.load("soft.npy"))
    flags = ["--ordinal", "--min-weight", "0.001", "--precision", "4"]
    assert f"`{' '.join(flags)}`" in PLAN
    work.ok(*call, *flags[1:], "--layout", "long", "-o", "long.csv")
    lines = list(csv.reader(work.read("long.csv").splitlines()))[1:]
    assert len(lines) == 3 * len(labels)
    last = str(LABELS - 1)
    assert max(len(f"{last},{label},{weight}\n") for _, label, weight in lines) == 26


def test_losses_of_parts_add_up(work: Work) -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(900, 10)), rng.integers(0, 10, 900)
    sums = []
    for name, part in {"all": slice(0, 900), "a": slice(0, 256), "b": slice(256, 900)}.items():
        np.save(f"{name}.npy", logits[part])
        np.save(f"{name}-y.npy", labels[part])
        sums.append(float(work.ok("loss", f"{name}.npy", f"{name}-y.npy", "-q", "--reduction", "sum")))
    assert sums[0] == pytest.approx(sums[1] + sums[2], rel=1e-14)
