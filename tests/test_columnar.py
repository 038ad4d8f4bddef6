"""Parquet and Arrow in and out, against polars reading and writing the same files."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import Spawn, Work
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from test_torture import METER

import lsmooth

SUFFIXES = ["parquet", "arrow", "feather"]
each_suffix = pytest.mark.parametrize("suffix", SUFFIXES)
ROWS = [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]]


def save(path: Path, columns: dict[str, Any] | pl.DataFrame, rows: int | None = None) -> None:
    """Write columns, so many rows a group."""
    frame = pl.DataFrame(columns)
    if path.suffix == ".parquet":
        frame.write_parquet(path, row_group_size=rows)
    else:
        frame.write_ipc(path, record_batch_size=rows)


def load(path: Path) -> pl.DataFrame:
    """Read a file back."""
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ipc(path)


def lists(values: Any, width: int | None) -> pl.Series:
    """Return rows as lists, or as arrays of one width."""
    kind = pl.List(pl.Float64) if width is None else pl.Array(pl.Float64, width)
    return pl.Series(values, dtype=kind)


# Labels

LABELS: dict[str, tuple[dict[str, Any], list[str], str, list[str]]] = {
    "indices": ({"y": [0, 2, 1]}, [], "y\n0\n2\n1\n", []),
    "narrow indices": ({"y": pl.Series([0, 2, 1], dtype=pl.UInt8)}, [], "y\n0\n2\n1\n", []),
    "whole floats": ({"y": [0.0, 2.0, 1.0]}, [], "y\n0\n2\n1\n", []),
    "truth values": ({"y": [True, False]}, [], "y\n1\n0\n", []),
    "names": ({"y": ["cat", "dog", "é"]}, [], "y\ncat\ndog\né\n", []),
    "categories": (
        {"y": pl.Series(["b", "a", "b"], dtype=pl.Categorical)},
        [],
        "y\nb\na\nb\n",
        [],
    ),
    "names that are numbers": ({"y": [10, 20]}, ["--names", "20,10"], "y\n10\n20\n", ["--names", "20,10"]),
    "a label among others": ({"id": [7, 8], "Label": [1, 0]}, [], "id,Label\n7,1\n8,0\n", []),
    "by name": ({"a": [1, 0], "b": [0, 1]}, ["--column", "b"], "a,b\n1,0\n0,1\n", ["--column", "b"]),
    "by number": ({"a": [1, 0], "b": [0, 1]}, ["--column", "2"], "a,b\n1,0\n0,1\n", ["--column", "b"]),
    "rows": (
        dict(zip("abc", np.transpose(ROWS).tolist(), strict=True)),
        [],
        "a,b,c\n" + "".join(",".join(map(str, row)) + "\n" for row in ROWS),
        [],
    ),
    "rows in the order of names": (
        {"b": [0.25, 1.0], "a": [0.75, 0.0]},
        ["--names", "a,b"],
        "b,a\n.25,.75\n1,0\n",
        ["--names", "a,b"],
    ),
    "lists": ({"y": lists(ROWS, None)}, [], "".join(",".join(map(str, row)) + "\n" for row in ROWS), ["-h"]),
    "arrays among others": (
        {"id": ["x"] * 4, "p": lists(ROWS, 3), "z": [1] * 4},
        ["--column", "p"],
        "".join(",".join(map(str, row)) + "\n" for row in ROWS),
        ["-h"],
    ),
    "integers and floats": ({"a": [1, 0], "b": [0.0, 1.0]}, [], "a,b\n1,0\n0,1\n", []),
    "ignored": ({"y": [0, -1, 1]}, ["--ignore", "-1"], "y\n0\n-1\n1\n", ["--ignore", "-1"]),
    "multilabel": (
        {"a": [True, True], "b": [False, True]},
        ["--labels", "multilabel"],
        "a,b\n1,0\n1,1\n",
        ["--labels", "multilabel"],
    ),
    "votes": ({"a": [3, 1], "b": [1, 0]}, ["--labels", "votes"], "a,b\n3,1\n1,0\n", ["--labels", "votes"]),
    "items": (
        {"item": ["x", "x", "y"], "y": [0, 1, 1]},
        ["--item", "item", "--column", "y"],
        "item,y\nx,0\nx,1\ny,1\n",
        ["--item", "item", "--column", "y"],
    ),
    "kept": (
        {
            "id": [7, None],
            "t": ["a", 'b"'],
            "f": pl.Series([0.1, 2.0], dtype=pl.Float32),
            "y": [1, 0],
        },
        ["--column", "y", "--keep", "id,t,f"],
        'id,t,f,y\n7,a,0.1,1\n,"b""",2.0,0\n',
        ["--column", "y", "--keep", "id,t,f"],
    ),
    "an epsilon a row": (
        {"y": [0, 1], "e": [0.5, 0.25]},
        ["--column", "y", "--epsilon-column", "e"],
        "y,e\n0,.5\n1,.25\n",
        ["--column", "y", "--epsilon-column", "e"],
    ),
    "an epsilon a source": (
        {"y": [0, 1], "s": ["web", "lab"]},
        ["--column", "y", "--epsilon-by", "s", "--per-class", "web=.3,*=.1"],
        "y,s\n0,web\n1,lab\n",
        ["--column", "y", "--epsilon-by", "s", "--per-class", "web=.3,*=.1"],
    ),
}


