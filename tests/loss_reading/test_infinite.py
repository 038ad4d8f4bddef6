"""Infinite losses."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from conftest import Work
from kits.losses import LABELS, ZERO, Y, loss, plain


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_infinite_loss_is_printed_and_explained(reduction: str, work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    result = work.run("loss", "p.csv", "y.csv", "--reduction", reduction)
    assert (result.code, result.out) == (0, "inf\n")
    for words in ("warning: ", "p.csv:1", "2 rows", "--exclude", "--clip"):
        assert words in result.err


def test_the_row_of_an_infinite_loss_in_npy_counts_from_0(work: Work) -> None:
    np.save("z.npy", [[1.0, 2.0], [3.0, 0.0], [-np.inf, 0.0]])
    work.write("y.csv", "0\n1\n1\n")
    result = work.run("loss", "z.npy", "y.csv")
    assert (result.code, result.out) == (0, "inf\n")
    assert "row 2" in result.err
    assert "1 row " in result.err


def test_the_named_flags_make_the_loss_finite(work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    rows = [[0.7, 0.3], [0.1, 0.8], [0.5, 0.5]]
    # over the two classes that are left; the third stays in the softmax
    assert loss(work, "p.csv", "y.csv", "--exclude", 2) == pytest.approx(plain(rows, Y), rel=1e-14)
    clipped = [[0.7, 0.3, 1e-7], [0.1, 0.8, 0.1], [0.5, 0.5, 1e-7]]
    assert loss(work, "p.csv", "y.csv", "--clip", "1e-7") == pytest.approx(plain(clipped, Y), rel=1e-14)


def test_an_excluded_class_stays_in_the_softmax(work: Work) -> None:
    work.write("z.csv", "1.0,0.0,2.0\n")
    work.write("y.csv", "0\n")
    lse = math.log(math.exp(1) + 1 + math.exp(2))
    wanted = 0.9 * (lse - 1) + 0.1 * (2 * lse - 1) / 2
    assert loss(work, "z.csv", "y.csv", "--exclude", 2) == pytest.approx(wanted, rel=1e-14)


def test_zero_times_log_zero_counts_as_0(work: Work) -> None:
    work.write("p.csv", "1.0,0.0\n0.5,0.5\n")
    work.write("y.csv", "0\n1\n")
    work.write("t.csv", "1.0,0.0\n0.5,0.5\n")
    assert loss(work, "p.csv", "y.csv", "-e", 0) == pytest.approx(math.log(2) / 2, rel=1e-14)
    assert loss(work, "p.csv", "t.csv") == pytest.approx(math.log(2) / 2, rel=1e-14)


def test_a_weight_of_0_takes_the_infinite_term_away(work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    assert math.isfinite(loss(work, "p.csv", "y.csv", "--weights", "1,1,0"))


def test_an_ignored_row_is_not_infinite(work: Work) -> None:
    work.write("p.csv", "0.0,1.0\n0.5,0.5\n")
    work.write("y.csv", "-1\n1\n")
    assert loss(work, "p.csv", "y.csv", "--ignore", -1) == pytest.approx(math.log(2), rel=1e-14)


def test_json_has_null_and_a_count_for_an_infinite_loss(work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    out = work.ok("loss", "p.csv", "y.csv", "--json")
    assert not re.search("NaN|Infinity", out)
    found = json.loads(out)
    assert (found["loss"], found["excess"], found["infinite"]) == (None, None, 2)


@pytest.mark.parametrize("flags", ["--report", "-e 0,0.1,1", "--reduction none"])
def test_infinite_losses_spoil_no_other_output(flags: str, work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    result = work.run("loss", "p.csv", "y.csv", *flags.split())
    assert result.code == 0
    assert "inf" in result.out
    assert "nan" not in result.out
    assert "RuntimeWarning" not in result.err
