"""Labels and predictions in columns."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import Work
from kits.columns import each_suffix, lists, save

ROWS = [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]]

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