@each_suffix
@pytest.mark.parametrize("name", LABELS)
def test_labels_are_read_as_those_of_text(work: Work, suffix: str, name: str) -> None:
    columns, flags, text, same = LABELS[name]
    save(work.folder / f"f.{suffix}", columns)
    work.write("f.csv", text)
    found = work.ok("smooth", f"f.{suffix}", *flags)
    wanted = work.ok("smooth", "f.csv", *(["--no-header"] if same == ["-h"] else same))
    if same == ["-h"]:  # lists have no names, their file has
        wanted = "class_0,class_1,class_2\n" + wanted
    assert found == wanted


@each_suffix
def test_several_files_are_read_as_one(work: Work, suffix: str) -> None:
    for name, labels in (("a", [0, 1]), ("b", [2])):
        save(work.folder / f"{name}.{suffix}", {"y": labels})
    assert work.ok("smooth", f"a.{suffix}", f"b.{suffix}", "-e", "0") == (
        "class_0,class_1,class_2\n1.0,0.0,0.0\n0.0,1.0,0.0\n0.0,0.0,1.0\n"
    )
    save(work.folder / f"b.{suffix}", {"y": [2.0]})
    error = work.refused("smooth", f"a.{suffix}", f"b.{suffix}")
    assert error.startswith(f"error: b.{suffix}: column `y` holds `Float64`, wanted `Int64`\n")


@each_suffix
def test_columns_in_another_order_are_not_taken_for_each_other(work: Work, suffix: str) -> None:
    save(work.folder / f"a.{suffix}", {"x": [1.0, 0.0], "y": [0.0, 1.0]})
    save(work.folder / f"b.{suffix}", {"y": [1.0, 0.0], "x": [0.0, 1.0]})
    for flags in ([], ["-o", "{stem}.csv"]):
        result = work.run("smooth", f"a.{suffix}", f"b.{suffix}", *flags)
        assert result.code == 1
        assert f"error: b.{suffix} has the columns `y`, `x`, wanted `x`, `y`\n" in result.err


def test_targets_in_a_column_of_arrays_are_predictions_too(work: Work) -> None:
    np.save("y.npy", np.arange(1001))
    for output in ("p.parquet", "p.npy"):
        work.ok("smooth", "y.npy", "-o", output)
    flags = ["y.npy", "--as", "probs", "-e", 0]
    assert work.ok("loss", "p.parquet", *flags) == work.ok("loss", "p.npy", *flags)


def test_two_classes_have_no_column_together(work: Work) -> None:
    work.write("y.csv", "1\nclass_1\n")
    flags = ["smooth", "y.csv", "--no-header", "--labels", "name"]
    for output in ("soft.parquet", "soft.csv"):
        error = work.refused(*flags, "-o", output)
        assert error.startswith("error: two classes would have the column `class_1`\n")
    work.ok(*flags, "-o", "soft.npy")


# Predictions


