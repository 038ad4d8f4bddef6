"""Each value of a comparison."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.formulas import (
    FORMULAS,
    HARD,
    LOGS,
    SUMS,
    WEIGHTED,
    Array,
    K,
    by_name,
    compared,
    mean,
    reserved,
    ulps,
)

import lsmooth


def names_of(kind: str) -> set[str]:
    entries = lsmooth.list_conventions()
    return {entry.name for entry in entries if entry.kind == kind and entry.focal is None}


# compare


FILES = {
    "logits": ("softmax", "z.npy y.csv -e 0.1"),
    "logits, all smoothing": ("softmax", "z.npy y.csv -e 1"),
    "probabilities": ("softmax", "p.npy y.csv -e 0.1"),
    "probabilities, no smoothing": ("softmax", "p.npy y.csv -e 0"),
    "ignored": ("softmax", "z.npy i.csv -e 0.3 --ignore -100"),
    "ignored, weights": ("softmax", f"z.npy i.csv -e 0.3 --ignore -100 {WEIGHTED}"),
    "weights, some 0": ("softmax", "z.npy y.csv -e 0.1 --weights 1,2,0,.25"),
    "soft rows": ("softmax", "z.npy soft.npy -e 0.2"),
    "soft rows, weights": ("softmax", f"z.npy soft.npy -e 0.2 {WEIGHTED}"),
    "multilabel": ("sigmoid", "z.npy m.csv --labels multilabel -e 0.1 --no-header"),
    "multilabel, weights": ("sigmoid", f"z.npy m.csv --labels multilabel -e 0.1 --no-header {WEIGHTED}"),
    "binary": ("sigmoid", "b.csv b01.csv -e 0.1"),
}


def check_values(work: Work, kind: str, *command: str) -> None:
    """Each value of a comparison is that of --like, and what has none there has a reason."""
    rows = by_name(compared(work, *command))
    assert set(rows) == names_of(kind)
    valued = [name for name, row in rows.items() if row["loss"]]
    assert len(valued) > (2 if kind == "sigmoid" else 5)
    for name, row in rows.items():
        result = work.run("loss", *command, "--like", name, "-q")
        if row["loss"]:
            assert row["reason"] == ""
            assert ulps(float(row["loss"]), float(result.out)) <= 4, name
        else:
            assert row["reason"]
            # what one cannot take alone, it cannot take beside others
            assert result.code != 0, name


@pytest.mark.parametrize(("kind", "command"), FILES.values(), ids=list(FILES))
def test_each_value_is_that_of_like(data: Work, kind: str, command: str) -> None:
    check_values(data, kind, *command.split())


@pytest.mark.parametrize("flags", ["", WEIGHTED])
def test_each_value_is_that_of_like_with_padding(data: Work, flags: str) -> None:
    check_values(data, "softmax", "z.npy", "y.csv", "-e", "0.1", "--pad", "2", *flags.split())


def test_values_are_those_of_the_formulas(data: Work) -> None:
    rows = by_name(compared(data, "z.npy", "y.csv", "-e", "0.2"))
    for name, value in FORMULAS.items():
        assert ulps(float(rows[name]["loss"]), value(0.2)) <= 8, name
        assert rows[name]["reduction"] == ("sum" if name in SUMS else "mean")
    assert rows["fairseq"]["true_class"] == "1-ε"
    assert rows["fairseq"]["other_classes"] == "ε/(K-1)"
    assert rows["classy"]["true_class"] == "(1+ε/K)/(1+ε)"


@pytest.mark.parametrize("how", ["two decimals", "float32"])
def test_keras_renormalises_rows_that_sum_to_1_nearly(data: Work, how: str) -> None:
    probs = np.exp(LOGS)
    file = "p32.npy" if how == "float32" else "p.csv"
    np.save("p32.npy", probs.astype(np.float32))
    np.savetxt("p.csv", probs.clip(0.01).round(2), fmt="%.2f", delimiter=",")
    alone = float(data.ok("loss", file, "y.csv", "-e", "0.1", "--like", "keras", "-q"))
    beside = float(by_name(compared(data, file, "y.csv", "-e", "0.1"))["keras"]["loss"])
    assert ulps(beside, alone) <= 4


@pytest.mark.parametrize("command", ["z.npy y.csv -e 0.1", "p.npy y.csv -e 0.3 --pad 1", "z.npy soft.npy"])
def test_rows_are_sorted_and_equal_ones_are_one(data: Work, command: str) -> None:
    rows = compared(data, *command.split())
    filled = [bool(row["loss"]) for row in rows]
    assert filled == sorted(filled, reverse=True)
    values = [row for row in rows if row["loss"]]
    losses = [float(row["loss"]) for row in values]
    assert losses == sorted(losses)
    keys = [(row["reduction"], row["true_class"], row["other_classes"]) for row in values]
    for k, (loss, key) in enumerate(zip(losses, keys, strict=True)):
        for other, same in zip(losses[k + 1 :], keys[k + 1 :], strict=True):
            assert key != same or ulps(other, loss) > 4
    reasons = [
        (row["reason"], row["true_class"], row["other_classes"], row["reduction"])
        for row in rows
        if not row["loss"]
    ]
    assert len(set(reasons)) == len(reasons)


def test_equal_ones_are_in_one_row_and_unequal_ones_are_not(data: Work) -> None:
    rows = by_name(compared(data, "z.npy", "y.csv", "-e", "0.1"))
    assert {"torch", "keras", "optax", "timm", "huggingface"} <= set(rows["torch"]["conventions"].split())
    # equal values, other formulas or another divisor
    assert rows["scenic"] is not rows["torch"]
    assert rows["nemo"] is not rows["megatron"]
    at_0 = by_name(compared(data, "z.npy", "y.csv", "-e", "0"))
    assert float(at_0["megatron"]["loss"]) == float(at_0["torch"]["loss"])
    assert at_0["megatron"] is not at_0["torch"]


REASONS = [
    ("z.npy y.csv", "opennmt", "needs --pad"),
    (f"z.npy y.csv {WEIGHTED}", "fairseq", "takes no class weights"),
    ("z.npy soft.npy", "torch", "takes class indices, and the labels are rows"),
    ("z.npy y.csv", "sklearn", "takes probabilities, and these are logits"),
    ("p.npy y.csv -e 0.1", "sklearn", "sklearn does not smooth labels, and epsilon is 0.1"),
    ("p.npy y.csv", "t5", "adds a term of the logits, and these are probabilities"),
    ("z.npy y.csv -e 1", "timm", "timm takes epsilon in [0, 1), and it is 1"),
    ("b.csv b01.csv", "timm-bce", "spreads over several labels, and there is one"),
    (f"z.npy i.csv --ignore -100 {WEIGHTED}", "burn", "their class is not known"),
]


@pytest.mark.parametrize(("command", "name", "reason"), REASONS, ids=[name for _, name, _ in REASONS])
def test_what_cannot_be_told_has_a_reason(data: Work, command: str, name: str, reason: str) -> None:
    row = by_name(compared(data, *command.split()))[name]
    assert row["loss"] == ""
    assert reason in row["reason"]


def test_padding_is_no_reason_where_it_is_named(data: Work) -> None:
    rows = by_name(compared(data, "z.npy", "y.csv", "-e", "0.1", "--pad", "2"))
    assert {"opennmt", "annotated", "joeynmt"} <= set(rows["opennmt"]["conventions"].split())
    assert ulps(float(rows["opennmt"]["loss"]), reserved()) <= 16
    assert rows["opennmt"]["torch_epsilon"] == ""


def test_sklearn_has_a_value_where_nothing_is_smoothed(data: Work) -> None:
    rows = by_name(compared(data, "p.npy", "y.csv", "-e", "0"))
    assert float(rows["sklearn"]["loss"]) == pytest.approx(mean(HARD), rel=1e-14)


def torch_targets(epsilon: float) -> Array:
    return np.asarray((1 - epsilon) * np.eye(K) + epsilon / K)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.3, 0.75, 0.8, 1.0])
@pytest.mark.filterwarnings("ignore::lsmooth.LsmoothWarning")
def test_the_epsilon_of_torch_gives_the_same_targets(data: Work, epsilon: float) -> None:
    rows = by_name(compared(data, "z.npy", "y.csv", "-e", epsilon))
    told = {name: row["torch_epsilon"] for name, row in rows.items() if row["loss"]}
    assert {"torch", "fairseq", "classy", "espnet"} <= set(told)
    for name, value in told.items():
        targets = lsmooth.smooth(np.arange(K), epsilon, K, like=name)
        if value:
            np.testing.assert_allclose(targets, torch_targets(float(value)), rtol=1e-14, atol=1e-16)
        else:
            # the true class is below 1/K there, where PyTorch ends
            assert targets[0, 0] < 1 / K
    assert (told["fairseq"] == "") == (epsilon > 0.75)


@pytest.mark.parametrize("epsilon", [0.0, 0.2, 0.5])
def test_the_epsilon_of_torch_of_independent_labels(data: Work, epsilon: float) -> None:
    flags = ["--labels", "multilabel", "--no-header", "-e", epsilon]
    rows = by_name(compared(data, "z.npy", "m.csv", *flags))
    assert float(rows["torch-bce"]["torch_epsilon"]) == epsilon
    assert float(rows["smp-bce"]["torch_epsilon"]) == 2 * epsilon


def test_predictions_from_a_pipe_are_read_once(data: Work, spawn: Spawn) -> None:
    wanted = data.ok("loss", "z.npy", "y.csv", "-e", "0.1", "--compare")
    for flags in (["--compare", "-e", "0.1"], ["--match", f"{FORMULAS['fairseq'](0.1):.8g}"]):
        process = spawn("loss", "-", "y.csv", *flags, stdin=subprocess.PIPE)
        out, err = process.communicate((data.folder / "z.npy").read_bytes())
        assert process.returncode == 0, err
        if flags[0] == "--compare":
            assert out.decode() == wanted
        else:
            assert "fairseq" in out.decode()
