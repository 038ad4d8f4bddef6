"""How a comparison is printed, and when it is refused."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
from conftest import Work
from kits.formulas import FORMULAS, ROWS, K, by_name, column, compared, table
from kits.processes import on_screen


def test_csv_tsv_and_json(data: Work) -> None:
    command = ["loss", "z.npy", "y.csv", "-e", "0.2", "--compare"]
    out = data.ok(*command)
    assert out.splitlines()[0] == ("loss,reduction,true_class,other_classes,torch_epsilon,conventions,reason")
    rows = table(out)
    tabs = list(csv.DictReader(data.ok(*command, "--to", "tsv").splitlines(), delimiter="\t"))
    assert tabs == rows
    found = json.loads(data.ok(*command, "--json"))
    assert (found["epsilon"], found["kind"], found["classes"], found["infinite"]) == (0.2, "softmax", K, 0)
    assert [" ".join(one["conventions"]) for one in found["conventions"]] == [r["conventions"] for r in rows]
    for one, row in zip(found["conventions"], rows, strict=True):
        assert (repr(one["loss"]) if row["loss"] else "") == row["loss"]
        assert (one["reason"] or "") == row["reason"]


@pytest.mark.parametrize("flags", ["--compare", f"--match {FORMULAS['torch'](0.1)!r} -e 0.1"])
def test_npy_is_refused(data: Work, flags: str) -> None:
    result = data.run("loss", "z.npy", "y.csv", *flags.split(), "--to", "npy")
    assert result.code in (1, 2)
    assert result.err.startswith("error: ")


def test_an_infinite_loss(data: Work) -> None:
    np.save("p.npy", np.array([[0, 0.5, 0.5], [0.25, 0.25, 0.5]]))
    data.write("y.csv", "0\n1\n")
    rows = by_name(compared(data, "p.npy", "y.csv"))
    assert rows["torch"]["loss"] == "inf"
    assert math.isfinite(float(rows["keras"]["loss"]))
    found = json.loads(data.ok("loss", "p.npy", "y.csv", "--compare", "--json"))
    infinite = [one for one in found["conventions"] if one["loss"] is None and one["reason"] is None]
    assert found["infinite"] == len(infinite) > 0


#: Room for all columns, and no colours between the words.
WIDE = {"COLUMNS": "120", "NO_COLOR": "1"}


@pytest.mark.usefixtures("data")
def test_a_comparison_on_a_terminal_is_a_table() -> None:
    shown = on_screen("loss", "z.npy", "y.csv", "-e", "0.3", "--compare", **WIDE)
    lines = shown.splitlines()
    assert "The same logits and labels at ε = 0.3, K = 4" in lines[0]
    line = next(line for line in lines if "fairseq-old" in line)
    assert f"{FORMULAS['fairseq-old'](0.3):.6f}" in line
    assert "sum" in line
    assert "0.4" in next(line for line in lines if line.rstrip().endswith(" fairseq")).split()
    assert any("needs --pad" in line and "opennmt, annotated, joeynmt" in line for line in lines)
    assert "conventions,reason" not in shown


@pytest.mark.usefixtures("data")
def test_matches_on_a_terminal_are_a_table_and_a_format_asked_for_is_not() -> None:
    value = f"{FORMULAS['fairseq'](0.3):.8g}"
    shown = on_screen("loss", "z.npy", "y.csv", "--match", value, **WIDE)
    assert f"What gives {value}" in shown
    assert any(line.split()[:2] == ["0.3", "sum"] and "fairseq" in line for line in shown.splitlines())
    assert "epsilon,reduction" in on_screen("loss", "z.npy", "y.csv", "--match", value, "--to", "csv", **WIDE)


FIXED = [
    "--like torch",
    "--report",
    "--reduction sum",
    "--reduction mean",
    "--reduction none",
    "--denominator all",
    "--weighting class",
    "--minus-entropy",
    "--clip 1e-7",
    "-e 0,0.1",
    "-e 0:0.3:0.1",
    "--spread all",
    "--spread others",
    "--prior labels",
    "--ordinal",
    "--hierarchy tree.csv",
    "--similarity s.npy",
    "--confusion p.npy",
    "--exclude 0",
    "--per-class 0.1,0.2",
    "--epsilon-column e",
    "--adaptive p.npy -e 0:0.1",
    "--conditional p.npy -e 0:0.1",
    "--epoch 1/3 -e 0:0.1",
]


@pytest.mark.parametrize("flags", FIXED)
def test_what_is_of_one_recipe_is_a_usage_error(work: Work, flags: str) -> None:
    files = ["loss", "missing.npy", "missing.csv"]
    for form in (["--compare"], ["--match", "1.5"]):
        err = work.refused(*files, *form, *flags.split(), code=2)
        assert form[0] in err
        assert flags.split(maxsplit=1)[0] in err or "sweep" in err


def test_compare_and_match_exclude_each_other(work: Work) -> None:
    work.refused("loss", "missing.npy", "missing.csv", "--compare", "--match", "1", code=2)


def test_a_comparison_needs_a_row_that_counts(data: Work) -> None:
    data.write("y.csv", column([7] * ROWS))
    err = data.refused("loss", "z.npy", "y.csv", "--compare", "--ignore", "7")
    assert "every row is ignored" in err
