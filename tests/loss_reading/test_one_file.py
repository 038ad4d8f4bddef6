"""Labels as a column of the predictions."""

from __future__ import annotations

import math

import pytest
from conftest import Work

import lsmooth


def cost(right: float, wrong: float, epsilon: float) -> float:
    """The loss of two logits, by hand."""
    total = math.log(math.exp(right) + math.exp(wrong))
    return (1 - epsilon / 2) * (total - right) + epsilon / 2 * (total - wrong)


def test_a_column_of_epsilon_is_no_class(work: Work) -> None:
    work.write("z.csv", "cat,dog,label,eps\n2,1,cat,0.1\n0,3,dog,0.3\n")
    wanted = (cost(2, 1, 0.1) + cost(3, 0, 0.3)) / 2
    found = work.ok("loss", "z.csv", "--epsilon-column", "eps")
    assert float(found) == pytest.approx(wanted, rel=1e-15)
    given = ["--epsilon-by", "eps", "--per-class", "0.1=.1,*=.3"]
    assert float(work.ok("loss", "z.csv", *given)) == pytest.approx(wanted, rel=1e-15)


@pytest.mark.parametrize(
    ("flags", "hint"),
    [
        (["--column", "species"], "pass --label-column"),
        (["--label-columns", "cat,dog"], "name a file of labels too"),
        (["--item", "species"], "name a file of labels too"),
    ],
)
def test_what_is_of_a_file_of_labels_is_a_usage_error(work: Work, flags: list[str], hint: str) -> None:
    work.write("z.csv", "cat,dog,label,species\n2,1,cat,dog\n0,3,dog,cat\n")
    error = work.refused("loss", "z.csv", "--columns", "cat,dog", *flags, code=2)
    assert error.startswith(f"error: {flags[0]} is of a file of labels, and here they are a column")
    assert error.endswith(f"hint: {hint}\n")
    found = work.ok("loss", "z.csv", "--columns", "cat,dog", "--label-column", "species", "-e", "0")
    assert float(found) == pytest.approx((cost(1, 2, 0) + cost(0, 3, 0)) / 2)
    with pytest.raises(lsmooth.UsageError, match="--column is of a file of labels"):
        lsmooth.loss_file("z.csv", columns="cat,dog", column="species")


def test_a_format_of_rows_is_not_for_one_number(work: Work) -> None:
    for to in ("npy", "parquet"):
        error = work.refused("loss", "z.npy", "y.npy", "--to", to, code=2)
        assert f"--to {to} holds one loss a row, and the loss is one number" in error


def test_what_predictions_are_is_not_said_where_there_are_none(work: Work) -> None:
    error = work.refused("smooth", "y.csv", "--as", "logits", code=2)
    assert "--as logits is of predictions, and no flag names any" in error