@each_suffix
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", ["columns", "array", "list"])
def test_a_loss_is_that_of_the_array(work: Work, suffix: str, dtype: str, form: str) -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 3, (5000, 7)).astype(dtype)
    np.save(work.folder / "p.npy", logits)
    np.save(work.folder / "y.npy", rng.integers(0, 7, 5000))
    frame = pl.from_numpy(logits, schema=[f"class_{k}" for k in range(7)])
    if form != "columns":
        frame = pl.DataFrame({"logits": logits})
        frame = frame.cast(pl.List(frame.dtypes[0].inner)) if form == "list" else frame  # type: ignore[attr-defined]
    save(work.folder / f"p.{suffix}", frame, 1024)
    wanted = work.ok("loss", "p.npy", "y.npy", "-e", "0.1")
    assert work.ok("loss", f"p.{suffix}", "y.npy", "-e", "0.1") == wanted
    both = frame.with_columns(label=np.load(work.folder / "y.npy"), id=pl.lit("x"))
    save(work.folder / f"both.{suffix}", both, 999)
    flags = ["--columns", "logits" if form != "columns" else "class_0:class_6", "-e", "0.1"]
    assert work.ok("loss", f"both.{suffix}", *flags) == wanted
    report = work.ok("loss", f"p.{suffix}", "y.npy", "-e", "0.1", "--json")
    assert json.loads(report) == json.loads(work.ok("loss", "p.npy", "y.npy", "-e", "0.1", "--json"))


def test_names_of_columns_are_names_of_classes(work: Work) -> None:
    save(work.folder / "p.parquet", {"dog": [0.0, 1.0], "cat": [2.0, 1.0]})
    work.write("y.csv", "label\ncat\ndog\n")
    wanted = (np.log1p(np.exp(-2.0)) + np.log(2.0)) / 2
    assert float(work.ok("loss", "p.parquet", "y.csv", "-e", "0")) == pytest.approx(wanted, rel=1e-15)


@each_suffix
def test_rules_look_at_columnar_predictions(work: Work, suffix: str) -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 400)
    np.save(work.folder / "p.npy", probs)
    save(work.folder / f"p.{suffix}", {"p": probs}, 100)
    work.write("y.csv", "0\n1\n2\n1\n" * 100)
    for flags in (["--conditional"], ["--adaptive"], ["-e", "0.1", "--confusion"]):
        range_ = [] if "-e" in flags else ["-e", "0:0.2"]
        wanted = work.ok("smooth", "y.csv", *range_, *flags, "p.npy")
        assert work.ok("smooth", "y.csv", *range_, *flags, f"p.{suffix}") == wanted


@each_suffix
def test_explain_tells_what_targets_are(work: Work, suffix: str) -> None:
    work.write("y.csv", "0\n1\n2\n")
    work.ok("smooth", "y.csv", "-e", "0.2", "--spread", "others", "-o", f"soft.{suffix}")
    assert work.ok("explain", f"soft.{suffix}").startswith("Targets with ε = 0.2, spread others\n")


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


# Faults

NULLS: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "a label": ({"y": [0, 1, None, 1]}, [], "f.parquet: row 2: column `y` is null"),
    "a name": ({"y": ["a", None]}, [], "f.parquet: row 1: column `y` is null"),
    "a late one": ({"y": [0, 1] * 1000 + [None]}, [], "f.parquet: row 2000: column `y` is null"),
    "one of a row": ({"a": [0.5, 0.5], "b": [0.5, None]}, [], "f.parquet: row 1: column `b` is null"),
    "a list": ({"y": lists([[0.5, 0.5], None], None)}, [], "f.parquet: row 1: column `y` is null"),
    "one in a list": (
        {"y": lists([[0.5, 0.5], [1.0, None]], None)},
        [],
        "f.parquet: row 1: a value of column `y` is null",
    ),
    "one in an array": (
        {"y": lists([[0.5, 0.5], [1.0, None]], 2)},
        [],
        "f.parquet: row 1: a value of column `y` is null",
    ),
    "an epsilon": (
        {"y": [0, 1], "e": [0.1, None]},
        ["--column", "y", "--epsilon-column", "e"],
        "f.parquet: row 1: column `e` is null",
    ),
    "a list that is shorter": (
        {"y": lists([[0.5, 0.5], [1.0]], None)},
        [],
        "f.parquet: row 1: column `y` has 1 values, wanted 2 as in row 0",
    ),
    "an empty list": ({"y": lists([[], [1.0]], None)}, [], "f.parquet: row 0: column `y` has no values"),
    "no list in the first row": (
        {"y": lists([None, [0.5, 0.5]], None)},
        [],
        "f.parquet: row 0: column `y` is null",
    ),
    "decimals": (
        {"y": pl.Series([0, 1], dtype=pl.Decimal(9, 0))},
        [],
        "f.parquet: column `y` holds `Decimal(precision=9, scale=0)`, wanted integers or floats",
    ),
    "text among numbers": (
        {"a": [0.5], "b": ["x"]},
        ["--labels", "rows"],
        "f.parquet: column `b` holds `String`, wanted numbers",
    ),
    "dates": (
        {"y": [date(2020, 1, 1)]},
        [],
        "f.parquet: column `y` holds `Date`, wanted numbers",
    ),
    "lists of lists": (
        {"y": [[[1.0]]]},
        [],
        "f.parquet: column `y` holds `List(",
    ),
    "a sum": (
        {"a": [0.5, 0.5], "b": [0.5, 0.6]},
        ["--labels", "rows"],
        "f.parquet: row 1: the row sums to 1.1",
    ),
    "a label outside": ({"y": [0, 7]}, ["-k", "5"], "f.parquet: row 1: label `7` is out of range"),
    "no such column": ({"y": [0]}, ["--column", "z"], "f.parquet has no column `z`"),
    "no rows": ({"y": []}, [], "f.parquet is empty, wanted at least one row"),
    "no header": ({"y": [0]}, ["--no-header"], "f.parquet has named columns"),
    "two columns": ({"a": [3, 4], "b": [5, 6]}, [], "f.parquet: row 0: the columns"),
}


