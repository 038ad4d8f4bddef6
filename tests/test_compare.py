"""`loss --compare` and `--match`: the same files under every convention, and a printed number asked back.

What each convention gives is numpy's arithmetic here, or `loss --like` where the two have to agree.
"""

from __future__ import annotations

import csv
import json
import math
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from conftest import Spawn, Work
from hypothesis import given
from hypothesis import strategies as st
from kits.processes import on_screen
from numpy.typing import NDArray

import lsmooth
from lsmooth.compare.roots import find_roots, simplest

Array = NDArray[Any]

K = 4
ROWS = 24
RANDOM = np.random.default_rng(2273)
LOGITS = np.round(2 * RANDOM.normal(size=(ROWS, K)), 3)
LABELS = RANDOM.integers(0, K, ROWS)
MULTILABEL = RANDOM.integers(0, 2, (ROWS, K))
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.25])
NORMS = np.log(np.exp(LOGITS).sum(axis=1))
LOGS = LOGITS - NORMS[:, None]
SOFT = 0.6 * np.eye(K)[LABELS] + 0.4 * np.exp(LOGS)

HARD = -LOGS[np.arange(ROWS), LABELS]
ALL = -LOGS.mean(axis=1)
OTHERS = (-LOGS.sum(axis=1) - HARD) / (K - 1)


def total(rows: Array) -> float:
    return math.fsum(rows.tolist())


def mean(rows: Array) -> float:
    return total(rows) / len(rows)


def xlogx(value: float) -> float:
    return value * math.log(value) if value > 0 else 0.0


def entropy_all(e: float) -> float:
    return -xlogx(1 - e + e / K) - (K - 1) * xlogx(e / K)


def entropy_others(e: float) -> float:
    return -xlogx(1 - e) - (K - 1) * xlogx(e / (K - 1))


def over_all(e: float) -> Array:
    return np.asarray((1 - e) * HARD + e * ALL)


def over_others(e: float) -> Array:
    return np.asarray((1 - e) * HARD + e * OTHERS)


def t2t(e: float) -> float:
    return -(1 - e) * math.log(1 - e) - e * math.log(e / (K - 1) + 1e-20)


#: What these give for LOGITS and LABELS at an ε, as their sources say.
FORMULAS: dict[str, Callable[[float], float]] = {
    "torch": lambda e: mean(over_all(e)),
    "fairseq": lambda e: total(over_others(e)),
    "fairseq-old": lambda e: total(over_all(e)),
    "megatron": lambda e: mean(over_others(e)),
    "torch-kl": lambda e: mean(over_all(e)) - entropy_all(e),
    "espnet": lambda e: mean(over_others(e)) - entropy_others(e),
    "speechbrain-kl": lambda e: total(over_others(e)) - ROWS * entropy_others(e),
    "tensor2tensor": lambda e: mean(over_others(e)) - t2t(e),
    "t5x": lambda e: total(over_others(e)) - ROWS * t2t(e),
    "t5": lambda e: mean(over_all(e) + 1e-4 * NORMS**2),
    "classy": lambda e: mean(over_all(e / (1 + e))),
    "nemo": lambda e: total(over_others(e)) / (ROWS + 1e-6),
    "scenic": lambda e: total(over_all(e)) / (ROWS + 1e-8),
}
SUMS = {"fairseq", "fairseq-old", "speechbrain-kl", "t5x"}


def ulps(value: float, wanted: float) -> float:
    return abs(value - wanted) / math.ulp(max(1.0, abs(wanted)))


def column(values: Any) -> str:
    return "".join(f"{value}\n" for value in values)


@pytest.fixture
def data(work: Work) -> Work:
    """Logits in z.npy, probabilities in p.npy, labels in y.csv, i.csv (row 2 ignored), soft.npy, m.csv."""
    np.save("z.npy", LOGITS)
    np.save("p.npy", np.exp(LOGS))
    np.save("soft.npy", SOFT)
    work.write("y.csv", column(LABELS))
    work.write("i.csv", column([*LABELS[:2], -100, *LABELS[3:]]))
    work.write("m.csv", "".join(",".join(map(str, row)) + "\n" for row in MULTILABEL))
    work.write("b.csv", column(LOGITS[:, 0]))
    work.write("b01.csv", column(MULTILABEL[:, 0]))
    return work


