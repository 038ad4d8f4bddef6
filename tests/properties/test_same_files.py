"""Other formats of the same labels give the same targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from kits.drawn import (
    FILES,
    RULES,
    Array,
    bits,
    counts,
    epsilons,
    hard_labels,
    numbers_csv,
    outputs,
    seeds,
    soft_labels,
)

import lsmooth
from lsmooth.smoothing import Rule

pytestmark = pytest.mark.filterwarnings("ignore::lsmooth.errors.LsmoothWarning")


@FILES
@given(rows=st.lists(st.integers(0, 6), min_size=1, max_size=600), rule=st.sampled_from(RULES), e=epsilons)
def test_indices_give_the_same_bytes_from_csv_and_npy(
    tmp_path: Path, rows: list[int], rule: Rule, e: float
) -> None:
    (tmp_path / "in.csv").write_text("".join(f"{label}\n" for label in rows), newline="")
    np.save(tmp_path / "in.npy", np.array(rows, dtype=np.int16))
    np.save(tmp_path / "column.npy", np.array(rows, dtype=np.float32)[:, None])
    options = {"epsilon": e, "spread": rule, "classes": 7}
    text = outputs(tmp_path / "in.csv", {"header": False, **options}, ["csv", "tsv", "npy"])
    assert outputs(tmp_path / "in.npy", options, ["csv", "tsv", "npy"]) == text
    assert outputs(tmp_path / "column.npy", options, ["csv", "tsv", "npy"]) == text


@FILES
@given(rows=soft_labels(), rule=st.sampled_from(RULES), e=epsilons)
def test_soft_rows_give_the_same_bytes_from_csv_tsv_and_npy(
    tmp_path: Path, rows: Array, rule: Rule, e: float
) -> None:
    np.save(tmp_path / "in.npy", rows)
    options = {"epsilon": e, "spread": rule}
    expected = outputs(tmp_path / "in.npy", options, ["csv", "npy"])
    for suffix, delimiter in (("csv", ","), ("tsv", "\t")):
        source = tmp_path / f"in.{suffix}"
        source.write_text("".join(delimiter.join(map(repr, row)) + "\n" for row in rows.tolist()), newline="")
        assert outputs(source, {"header": False, **options}, ["csv", "npy"]) == expected


@FILES
@given(names=st.lists(st.sampled_from(["ä", "b", "zebra", "a b"]), min_size=1, max_size=50))
def test_names_give_the_same_bytes_from_csv_and_npy(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "in.csv").write_bytes("".join(f"{name}\n" for name in names).encode())
    np.save(tmp_path / "in.npy", np.array(names))
    expected = outputs(tmp_path / "in.npy", {}, ["csv", "npy"])
    assert outputs(tmp_path / "in.csv", {"header": False}, ["csv", "npy"]) == expected


@FILES
@given(seed=seeds, rows=counts, data=st.data())
def test_several_files_give_the_bytes_of_one(
    tmp_path: Path, seed: int, rows: int, data: st.DataObject
) -> None:
    lines = numbers_csv(np.random.default_rng(seed), rows).splitlines(keepends=True)
    assume(rows > 1)
    cut = data.draw(st.integers(1, rows - 1))
    whole, first, second = (tmp_path / f"{name}.csv" for name in ("whole", "first", "second"))
    whole.write_bytes(b"".join(lines))
    first.write_bytes(b"".join(lines[:cut]))
    second.write_bytes(b"".join(lines[cut:]))
    for suffix in ("csv", "npy"):
        one, two = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"
        lsmooth.smooth_file(whole, one, header=False, prior="labels", force=True)
        lsmooth.smooth_file([first, second], two, header=False, prior="labels", force=True)
        assert two.read_bytes() == one.read_bytes()


@pytest.mark.parametrize("cut", [256, *(pytest.param(cut) for cut in (1, 100, 255, 257, 700))])
@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_several_files_of_soft_rows_give_the_bytes_of_one(tmp_path: Path, cut: int, suffix: str) -> None:
    # tiles are aligned to the row number, not to the file
    values = np.random.default_rng(cut).dirichlet(np.ones(5), 1000)
    whole, first, second = (tmp_path / f"{name}.{suffix}" for name in ("whole", "first", "second"))
    for path, part in ((whole, values), (first, values[:cut]), (second, values[cut:])):
        if suffix == "npy":
            np.save(path, part)
        else:
            path.write_text("".join(",".join(map(repr, row)) + "\n" for row in part.tolist()), newline="")
    header = False if suffix == "csv" else None
    one, two = tmp_path / "one.npy", tmp_path / "two.npy"
    lsmooth.smooth_file(whole, one, header=header, prior="labels", dtype="float64")
    lsmooth.smooth_file([first, second], two, header=header, prior="labels", dtype="float64")
    assert two.read_bytes() == one.read_bytes()


@FILES
@given(hard=hard_labels(), rule=st.sampled_from(RULES), e=epsilons)
def test_a_file_gives_the_bits_of_the_library_for_indices(
    tmp_path: Path, hard: tuple[Array, int], rule: Rule, e: float
) -> None:
    labels, classes = hard
    np.save(tmp_path / "in.npy", labels)
    options: dict[str, Any] = {"epsilon": e, "spread": rule, "classes": classes, "dtype": "float64"}
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.npy", force=True, **options)
    assert bits(np.load(tmp_path / "out.npy")) == bits(lsmooth.smooth(labels, e, classes, rule))


@FILES
@given(rows=soft_labels(), rule=st.sampled_from(RULES), e=epsilons)
def test_a_file_gives_the_bits_of_the_library_for_rows(
    tmp_path: Path, rows: Array, rule: Rule, e: float
) -> None:
    np.save(tmp_path / "in.npy", rows)
    options: dict[str, Any] = {"epsilon": e, "spread": rule, "dtype": "float64"}
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.npy", force=True, **options)
    assert bits(np.load(tmp_path / "out.npy")) == bits(lsmooth.smooth(rows, e, spread=rule))


def test_a_file_gives_the_bits_of_the_library_for_the_prior_of_soft_rows(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).dirichlet(np.ones(5), 3000)
    np.save(tmp_path / "in.npy", rows)
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.npy", prior="labels", dtype="float64")
    assert bits(np.load(tmp_path / "out.npy")) == bits(lsmooth.smooth(rows, prior="labels"))


@pytest.mark.parametrize("classes", [999, 1000, 1001, 1500])
def test_text_and_npy_agree_below_and_above_a_thousand_classes(tmp_path: Path, classes: int) -> None:
    labels = np.random.default_rng(classes).integers(0, classes, 40)
    labels[3] = -1
    np.save(tmp_path / "in.npy", labels)
    for exclude in ([], [int(np.setdiff1d(np.arange(classes), labels)[0])]):
        for rule in RULES:
            options: dict[str, Any] = {"classes": classes, "spread": rule, "ignore": [-1], "exclude": exclude}
            lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.csv", force=True, **options)
            text = np.loadtxt(tmp_path / "out.csv", delimiter=",")
            lsmooth.smooth_file(
                tmp_path / "in.npy", tmp_path / "out.npy", force=True, dtype="float64", **options
            )
            assert bits(text) == bits(np.load(tmp_path / "out.npy"))
            assert bits(text) == bits(
                lsmooth.smooth(labels, 0.1, classes, rule, ignore=[-1], exclude=exclude)
            )


@FILES
@given(hard=hard_labels(), rule=st.sampled_from(RULES), e=epsilons, dtype=st.sampled_from(["f2", "f4", "f8"]))
def test_text_reads_back_as_the_values_that_npy_holds(
    tmp_path: Path, hard: tuple[Array, int], rule: Rule, e: float, dtype: str
) -> None:
    labels, classes = hard
    np.save(tmp_path / "in.npy", labels)
    name = np.dtype(dtype).name
    options: dict[str, Any] = {"epsilon": e, "spread": rule, "classes": classes, "dtype": name}
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.npy", force=True, **options)
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.csv", force=True, **options)
    lines = (tmp_path / "out.csv").read_text().splitlines()
    values = np.array([line.split(",") for line in lines], dtype=np.float64).astype(name)
    assert bits(values) == bits(np.load(tmp_path / "out.npy"))