@pytest.mark.parametrize("name", NULLS)
def test_what_is_wrong_is_told_with_its_row(work: Work, name: str) -> None:
    columns, flags, message = NULLS[name]
    save(work.folder / "f.parquet", columns)
    error = work.refused("smooth", "f.parquet", "-o", "soft.parquet", *flags)
    assert error.startswith(f"error: {message}"), error


@each_suffix
@pytest.mark.parametrize("damage", ["empty", "text", "cut", "other"])
def test_a_damaged_file_is_refused(work: Work, suffix: str, damage: str) -> None:
    save(work.folder / "whole.parquet", {"y": [0, 1] * 1000})
    save(work.folder / "whole.arrow", {"y": [0, 1] * 1000})
    mine, other = ("parquet", "arrow") if suffix == "parquet" else ("arrow", "parquet")
    whole = (work.folder / f"whole.{mine}").read_bytes()
    data = {"empty": b"", "text": b"y\n0\n1\n", "cut": whole[:-50]}
    work.write(f"f.{suffix}", data.get(damage, (work.folder / f"whole.{other}").read_bytes()))
    kind = "Parquet" if suffix == "parquet" else "Arrow"
    error = work.refused("smooth", f"f.{suffix}", "-o", "soft.csv")
    assert error.startswith(f"error: f.{suffix} is not a whole {kind} file: ")
    assert error.endswith("\n\nhint: copy or save it again\n")


@pytest.mark.parametrize("name", ["f.arrow", "f.feather"])
@pytest.mark.parametrize(
    ("begin", "what"), [(b"\xff\xff\xff\xff", "a stream of Arrow"), (b"FEA1", "Feather version 1")]
)
def test_what_is_arrow_but_no_file_of_it_is_told(work: Work, name: str, begin: bytes, what: str) -> None:
    work.write(name, begin + b"\0" * 100)
    error = work.refused("smooth", name, "-o", "soft.csv")
    assert error.startswith(f"error: {name} is {what}, wanted an Arrow file\n")


