"""Targets in columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import Work
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from kits.columns import SUFFIXES, each_suffix, save
from numpy.typing import NDArray

import lsmooth


def load(path: Path) -> pl.DataFrame:
    """Read a file back."""
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ipc(path)


# Targets


@each_suffix
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("labels", ["y.npy", "rows.npy"])
def test_targets_are_the_values_of_npy(work: Work, suffix: str, dtype: str, labels: str) -> None:
    rng = np.random.default_rng(1)
    np.save(work.folder / "y.npy", rng.integers(0, 5, 3000))
    np.save(work.folder / "rows.npy", rng.dirichlet(np.ones(5), 3000))
    flags = ["smooth", labels, "-e", "0.3", "--dtype", dtype]
    work.ok(*flags, "-o", "soft.npy")
    work.ok(*flags, "-o", f"soft.{suffix}")
    frame = load(work.folder / f"soft.{suffix}")
    assert frame.columns == [f"class_{k}" for k in range(5)]
    found, wanted = frame.to_numpy(), np.load(work.folder / "soft.npy")
    assert found.dtype == wanted.dtype
    assert found.tobytes() == wanted.tobytes() or np.array_equal(found, wanted)


@each_suffix
def test_targets_are_headed_by_the_names_of_classes(work: Work, suffix: str) -> None:
    work.write("y.csv", "label\ndog\n7\n")
    work.ok("smooth", "y.csv", "--labels", "name", "-o", f"soft.{suffix}", "--matrix-out", f"S.{suffix}")
    assert load(work.folder / f"soft.{suffix}").columns == ["class_7", "dog"]
    assert load(work.folder / f"S.{suffix}").columns == ["class_7", "dog"]


@each_suffix
def test_very_many_classes_are_one_column_of_lists(work: Work, suffix: str) -> None:
    np.save(work.folder / "y.npy", np.arange(0, 1500, 100))
    work.ok("smooth", "y.npy", "-k", 1500, "-o", "soft.npy")
    work.ok("smooth", "y.npy", "-k", 1500, "-o", f"soft.{suffix}")
    frame = load(work.folder / f"soft.{suffix}")
    assert frame.schema == {"target": pl.Array(pl.Float32, 1500)}
    assert np.array_equal(frame["target"].to_numpy(), np.load(work.folder / "soft.npy"))
    work.ok("smooth", f"soft.{suffix}", "-e", "0", "-o", "again.npy")
    assert np.array_equal(np.load(work.folder / "again.npy"), np.load(work.folder / "soft.npy"))


@each_suffix
@pytest.mark.parametrize("classes", [3, 1200])
def test_the_same_bytes_for_any_cut_and_any_workers(
    work: Work, monkeypatch: pytest.MonkeyPatch, suffix: str, classes: int
) -> None:
    rng = np.random.default_rng(2)
    np.save(work.folder / "rows.npy", rng.dirichlet(np.ones(classes), 700))
    monkeypatch.setattr("lsmooth.files.column_writer.GROUP_BYTES", 100 * classes * 4)
    outputs = set()
    for number, (size, workers) in enumerate([(1 << 20, 1), (1 << 20, 3), (1 << 12, 2), (1, 1)]):
        monkeypatch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", size)
        output = f"{number}.{suffix}"
        work.ok("smooth", "rows.npy", "-o", output, "--workers", workers)
        outputs.add((work.folder / output).read_bytes())
    assert len(outputs) == 1


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 300), st.integers(2, 6)), elements=st.floats(0, 1)),
    st.sampled_from(SUFFIXES),
    st.integers(1, 100),
    st.sampled_from(["columns", "array", "list"]),
)
def test_what_is_read_is_what_was_saved(
    tmp_path_factory: pytest.TempPathFactory, values: NDArray[np.float64], suffix: str, rows: int, form: str
) -> None:
    folder = tmp_path_factory.mktemp("saved")
    frame = pl.from_numpy(values) if form == "columns" else pl.DataFrame({"y": values})
    if form == "list":
        frame = frame.cast(pl.List(pl.Float64))
    save(folder / f"f.{suffix}", frame, rows)
    flags: Any = {"labels": "multilabel", "epsilon": 0.0, "dtype": "float64", "spread": "half"}
    lsmooth.smooth_file(folder / f"f.{suffix}", folder / "out.npy", **flags)
    assert np.array_equal(np.load(folder / "out.npy"), values)
    lsmooth.smooth_file(folder / f"f.{suffix}", folder / f"out.{suffix}", **flags)
    assert np.array_equal(load(folder / f"out.{suffix}").to_numpy(), values)