Row = dict[str, str]


def table(text: str) -> list[Row]:
    return list(csv.DictReader(text.splitlines()))


def compared(work: Work, *arguments: object) -> list[Row]:
    return table(work.ok("loss", *arguments, "--compare", "-q"))


def by_name(rows: list[Row]) -> dict[str, Row]:
    found = [(name, row) for row in rows for name in row["conventions"].split()]
    assert len(dict(found)) == len(found)
    return dict(found)


def names_of(kind: str) -> set[str]:
    entries = lsmooth.list_conventions()
    return {entry.name for entry in entries if entry.kind == kind and entry.focal is None}


# --compare

WEIGHTED = "--weights 1,2,.5,.25"
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


PADDING = "--pad reaches --like alone: reduction_of drops the padding class where there is no convention"


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


def reserved() -> float:
    """What is left of the cross-entropy at ε = 0.1 where class 2 is padding and gets no mass."""
    others = -(LOGS * np.array([1, 1, 0, 1])).sum(axis=1) - HARD
    kept = (0.9 * HARD + 0.05 * others)[LABELS != 2]
    return total(kept + xlogx(0.9) + 2 * xlogx(0.05))


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


# --match


def matches(work: Work, value: str, *flags: object, files: str = "z.npy y.csv") -> list[Row]:
    return table(work.ok("loss", *files.split(), "--match", value, *flags, "-q"))


def having(rows: list[Row], name: str, *, own: bool = True) -> list[Row]:
    """The rows of a convention, with the reduction that is its own."""
    reduction = "sum" if name in SUMS else "mean"
    return [
        row
        for row in rows
        if name in row["conventions"].split() and (not own or row["reduction"] == reduction)
    ]


#: Every name with two of the digits, every number of digits with half of the names: looking for ε takes time.
WRITTEN = [(name, digits) for k, name in enumerate(FORMULAS) for digits in ((4, 17), (6, 10))[k % 2]]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_number_is_found_again_at_its_epsilon(data: Work, name: str) -> None:
    value = FORMULAS[name](0.1)
    for digits in (4, 6, 10, 17):
        found = having(matches(data, f"{value:.{digits}g}", "-e", "0.1"), name)
        assert {(row["epsilon"], row["log_softmax"]) for row in found} == {("0.1", "True")}
        assert min(ulps(float(row["loss"]), value) for row in found) <= ROWS


@pytest.mark.parametrize(("name", "digits"), WRITTEN)
def test_a_number_is_found_again_with_its_epsilon(data: Work, name: str, digits: int) -> None:
    # of 4 digits, 0.25 would be one of several decimals with as many
    epsilon = 0.2 if digits == 4 else 0.25
    value = FORMULAS[name](epsilon)
    found = [
        row for row in having(matches(data, f"{value:.{digits}g}"), name) if row["epsilon"] == repr(epsilon)
    ]
    assert {row["log_softmax"] for row in found} == {"True"}
    assert min(ulps(float(row["loss"]), value) for row in found) <= ROWS


@pytest.mark.parametrize("name", FORMULAS)
def test_what_a_float32_prints_is_found_again(data: Work, name: str) -> None:
    single = np.float32(FORMULAS[name](0.1))
    for text in (str(single), repr(float(single)), f"{single:.6f}"):
        assert having(matches(data, text, "-e", "0.1"), name)
    assert 0.1 in {float(row["epsilon"]) for row in having(matches(data, repr(float(single))), name)}


def test_every_match_gives_the_number_to_its_digits(data: Work) -> None:
    for text in ("1.9", "2.04", "45", "1.512345"):
        half = 0.5 * 10.0 ** Decimal(text).as_tuple().exponent  # type: ignore[operator]
        rows = matches(data, text)
        assert rows
        for row in rows:
            assert abs(float(row["loss"]) - float(text)) <= half * (1 + 1e-9) + 1e-12


