"""What a match tries beside a convention, and how it is printed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import Work
from kits.formulas import (
    ALL,
    FORMULAS,
    LABELS,
    LOGITS,
    LOGS,
    MULTILABEL,
    ROWS,
    SOFT,
    WEIGHTED,
    WEIGHTS,
    Array,
    K,
    having,
    matches,
    mean,
    over_all,
    over_others,
    reserved,
    table,
    total,
    ulps,
)

import lsmooth


def raw(epsilon: float, *, others: bool) -> Array:
    """The loss of fairseq given logits in place of log-probabilities."""
    nll = -LOGITS[np.arange(ROWS), LABELS]
    smooth = -LOGITS.sum(axis=1)
    if others:
        return np.asarray((1 - epsilon) * nll + epsilon / (K - 1) * (smooth - nll))
    return np.asarray((1 - epsilon) * nll + epsilon / K * smooth)


@pytest.mark.parametrize("digits", [6, 17])
@pytest.mark.parametrize("sign", [1, -1])
def test_fairseq_issue_2273_in_one_command(data: Work, digits: int, sign: int) -> None:
    # https://github.com/facebookresearch/fairseq/issues/2273: fairseq ≤ 0.10.2, given what softmax is to get
    shift = 0.0 if sign == np.sign(total(raw(0.1, others=False))) else -sign * 10.0
    np.save("z.npy", LOGITS + shift)
    value = total(raw(0.1, others=False) - shift)
    assert np.sign(value) == sign
    text = f"{value:.{digits}g}"
    for flags in ([], ["-e", "0.1"]):
        rows = [row for row in having(matches(data, text, *flags), "fairseq-old") if row["epsilon"] == "0.1"]
        assert [row["log_softmax"] for row in rows] == ["False"]
        assert "fairseq" not in rows[0]["conventions"].split()
        assert ulps(float(rows[0]["loss"]), value) <= 32 * ROWS
    # and with a log_softmax, as it should be
    fixed = f"{FORMULAS['fairseq-old'](0.1):.{digits}g}"
    assert having(matches(data, fixed, "-e", "0.1"), "fairseq-old")[0]["log_softmax"] == "True"


def test_only_what_is_given_log_probabilities_can_miss_a_log_softmax(data: Work) -> None:
    text = repr(mean(raw(0.1, others=True)))
    rows = matches(data, text, "-e", "0.1")
    assert {row["log_softmax"] for row in rows} == {"False"}
    taking = {entry.name for entry in lsmooth.list_conventions() if entry.log_probs}
    assert {name for row in rows for name in row["conventions"].split()} <= taking
    # of probabilities nothing can be missed
    assert data.run("loss", "p.npy", "y.csv", "--match", text, "-e", "0.1").code == 1


def test_a_missed_log_softmax_and_a_mean_over_all_rows(data: Work) -> None:
    rows = np.delete(raw(0.1, others=False), 2)
    found = matches(data, repr(total(rows) / ROWS), "-e", "0.1", "--ignore", "-100", files="z.npy i.csv")
    assert any("fairseq-old" in row["conventions"].split() and row["denominator"] == "all" for row in found)


def test_a_missed_log_softmax_of_nemo(data: Work) -> None:
    text = repr(total(raw(0.1, others=True)) / (ROWS + 1e-6))
    assert having(matches(data, text, "-e", "0.1"), "nemo")


def test_reductions_and_denominators_that_are_not_its_own_are_tried(data: Work) -> None:
    kept = np.delete(over_all(0.1), 2)
    ignored = ["-e", "0.1", "--ignore", "-100"]
    for value, reduction, denominator in (
        (total(kept), "sum", ""),
        (total(kept) / (ROWS - 1), "mean", "valid"),
        (total(kept) / ROWS, "mean", "all"),
    ):
        rows = matches(data, repr(value), *ignored, files="z.npy i.csv")
        found = [row for row in rows if "torch" in row["conventions"].split()]
        assert [(row["reduction"], row["denominator"]) for row in found] == [(reduction, denominator)]


def test_a_weighted_mean(data: Work) -> None:
    nll = -LOGS * WEIGHTS
    rows = 0.9 * nll[np.arange(ROWS), LABELS] + 0.1 * nll.mean(axis=1)
    weights = total(WEIGHTS[LABELS])
    for value, denominator, name in (
        (total(rows) / weights, "weights", "torch"),
        (mean(rows), "valid", "torch-soft"),
    ):
        text = f"{value:.9g}"
        found = [r for r in matches(data, text, *WEIGHTED.split()) if name in r["conventions"].split()]
        assert ("0.1", denominator) in {(row["epsilon"], row["denominator"]) for row in found}


def test_padding_that_is_not_reserved(data: Work) -> None:
    text = f"{total(over_others(0.1)[LABELS != 2]):.10g}"
    rows = matches(data, text, "--pad", "2")
    assert "0.1" in {row["epsilon"] for row in having(rows, "fairseq")}


def test_padding_that_is_reserved(data: Work) -> None:
    rows = matches(data, f"{reserved():.10g}", "--pad", "2")
    assert "opennmt" in {name for row in rows for name in row["conventions"].split()}


def test_padding_that_is_reserved_in_the_library() -> None:
    found = lsmooth.match(LOGITS, LABELS, f"{reserved():.10g}", pad=2)
    assert 0.1 in {one.epsilon for one in found if "opennmt" in one.conventions}


def test_soft_rows_and_independent_labels(data: Work) -> None:
    value = 0.9 * mean(-(SOFT * LOGS).sum(axis=1)) + 0.1 * mean(ALL)
    rows = matches(data, f"{value:.9g}", files="z.npy soft.npy")
    assert "0.1" in {row["epsilon"] for row in having(rows, "torch-soft")}
    target = 0.9 * MULTILABEL + 0.05
    costs = target * np.log1p(np.exp(-LOGITS)) + (1 - target) * np.log1p(np.exp(LOGITS))
    flags = ["--labels", "multilabel", "--no-header"]
    rows = matches(data, f"{costs.mean():.9g}", *flags, files="z.npy m.csv")
    assert {"0.1", "0.05"} <= {row["epsilon"] for row in rows}
    assert "0.05" in {row["epsilon"] for row in having(rows, "smp-bce")}
    assert "0.1" in {row["epsilon"] for row in having(rows, "torch-bce")}


def test_the_divergence_of_soft_rows_at_a_given_epsilon(data: Work) -> None:
    target = 0.9 * SOFT + 0.1 / K
    value = mean((target * (np.log(target) - LOGS)).sum(axis=1))
    rows = matches(data, f"{value:.9g}", "-e", "0.1", files="z.npy soft.npy")
    assert having(rows, "torch-kl")


def test_epsilon_1_matches_only_what_takes_it(data: Work) -> None:
    rows = matches(data, repr(mean(ALL)), "-e", "1")
    names = {name for row in rows for name in row["conventions"].split()}
    assert {"torch", "keras"} <= names
    assert not names & {"timm", "mlx", "megatron", "mmpretrain", "sklearn"}


def test_the_simplest_epsilon_comes_first(data: Work) -> None:
    rows = matches(data, f"{FORMULAS['torch'](0.1):.8g}")
    digits = [len(row["epsilon"]) for row in rows]
    assert digits == sorted(digits)
    assert "torch" in rows[0]["conventions"].split()
    assert rows[0]["epsilon"] == "0.1"


def test_csv_and_json_of_matches(data: Work) -> None:
    text = f"{FORMULAS['fairseq'](0.1):.8g}"
    command = ["loss", "z.npy", "y.csv", "--match", text]
    out = data.ok(*command)
    assert out.splitlines()[0] == "epsilon,reduction,denominator,loss,log_softmax,conventions"
    found = json.loads(data.ok(*command, "--json"))
    assert found["epsilon"] is None
    rows = table(out)
    assert [repr(one["epsilon"]) for one in found["conventions"]] == [row["epsilon"] for row in rows]
    assert [repr(one["loss"]) for one in found["conventions"]] == [row["loss"] for row in rows]
    assert json.loads(data.ok(*command, "--json", "-e", "0.1"))["epsilon"] == 0.1


def test_nothing_fits(data: Work) -> None:
    near = FORMULAS["torch"](0.1)
    text = repr(near + 1e-7)
    err = data.refused("loss", "z.npy", "y.csv", "--match", text, "-e", "0.1")
    assert f"no convention gives {text} at epsilon 0.1" in err
    nearest = float(err.partition("which gives ")[2].split()[0])
    assert abs(nearest - (near + 1e-7)) <= 1.01e-7
    for file in ("z.npy", "p.npy"):
        result = data.run("loss", file, "y.csv", "--match", "1000000")
        assert (result.code, result.out) == (1, "")
        assert "at any epsilon in [0, 1]; the nearest is " in result.err


@pytest.mark.parametrize("value", ["abc", "nan", "inf", "-inf", "", "1.2.3", "0,7", "1.5 nats"])
def test_what_is_no_number_is_a_usage_error(work: Work, value: str) -> None:
    err = work.refused("loss", "missing.npy", "missing.csv", f"--match={value}", code=2)
    assert "--match is" in err


@pytest.mark.parametrize("value", ["1e39", "1e309", "1e400", "-1e400"])
def test_a_number_that_is_too_large_is_no_traceback(data: Work, value: str) -> None:
    result = data.run("loss", "z.npy", "y.csv", f"--match={value}")
    assert result.code in (1, 2)
    assert result.err.startswith("error: ")
