"""What a convention fills in."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.likeness import (
    ENTRIES,
    LABELS,
    LOGITS,
    LOGS,
    ROWS,
    SUMS,
    K,
    column,
    every,
    files_of,
    number,
    padded,
    ulps,
)


@every
def test_the_reduction_is_that_of_the_framework_and_a_flag_overrides_it(data: Work, entry: Any) -> None:
    predictions, epsilon = files_of(entry)
    command = ["loss", predictions, "y.csv", "--like", entry.name, "-e", epsilon, *padded(entry), "-q"]
    own, mean, total = (
        float(data.ok(*command, *flags)) for flags in ([], ["--reduction", "mean"], ["--reduction", "sum"])
    )
    assert own == (total if entry.name in SUMS else mean)
    counted = int((LABELS != 4).sum()) if entry.reserved else ROWS
    terms = counted * (K if entry.kind == "sigmoid" else 1)
    assert total == pytest.approx(mean * terms, rel=1e-13 if entry.plus == 0 else 1e-7)
    assert mean != total


@every
def test_the_rows_add_up_to_the_sum(data: Work, entry: Any) -> None:
    predictions, epsilon = files_of(entry)
    labels = LABELS.copy()
    if entry.ignore is not None:
        labels[[3, 8]] = int(entry.ignore)
    data.write("y.csv", column(labels))
    command = ["loss", predictions, "y.csv", "--like", entry.name, "-e", epsilon, *padded(entry), "-q"]
    if entry.weights is not None:
        command += ["--weights", "1,2,.5,.25,1.5"]
    rows = [float(line) for line in data.ok(*command, "--reduction", "none").split()]
    assert len(rows) == ROWS
    if entry.ignore is not None:
        assert rows[3] == rows[8] == 0
    total = float(data.ok(*command, "--reduction", "sum"))
    assert math.fsum(rows) * (K if entry.kind == "sigmoid" else 1) == pytest.approx(total, rel=1e-13)


IGNORES = [
    *((name, -100) for name in ["torch", "huggingface", "smp", "flash-attn", "liger"]),
    *((name, -100) for name in ["mindspore", "mindspore-old"]),
    ("espnet", -1),
]


@pytest.mark.parametrize(("name", "label"), IGNORES)
def test_the_label_that_a_framework_ignores_is_ignored(data: Work, name: str, label: int) -> None:
    labels = LABELS.copy()
    labels[[0, 7]] = label
    data.write("y.csv", column(labels))
    found = json.loads(data.ok("loss", "z.npy", "y.csv", "--like", name, "--json"))
    assert (found["rows"], found["ignored"]) == (ROWS - 2, 2)
    out = data.ok("smooth", "y.csv", "-k", K, "--like", name).splitlines()
    zeros = [k for k, line in enumerate(out) if set(line.split(",")) == {"0.0"}]
    assert zeros == [0, 7]


def test_ignore_replaces_the_label_that_a_framework_ignores(data: Work) -> None:
    labels = LABELS.copy()
    labels[0] = 255
    data.write("y.csv", column(labels))
    found = number(data, "z.npy", "y.csv", "--like", "torch", "--ignore", "255")
    wanted = (-0.9 * LOGS[np.arange(1, ROWS), LABELS[1:]] - 0.1 * LOGS[1:].mean(axis=1)).mean()
    assert ulps(found, wanted) <= 8
    labels[1] = -100
    data.write("y.csv", column(labels))
    for command in (["loss", "z.npy", "y.csv"], ["smooth", "y.csv", "-k", "5"]):
        assert "`-100`" in data.refused(*command, "--like", "torch", "--ignore", "255")
    both = ["--ignore", "255", "--ignore", "-100"]
    assert json.loads(data.ok("loss", "z.npy", "y.csv", "--like", "torch", *both, "--json"))["ignored"] == 2


def test_padding_does_not_count_and_keeps_its_mass_where_it_is_not_reserved(data: Work) -> None:
    flags = ["--pad", "4", "-e", "0.2", "-q"]
    out = data.ok("smooth", "y.csv", "-k", K, "--like", "fairseq", *flags)
    rows = [line.split(",") for line in out.split()]
    counted = LABELS != 4
    assert {row[4] for row, counts in zip(rows, counted, strict=True) if counts} == {"0.05"}
    assert {cell for row, counts in zip(rows, counted, strict=True) if not counts for cell in row} == {"0.0"}
    hard = -LOGS[np.arange(ROWS), LABELS]
    others = (-LOGS.sum(axis=1) - hard) / (K - 1)
    wanted = math.fsum((0.8 * hard + 0.2 * others)[counted])
    assert ulps(number(data, "z.npy", "y.csv", "--like", "fairseq", *flags), wanted) <= 8


def test_padding_by_name(data: Work) -> None:
    np.savetxt("z.csv", LOGITS, delimiter=",", header="a,b,c,d,pad", comments="")
    data.write("n.csv", column(np.array(["a", "b", "c", "d", "pad"])[LABELS]))
    names = ["--names", "a,b,c,d,pad", "--no-header", "-q"]
    for name in ("fairseq", "opennmt"):
        wanted = number(data, "z.npy", "y.csv", "--like", name, "--pad", "4")
        for pad in ("pad", "4"):
            assert number(data, "z.npy", "n.csv", "--like", name, "--pad", pad, *names) == wanted
        by_header = ["z.csv", "n.csv", "--like", name, "--header", "--pad"]
        data.write("n.csv", "label\n" + column(np.array(["a", "b", "c", "d", "pad"])[LABELS]))
        assert number(data, *by_header, "pad") == pytest.approx(wanted, rel=1e-14)
        data.write("n.csv", column(np.array(["a", "b", "c", "d", "pad"])[LABELS]))


@pytest.mark.parametrize("name", ["fairseq", "opennmt"])
def test_padding_by_number_where_the_header_has_the_names(data: Work, name: str) -> None:
    np.savetxt("z.csv", LOGITS, delimiter=",", header="a,b,c,d,pad", comments="")
    data.write("n.csv", "label\n" + column(np.array(["a", "b", "c", "d", "pad"])[LABELS]))
    wanted = number(data, "z.csv", "n.csv", "--like", name, "--pad", "pad")
    assert number(data, "z.csv", "n.csv", "--like", name, "--pad", "4") == wanted


def test_an_alias_is_its_convention(data: Work) -> None:
    for entry in ENTRIES:
        predictions, epsilon = files_of(entry)
        command = ["loss", predictions, "y.csv", "-e", epsilon, *padded(entry), "--like"]
        for alias in entry.aliases:
            assert data.ok(*command, alias) == data.ok(*command, entry.name)
    assert {"hf", "t2t", "tensorflow", "flax", "wenet"} < {name for one in ENTRIES for name in one.aliases}