@pytest.mark.parametrize(
    "probs", [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]], ids=["of another class", "of the true one"]
)
def test_a_loss_that_is_infinite_but_at_one_end_does_not_match(data: Work, probs: list[float]) -> None:
    np.save("p.npy", np.array([probs, [0.2, 0.5, 0.3]]))
    data.write("y.csv", "0\n1\n")
    rows = matches(data, "5.0000", files="p.npy y.csv")
    for row in rows:
        assert abs(float(row["loss"]) - 5) <= 5.1e-5


def test_an_epsilon_near_1_of_what_does_not_take_1(data: Work) -> None:
    value = mean(OTHERS) - math.log(K - 1)  # the limit at ε = 1
    text = f"{value:.4g}"
    found = having(matches(data, text), "tensor2tensor")
    assert any(0.99 < float(row["epsilon"]) < 1 for row in found)
    for row in found:
        assert float(f"{float(row['loss']):.4g}") == float(text)


def test_two_epsilons_give_the_number_where_an_entropy_is_subtracted(data: Work) -> None:
    # predictions smoothed by 0.3: the divergence is 0 there, and rises on both sides
    smoothed = 0.7 * np.eye(3) + 0.1
    np.save("p.npy", smoothed)
    data.write("y.csv", "0\n1\n2\n")

    def divergence(e: float) -> float:
        on, off = 1 - e + e / 3, e / 3
        return xlogx(on) + 2 * xlogx(off) - on * math.log(0.8) - 2 * off * math.log(0.1)

    value = divergence(0.1)
    low, high = 0.3, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if divergence(middle) < value else (low, middle)
    assert 0.4 < low < 0.9
    rows = matches(data, repr(value), files="p.npy y.csv")
    found = sorted({float(row["epsilon"]) for row in having(rows, "torch-kl")})
    assert found == pytest.approx([0.1, low], rel=1e-12)
    assert found[0] == 0.1
    # written with 4 digits, the second is the simplest decimal that rounds to it
    rough = matches(data, f"{value:.4g}", files="p.npy y.csv")
    found = sorted({float(row["epsilon"]) for row in having(rough, "torch-kl")})
    assert found[0] == 0.1
    assert found[1] == pytest.approx(low, abs=1e-3)
    assert float(f"{divergence(found[1]):.4g}") == float(f"{value:.4g}")


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


# The library


def test_match_in_the_library(data: Work) -> None:
    text = f"{FORMULAS['fairseq'](0.1):.8g}"
    found = lsmooth.match(LOGITS, LABELS, text)
    rows = matches(data, text)
    assert [repr(one.epsilon) for one in found] == [row["epsilon"] for row in rows]
    assert [" ".join(one.conventions) for one in found] == [row["conventions"] for row in rows]
    first = found[0]
    assert "fairseq" in first.conventions
    assert (first.epsilon, first.reduction, first.denominator, first.own) == (0.1, "sum", None, True)
    again = lsmooth.match(LOGITS, LABELS, FORMULAS["fairseq"](0.1), 0.1)
    assert any("fairseq" in one.conventions for one in again)


def test_match_in_the_library_takes_what_a_loss_takes() -> None:
    labels = [*LABELS[:2], -100, *LABELS[3:]]
    kept = np.delete(over_all(0.2), 2)
    found = lsmooth.match(LOGITS, labels, repr(mean(kept)), 0.2, ignore=[-100])
    assert any("torch" in one.conventions and one.denominator == "valid" for one in found)
    padded = total(over_others(0.2)[LABELS != 2])
    assert any("fairseq" in one.conventions for one in lsmooth.match(LOGITS, LABELS, padded, 0.2, pad=2))
    nll = -LOGS * WEIGHTS
    weighted = total(0.8 * nll[np.arange(ROWS), LABELS] + 0.2 * nll.mean(axis=1)) / total(WEIGHTS[LABELS])
    found = lsmooth.match(LOGITS, LABELS, weighted, 0.2, weights=WEIGHTS)
    assert any("torch" in one.conventions and one.denominator == "weights" for one in found)
    found = lsmooth.match(np.exp(LOGS), LABELS, mean(over_all(0.2)), 0.2, predicted="probs")
    assert any("keras" in one.conventions for one in found)