USAGE: dict[str, tuple[list[str], str]] = {
    "packed": (["-o", "soft.parquet.gz"], "`soft.parquet.gz`: Parquet is compressed inside"),
    "kept": (["-o", "soft.arrow", "--keep", "1"], "--keep copies columns to text, and the output is Arrow"),
    "digits": (
        ["--to", "parquet", "--precision", "3"],
        "--precision is for text, Parquet holds",
    ),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage(work: Work, name: str) -> None:
    work.write("y.csv", "0\n1\n")
    flags, message = USAGE[name]
    assert work.refused("smooth", "y.csv", *flags, code=2).startswith(f"error: {message}")


def test_a_stream_is_refused_and_a_file_on_standard_input_is_not(work: Work, spawn: Spawn) -> None:
    save(work.folder / "f.parquet", {"y": [0, 1]})
    data = (work.folder / "f.parquet").read_bytes()
    assert work.ok("smooth", "--from", "parquet", stdin=data) == work.ok("smooth", "f.parquet")
    assert work.ok("smooth", stdin=data) == work.ok("smooth", "f.parquet")
    for flags in ([], ["--from", "parquet"]):
        process = spawn("smooth", *flags, stdin=subprocess.PIPE)
        _, error = process.communicate(data)
        assert process.returncode == 1
        assert error.startswith(b"error: stdin: Parquet cannot be read from a stream")


@each_suffix
def test_a_small_table_in_a_columnar_file_is_refused(work: Work, suffix: str) -> None:
    save(work.folder / f"prior.{suffix}", {"p": [0.5, 0.5]})
    work.write("y.csv", "0\n1\n")
    kind = "Parquet" if suffix == "parquet" else "Arrow"
    error = work.refused("smooth", "y.csv", "--prior", f"prior.{suffix}")
    assert error.startswith(f"error: prior.{suffix} is {kind}, wanted text\n")


@each_suffix
def test_a_full_disk_leaves_nothing(work: Work, suffix: str) -> None:
    np.save(work.folder / "y.npy", np.random.default_rng(0).dirichlet(np.ones(50), 50_000))
    (work.folder / f"full.{suffix}").symlink_to("/dev/full")
    error = work.refused("smooth", "y.npy", "-o", f"full.{suffix}")
    assert error == f"error: cannot write full.{suffix}: no space left on device\n"


@each_suffix
def test_an_error_on_the_way_leaves_nothing(work: Work, suffix: str) -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(50), 50_000)
    rows[-1] = 7
    np.save(work.folder / "y.npy", rows)
    assert "row 49999" in work.refused("smooth", "y.npy", "-o", f"soft.{suffix}")


def test_a_reader_that_goes_away_is_no_error(work: Work, spawn: Spawn) -> None:
    np.save(work.folder / "y.npy", np.random.default_rng(0).dirichlet(np.ones(50), 50_000))
    with spawn("smooth", "y.npy", "--to", "parquet") as process:
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(60) == 0


@each_suffix
def test_a_dry_run_says_the_size_to_the_byte(work: Work, suffix: str) -> None:
    work.write("y.csv", "0\n1\n")
    result = work.run("smooth", "y.csv", "-o", f"soft.{suffix}", "--dry-run")
    assert not (work.folder / f"soft.{suffix}").exists()
    work.ok("smooth", "y.csv", "-o", f"soft.{suffix}")
    assert f"({(work.folder / f'soft.{suffix}').stat().st_size:,} B)".replace(",", "") in result.err or (
        "kB" in result.err
    )


# Memory


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_memory_does_not_grow_with_rows(work: Work, suffix: str) -> None:
    peaks = []
    for rows in (400_000, 1_600_000):
        np.save(work.folder / "y.npy", np.arange(rows) % 50)
        peak = 0.0
        for arguments in (
            ["smooth", "y.npy", "-o", f"{rows}.{suffix}"],
            ["smooth", f"{rows}.{suffix}", "-o", f"again{rows}.{suffix}"],
        ):
            done = subprocess.run(
                [sys.executable, "-c", METER, "100", *arguments], capture_output=True, check=True
            )
            code, _, error, megabytes = json.loads(done.stdout)
            assert code == 0, error
            peak = max(peak, megabytes)
        peaks.append(peak)
    assert peaks[1] < 1.3 * peaks[0] + 30, peaks
    assert peaks[1] < 450, peaks


def test_pyarrow_reads_what_is_written(work: Work) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    feather = pytest.importorskip("pyarrow.feather")
    np.save(work.folder / "y.npy", np.arange(1000) % 7)
    work.ok("smooth", "y.npy", "-o", "soft.npy")
    wanted = np.load(work.folder / "soft.npy")
    for suffix, read in (("parquet", parquet.read_table), ("feather", feather.read_table)):
        work.ok("smooth", "y.npy", "-o", f"soft.{suffix}")
        table = read(io.BytesIO((work.folder / f"soft.{suffix}").read_bytes()))
        assert np.array_equal(np.stack([column.to_numpy() for column in table.columns], axis=1), wanted)
