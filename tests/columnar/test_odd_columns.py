"""Columns that other programs write: odd names, dates, truth values, indices, long text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import Work
from kits.columns import each_suffix, save
from kits.processes import peak

# Names


@each_suffix
def test_a_name_is_no_pattern(work: Work, suffix: str) -> None:
    """By itself polars takes `*` for all columns, and what stands between ^ and $ for an expression."""
    save(work.folder / f"f.{suffix}", {"b": [0.5, 0.5], "*": [1, 0], "^b$": [0.25, 0.75]})
    assert (
        work.ok("smooth", f"f.{suffix}", "--column", "*", "-e", "0") == "class_0,class_1\n0.0,1.0\n1.0,0.0\n"
    )
    found = work.ok("smooth", f"f.{suffix}", "--column", "*", "--epsilon-column", "^b$", "--spread", "others")
    assert found == "class_0,class_1\n0.25,0.75\n0.25,0.75\n"
    kept = work.ok("smooth", f"f.{suffix}", "--column", "*", "--keep", "^b$", "-e", "0")
    assert kept.splitlines()[1:] == ["0.25,0.0,1.0", "0.75,1.0,0.0"]


@each_suffix
def test_classes_of_odd_names_are_read_back(work: Work, suffix: str) -> None:
    work.write("y.csv", "label\nA\n*\n^A$\n")
    work.ok("smooth", "y.csv", "-o", f"t.{suffix}", "--dtype", "float64")
    assert work.ok("smooth", f"t.{suffix}", "-e", "0") == work.ok("smooth", "y.csv")
    work.ok("smooth", "y.csv", "-o", "t.csv")
    there, home = (work.ok("loss", name, "y.csv", "--as", "probs") for name in (f"t.{suffix}", "t.csv"))
    assert float(there) == pytest.approx(float(home), rel=1e-6)


@each_suffix
def test_an_index_of_pandas_is_no_class(work: Work, suffix: str) -> None:
    save(work.folder / f"v.{suffix}", {"a": [1, 3], "b": [3, 0], "__index_level_0__": [7, 9]})
    assert work.ok("smooth", f"v.{suffix}", "--labels", "votes", "-e", "0") == "a,b\n0.25,0.75\n1.0,0.0\n"
    work.write("y.csv", "label\nb\na\n")
    wanted = (np.log1p(np.exp(-2.0)) + np.log1p(np.exp(-3.0))) / 2
    assert float(work.ok("loss", f"v.{suffix}", "y.csv", "-e", "0", "--as", "logits")) == pytest.approx(
        wanted
    )
    kept = work.ok("smooth", f"v.{suffix}", "--column", "__index_level_0__", "-k", "10", "-e", "0")
    assert kept.splitlines()[1].split(",").index("1.0") == 7


def test_a_kept_column_and_a_class_are_not_called_the_same(work: Work) -> None:
    work.write("y.csv", "cat,label\n1,cat\n2,dog\n")
    error = work.refused("smooth", "y.csv", "--keep", "cat", "--column", "label")
    assert error.startswith("error: two columns would be called `cat`\n")


def test_a_column_of_tensors_is_to_be_stored_as_lists(work: Work) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(np.full((4, 2), 0.5, np.float32))
    parquet.write_table(pa.table({"label": tensors}), work.folder / "t.parquet")
    assert "hint: store it as what it is made of" in work.refused("smooth", "t.parquet")
    parquet.write_table(pa.table({"label": tensors.storage}), work.folder / "s.parquet")
    assert work.ok("smooth", "s.parquet", "-e", "0").splitlines()[1:] == ["0.5,0.5"] * 4


# Dates and times: the first by numpy, the longest duration by dividing 2⁶² ms with Python's integers

TIMES: dict[str, tuple[pl.Series, list[str]]] = {
    "dates": (pl.Series([0, 10**7], dtype=pl.Date), ["1970-01-01", f"+{np.datetime64(10**7, 'D')}"]),
    "nanoseconds": (
        pl.Series([1000, 1001], dtype=pl.Datetime("ns")),
        ["1970-01-01 00:00:00.000001000", "1970-01-01 00:00:00.000001001"],
    ),
    "milliseconds": (
        pl.Series([0, 1500], dtype=pl.Datetime("ms")),
        ["1970-01-01 00:00:00.000", "1970-01-01 00:00:01.500"],
    ),
    "durations": (pl.Series([0, 2**62], dtype=pl.Duration("ms")), ["PT0S", "P53375995583DT15H36M27.904S"]),
    "times": (pl.Series([0, 1], dtype=pl.Time), ["00:00:00", "00:00:00.000000001"]),
}


@each_suffix
@pytest.mark.parametrize("kind", TIMES)
def test_times_are_kept_to_their_last_digit(work: Work, suffix: str, kind: str) -> None:
    values, wanted = TIMES[kind]
    save(work.folder / f"f.{suffix}", {"label": [0, 1], "t": values})
    lines = work.ok("smooth", f"f.{suffix}", "--column", "label", "--keep", "t", "-e", "0").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == wanted


@each_suffix
def test_items_a_nanosecond_apart_are_two(work: Work, suffix: str) -> None:
    times = pl.Series([1000, 1000, 1001, 1002], dtype=pl.Datetime("ns"))
    save(work.folder / f"f.{suffix}", {"item": times, "label": ["a", "b", "a", "a"]})
    assert work.ok("smooth", f"f.{suffix}", "--item", "item", "-e", "0") == "a,b\n0.5,0.5\n1.0,0.0\n1.0,0.0\n"


# Truth values

TRUTHS = [True, False, True, False, True, False]


def save_truths(work: Work) -> list[str]:
    save(work.folder / "y.parquet", {"label": TRUTHS})
    np.save(work.folder / "y.npy", np.array(TRUTHS))
    work.write("y.csv", "label\n" + "".join(f"{int(value)}\n" for value in TRUTHS))
    return ["y.parquet", "y.npy"]


@pytest.mark.parametrize("ignored", [0, 1])
def test_truth_values_are_ignored_as_0_and_1(work: Work, ignored: int) -> None:
    flags = ["-e", "0", "--ignore", ignored]
    work.write("p.csv", ".3\n.2\n.9\n.4\n.5\n.6\n")
    seen = [p if truth else 1 - p for p, truth in zip((0.3, 0.2, 0.9, 0.4, 0.5, 0.6), TRUTHS, strict=True)]
    wanted = -np.log([p for p, truth in zip(seen, TRUTHS, strict=True) if int(truth) != ignored]).mean()
    for name in save_truths(work):
        for more in ([], ["-k", 2], ["-k", 300]):
            wanted_rows = work.ok("smooth", "y.csv", *flags, *more, "--to", "csv").splitlines()[-6:]
            assert work.ok("smooth", name, *flags, *more, "--to", "csv").splitlines()[-6:] == wanted_rows
        found = work.ok("loss", "p.csv", name, "--as", "probs", *flags)
        assert float(found) == pytest.approx(wanted, rel=1e-15)


@pytest.mark.parametrize("names", ["True,False", "false,true", "maybe,TRUE,FALSE"])
def test_truth_values_go_by_the_names_of_classes(work: Work, names: str) -> None:
    order = names.lower().split(",")
    for name in save_truths(work):
        rows = work.ok("smooth", name, "--names", names, "-e", "0", "--to", "csv").splitlines()[1:]
        found = [order[row.split(",").index("1.0")] for row in rows]
        assert found == [str(value).lower() for value in TRUTHS]


def test_truth_values_find_the_predictions_of_their_names(work: Work) -> None:
    save(work.folder / "p.parquet", {"True": [0.9, 0.8, 0.7], "False": [0.1, 0.2, 0.3]})
    save(work.folder / "y.parquet", {"label": [True, True, False]})
    found = float(work.ok("loss", "p.parquet", "y.parquet", "-e", "0"))
    assert found == pytest.approx(-np.log([0.9, 0.8, 0.3]).mean(), rel=1e-15)


# Numbers as text


def save_numbers(work: Work, count: int) -> None:
    save(work.folder / "y.parquet", {"label": list(map(str, range(count)))})
    np.save(work.folder / "y.npy", np.array(list(map(str, range(count)))))
    np.save(work.folder / "z.npy", np.random.default_rng(0).normal(size=(count, count)))


@pytest.mark.parametrize("labels", ["y.parquet", "y.npy"])
def test_which_prediction_is_of_which_number_is_asked(work: Work, labels: str) -> None:
    save_numbers(work, 12)
    error = work.refused("loss", "z.npy", labels, "-e", "0")
    assert "are they in the order `0`, `1`, `10`, `11`, … 8 more, or `0`, `1`, `2`, `3`, … 8 more?" in error
    z = np.load("z.npy")
    wanted = (np.log(np.exp(z).sum(axis=1)) - z.diagonal()).mean()
    names = ",".join(map(str, range(12)))
    assert float(work.ok("loss", "z.npy", labels, "-e", "0", "--names", names)) == pytest.approx(wanted)
    save_numbers(work, 10)
    work.ok("loss", "z.npy", labels, "-e", "0")


def test_the_order_of_numbers_as_text_is_told(work: Work) -> None:
    save_numbers(work, 12)
    told = work.run("smooth", "y.parquet", "-o", "t.npy").err
    assert "the classes are numbers in the order of text: `0`, `1`, `10`, `11`" in told
    save_numbers(work, 10)
    assert "order of text" not in work.run("smooth", "y.parquet", "-o", "u.npy").err


# Memory


def write_wide(path: Path, **columns: Any) -> None:
    pl.DataFrame(columns).write_parquet(path, compression="zstd", row_group_size=2000)


def test_memory_does_not_grow_with_text(work: Work) -> None:
    peaks = []
    for rows in (30_000, 120_000):
        text = pl.repeat("long " * 400, rows, eager=True)
        write_wide(work.folder / f"{rows}.parquet", label=np.arange(rows) % 3, text=text)
        flags = ["--column", "label", "--keep", "text", "-o", f"{rows}.csv", "--workers", "1"]
        peaks.append(peak("smooth", f"{rows}.parquet", *flags))
    assert peaks[1] < 400, peaks
    assert all(later < 1.3 * earlier + 20 for earlier, later in pairwise(peaks)), peaks


def test_memory_does_not_grow_with_rows_of_very_long_lists(work: Work) -> None:
    values = np.full((1500, 20_000), 1 / 20_000, np.float32)
    write_wide(work.folder / "w.parquet", target=pl.Series(values))
    assert peak("smooth", "w.parquet", "-o", "w.npy", "-n", "--workers", "1") < 250