@pytest.mark.parametrize("value", ["abc", math.nan, math.inf])
def test_match_in_the_library_refuses_what_is_no_number(value: Any) -> None:
    with pytest.raises(lsmooth.UsageError):
        lsmooth.match(LOGITS, LABELS, value)


def test_match_in_the_library_refuses_what_nothing_gives() -> None:
    with pytest.raises(lsmooth.LsmoothError, match="the nearest is"):
        lsmooth.match(LOGITS, LABELS, "1000000")
    with pytest.raises(lsmooth.UsageError):
        lsmooth.match(LOGITS, LABELS, "1.5", 1.5)
    with pytest.raises(lsmooth.LsmoothError):
        lsmooth.match(LOGITS, [-100] * ROWS, "1.5", ignore=[-100])


# Roots and the simplest decimal

units = st.floats(0, 1)


def intervals(off: Callable[[float], float], slack: float, *, convex: bool) -> list[tuple[float, float]]:
    found: Iterator[tuple[float, float]] = find_roots(off, 1.0, slack, convex=convex)
    return list(found)


@given(units, st.floats(0.01, 100), st.booleans())
def test_the_root_of_a_line_is_found(root: float, slope: float, falls: bool) -> None:
    sign = -1 if falls else 1
    found = intervals(lambda e: sign * slope * (e - root), 1e-9, convex=False)
    assert len(found) == 1
    low, high = found[0]
    assert low - 1e-15 <= root <= high + 1e-15
    assert high - low <= 2.1e-9 / slope + 1e-15


@given(st.floats(1.01, 3), st.floats(0.01, 100))
def test_a_line_with_its_root_outside_has_none(root: float, slope: float) -> None:
    assert intervals(lambda e: slope * (e - root), 1e-9, convex=False) == []
    assert intervals(lambda e: slope * (e + root - 1), 1e-9, convex=True) == []


@given(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.floats(0.1, 10))
def test_the_roots_of_a_parabola_are_found(one: float, other: float, scale: float) -> None:
    def off(e: float) -> float:
        return scale * (e - one) * (e - other)

    slack = 1e-9
    found = intervals(off, slack, convex=True)
    assert len(found) <= 2
    for low, high in found:
        assert 0 <= low <= high <= 1
        for place in (low, (low + high) / 2, high):
            assert abs(off(place)) <= slack * (1 + 1e-6) + 1e-15
    for root in (one, other):
        if 0 <= root <= 1:
            assert any(low - 1e-9 <= root <= high + 1e-9 for low, high in found)


def test_a_function_that_is_near_0_everywhere_has_one_interval() -> None:
    assert intervals(lambda _: 1e-12, 1e-9, convex=True) == [(0.0, 1.0)]
    assert intervals(lambda _: 1e-12, 1e-9, convex=False) == [(0.0, 1.0)]


@given(units, st.floats(0, 0.1))
def test_the_simplest_decimal_is_in_the_interval_and_none_is_shorter(low: float, width: float) -> None:
    high = min(1.0, low + width)
    found = simplest(low, high)
    slack = 8 * math.ulp(1.0)
    assert low - slack <= found <= high + slack
    places = -int(Decimal(repr(found)).normalize().as_tuple().exponent)
    for digits in range(min(places, 5)):
        scale = 10**digits
        assert math.ceil(low * scale) > math.floor(high * scale)


@given(st.integers(1, 6), st.data())
def test_a_decimal_is_the_simplest_of_what_is_near_it(digits: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 10**digits))
    value = count / 10**digits
    near = 0.4 * 10.0**-digits
    assert simplest(max(0.0, value - near), min(1.0, value + near)) == value
    assert simplest(value, value) == value
