"""lsmooth.smooth_file."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DATA
from kits.saved import write

import lsmooth
from lsmooth import LsmoothError, Summary, UsageError


def save(name: str, labels: Any) -> str:
    """Save an array and return its name."""
    np.save(name, np.asarray(labels))
    return name


# smooth_file


def test_a_file_becomes_an_array_that_numpy_maps() -> None:
    lsmooth.smooth_file(save("labels.npy", [0, 2, 1]), "soft.npy", epsilon=0.2, spread="others")
    targets = np.load("soft.npy", mmap_mode="r")
    assert targets.shape == (3, 3)
    assert targets.dtype == np.float32
    expected = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]]
    np.testing.assert_array_equal(targets, np.array(expected, dtype=np.float64).astype(np.float32))


def test_the_summary_says_what_was_read_and_written() -> None:
    source = write("in.csv", "id,label\n1,cat\n2,\n3,dog\n4,cat\n")
    summary = lsmooth.smooth_file(source, "out.csv", keep=["id"], ignore=[""], epsilon=0.2)
    on, off = repr(1 - 0.2 + 0.2 / 2), repr(0.2 / 2)
    text = f"id,cat,dog\n1,{on},{off}\n2,0.0,0.0\n3,{off},{on}\n4,{on},{off}\n"
    assert Path("out.csv").read_text() == text
    assert summary == Summary(
        output="out.csv",
        size=len(text),
        rows=4,
        ignored=1,
        classes=2,
        names=("cat", "dog"),
        epsilon=0.2,
        epsilons=None,
        spread="all",
        kind="name",
        column="label",
        header=True,
        found=True,
        rounded=0,
        warnings=(),
        dry=False,
        free=None,
        notes=(),
    )


def test_the_summary_counts_the_rows_that_were_written() -> None:
    source = write("in.csv", "0\n-1\n1\n")
    summary = lsmooth.smooth_file(source, "out.csv", ignore=[-1], ignored="drop", header=False)
    assert (summary.rows, summary.ignored, summary.classes) == (2, 1, 2)
    assert (summary.column, summary.header, summary.names, summary.kind) == (None, False, None, "index")


def test_the_summary_says_that_classes_were_given() -> None:
    source = write("in.csv", "0\n1\n")
    assert lsmooth.smooth_file(source, "a.csv", classes=5).found is False
    assert lsmooth.smooth_file(source, "b.csv").found is True


def test_the_summary_counts_the_rows_that_are_rounded() -> None:
    source = write("in.csv", "0.33,0.33,0.33\n0.5,0.25,0.25\n0.33,0.33,0.34\n")
    summary = lsmooth.smooth_file(source, "out.csv")
    assert (summary.kind, summary.classes, summary.rounded) == ("rows", 3, 1)


def test_the_summary_holds_the_warnings() -> None:
    summary = lsmooth.smooth_file(write("in.csv", "1\n2\n"), "out.csv", epsilon=0.9, spread="others")
    assert len(summary.warnings) == 2
    assert any("labels from 1?" in warning for warning in summary.warnings)
    assert any("not always the largest" in warning for warning in summary.warnings)


def test_the_summary_cannot_be_changed_and_explains_each_field() -> None:
    summary = lsmooth.smooth_file(write("in.csv", "0\n1\n"), "out.csv")
    with pytest.raises(FrozenInstanceError):
        summary.rows = 0  # type: ignore[misc]
    for field in fields(Summary):
        assert f"{field.name}:" in (Summary.__doc__ or "")


def test_a_dry_run_writes_nothing_and_tells_the_size() -> None:
    source = save("in.npy", [0, 1, 2, 1])
    dry = lsmooth.smooth_file(source, "out.npy", dry_run=True)
    assert not Path("out.npy").exists()
    assert dry.dry
    assert dry.free is not None
    assert dry.free > 0
    real = lsmooth.smooth_file(source, "out.npy")
    assert dry.size == real.size == Path("out.npy").stat().st_size
    assert not real.dry


def test_several_files_are_read_as_one() -> None:
    parts: list[str | Path] = [write("a.csv", "0\n1\n"), Path(write("b.csv", "2\n"))]
    summary = lsmooth.smooth_file(parts, "out.csv", epsilon=0)
    assert summary.rows == 3
    assert Path("out.csv").read_text() == "1.0,0.0,0.0\n0.0,1.0,0.0\n0.0,0.0,1.0\n"


def test_paths_may_be_path_objects_everywhere(scratch: Path) -> None:
    write("in.csv", "b\na\n")
    write("names.txt", "b\na\n")
    write("prior.csv", "a,1\nb,3\n")
    lsmooth.smooth_file(
        scratch / "in.csv",
        scratch / "out.csv",
        names=scratch / "names.txt",
        prior=scratch / "prior.csv",
        names_out=scratch / "order.txt",
        epsilon=0.5,
        header=False,
    )
    assert Path("out.csv").read_text() == "b,a\n0.875,0.125\n0.375,0.625\n"
    assert Path("order.txt").read_text() == "b\na\n"


@pytest.mark.parametrize("prior", [[3, 1], {"a": 3, "b": 1}, {"a": 3, "*": 1}, (3, 1)])
def test_a_prior_may_be_a_list_a_tuple_or_a_mapping(prior: Any) -> None:
    source = write("in.csv", "a\nb\n")
    lsmooth.smooth_file(source, "out.csv", names=["a", "b"], prior=prior, epsilon=0.5)
    assert Path("out.csv").read_text() == "a,b\n0.875,0.125\n0.375,0.625\n"


def test_a_prior_of_a_file_may_be_an_array_as_that_of_labels() -> None:
    weights: Any = np.array([3.0, 1.0])
    lsmooth.smooth_file(write("in.csv", "0\n1\n"), "out.csv", prior=weights, epsilon=0.5)
    assert Path("out.csv").read_text() == "0.875,0.125\n0.375,0.625\n"


def test_names_out_is_read_back_by_names() -> None:
    source = write("in.csv", 'label\n"b,c"\na\n')
    first = lsmooth.smooth_file(source, "one.csv", names_out="names.txt")
    second = lsmooth.smooth_file(source, "two.csv", names="names.txt")
    assert first.names == second.names == ("a", "b,c")
    assert Path("two.csv").read_text() == Path("one.csv").read_text()


def test_unnamed_classes_are_written_as_their_indices() -> None:
    lsmooth.smooth_file(write("in.csv", "0\n2\n"), "out.csv", names_out="names.txt")
    assert Path("names.txt").read_text() == "0\n1\n2\n"


def test_a_map_of_indices_gets_the_class_axis_at_the_end() -> None:
    labels = np.arange(24).reshape(2, 3, 4) % 3
    summary = lsmooth.smooth_file(save("in.npy", labels), "out.npy", labels="index", dtype="float64")
    expected = lsmooth.smooth(labels, 0.1, 3, kind="index")
    targets = np.load("out.npy")
    assert targets.shape == (2, 3, 4, 3)
    assert targets.tobytes() == expected.tobytes()
    assert summary.classes == 3


def test_targets_of_one_run_are_labels_of_the_next() -> None:
    source = write("in.csv", "label\ncat\ndog\nowl\n")
    lsmooth.smooth_file(source, "once.csv", epsilon=0.1)
    summary = lsmooth.smooth_file("once.csv", "twice.csv", epsilon=0.2)
    assert (summary.kind, summary.names) == ("rows", ("cat", "dog", "owl"))
    values = np.loadtxt("twice.csv", delimiter=",", skiprows=1)
    # 1 - (1-0.1)(1-0.2) = 0.28
    np.testing.assert_allclose(values, np.eye(3) * 0.72 + 0.28 / 3, rtol=0, atol=1e-15)


def told_of(source: str) -> list[tuple[str, int, int, int | None]]:
    """What progress is told while a file is smoothed."""
    seen: list[tuple[str, int, int, int | None]] = []
    lsmooth.smooth_file(source, "out.npy", classes=2, progress=lambda *told: seen.append(told))
    return seen


def test_progress_is_told_the_rows_to_the_end() -> None:
    rows = [done for _, done, _, _ in told_of(save("in.npy", np.zeros(300_000, dtype=np.uint8)))]
    assert rows == sorted(rows)
    assert rows[-1] == 300_000
    assert len(rows) > 1


@pytest.mark.parametrize(
    "suffix",
    [
        "csv",
        pytest.param("npy"),
    ],
)
def test_progress_is_told_the_bytes_to_the_end(suffix: str) -> None:
    write("in.csv", "0\n" * 300_000)
    save("in.npy", np.zeros(300_000, dtype=np.uint8))
    size = Path(f"in.{suffix}").stat().st_size
    told = told_of(f"in.{suffix}")
    assert told[-1][2:] == (size, size)


def test_iris_as_the_readme_would_do_it() -> None:
    summary = lsmooth.smooth_file(DATA / "iris.csv", "soft.npy", column="species", epsilon=0.1)
    assert summary.names == ("setosa", "versicolor", "virginica")
    targets = np.load("soft.npy", mmap_mode="r")
    assert targets.shape == (150, 3)
    assert (targets.argmax(axis=1) == np.repeat([0, 1, 2], 50)).all()
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=0, atol=1e-6)


FILE_USAGE: dict[str, dict[str, Any]] = {
    "an unknown suffix of the input": {"inputs": "in.xlsx"},
    "an unknown suffix of the output": {"output": "out.txt"},
    "an unknown spread": {"spread": "most"},
    "an unknown kind": {"labels": "words"},
    "an unknown dtype": {"dtype": "int8"},
    "an unknown format": {"output_format": "json"},
    "an unknown way with ignored rows": {"ignored": "keep"},
    "a name twice": {"names": ["a", "a"]},
    "names and another number of classes": {"names": ["a", "b"], "classes": 3},
    "no classes": {"classes": 0},
    "one class and others": {"classes": 1, "spread": "others"},
    "a prior and half": {"prior": [1, 2], "spread": "half"},
    "many labels and others": {"labels": "multilabel", "spread": "others"},
    "a precision of NPY": {"output": "out.npy", "precision": 3},
    "a precision of 0": {"precision": 0},
    "two ways to the label": {"column": "a", "label_columns": "a:b"},
    "ε outside": {"epsilon": 1.01},
    "ε NaN": {"epsilon": float("nan")},
    "kept columns in NPY": {"output": "out.npy", "keep": ["id"]},
    "the same output twice": {"names_out": "out.csv"},
}


@pytest.mark.parametrize("case", FILE_USAGE)
def test_smooth_file_refuses_before_it_writes_anything(case: str, scratch: Path) -> None:
    options: dict[str, Any] = {"inputs": write("in.csv", "0\n1\n"), "output": "out.csv"} | FILE_USAGE[case]
    before = sorted(scratch.iterdir())
    with pytest.raises(UsageError):
        lsmooth.smooth_file(**options)
    assert sorted(scratch.iterdir()) == before


def test_smooth_file_needs_an_input() -> None:
    with pytest.raises(LsmoothError):
        lsmooth.smooth_file([], "out.csv")


def test_an_error_in_a_file_says_file_and_line_and_leaves_nothing(scratch: Path) -> None:
    source = write("in.csv", "0\n1\n7\n")
    with pytest.raises(LsmoothError) as refusal:
        lsmooth.smooth_file(source, "out.csv", classes=5)
    assert not isinstance(refusal.value, UsageError)
    assert str(refusal.value) == "in.csv:3: label `7` is out of range for 5 classes (0-4)"
    assert refusal.value.hint == "pass --classes 8, or drop the row"
    assert [path.name for path in scratch.iterdir()] == ["in.csv"]


def test_an_error_in_an_array_says_the_row_from_0() -> None:
    with pytest.raises(LsmoothError, match=r"^in\.npy: row 2: label `7` is out of range"):
        lsmooth.smooth_file(save("in.npy", [0, 1, 7]), "out.npy", classes=5)


def test_an_output_that_exists_is_kept_unless_forced() -> None:
    source = write("in.csv", "0\n1\n")
    write("out.csv", "mine")
    with pytest.raises(LsmoothError, match=r"out\.csv"):
        lsmooth.smooth_file(source, "out.csv")
    assert Path("out.csv").read_text() == "mine"
    lsmooth.smooth_file(source, "out.csv", force=True, epsilon=0)
    assert Path("out.csv").read_text() == "1.0,0.0\n0.0,1.0\n"


def test_a_missing_file_is_an_error_of_lsmooth() -> None:
    with pytest.raises(LsmoothError, match=r"cannot read none\.csv: no such file"):
        lsmooth.smooth_file("none.csv", "out.csv")
