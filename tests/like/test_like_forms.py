"""Every form of a result, and the library."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.likeness import ENTRIES, LABELS, LOGITS, ROWS, SUMS, K, files_of, number, padded, ulps

import lsmooth


@pytest.mark.parametrize("name", ["torch", "fairseq", "espnet", "t5x", "classy", "smp-bce", "t5", "nemo"])
def test_json_and_a_sweep_give_the_same_numbers(data: Work, name: str) -> None:
    command = ["z.npy", "y.csv", "--like", name]
    sweep = data.ok("loss", *command, "-e", "0:0.3:0.15", "-q").splitlines()
    assert sweep[0] == "epsilon,loss,floor,excess"
    for line, epsilon in zip(sweep[1:], ("0.0", "0.15", "0.3"), strict=True):
        amount, loss, *_ = line.split(",")
        found = json.loads(data.ok("loss", *command, "-e", epsilon, "--json"))
        assert amount == epsilon
        assert float(loss) == found["loss"] == number(data, *command, "-e", epsilon)
        assert found["like"] == name
        assert found["reduction"] == ("sum" if name in SUMS else "mean")


@pytest.mark.parametrize("name", ["mindspore-old", "keras-focal"])
def test_a_sweep_without_a_floor_holds_numbers_or_nothing(data: Work, name: str) -> None:
    out = data.ok("loss", "z.npy", "y.csv", "--like", name, "-e", "0,0.1", "-q")
    assert "None" not in out


@pytest.mark.parametrize(
    "name",
    [
        "torch",
        "espnet",
        "tensor2tensor",
        "t5",
        "opennmt",
        "nemo",
        "classy",
        "keras-focal",
        "mindspore-old",
        "sklearn",
        "smp-bce",
    ],
)
def test_a_report_shows_the_loss(data: Work, name: str) -> None:
    entry = next(entry for entry in ENTRIES if entry.name == name)
    predictions, epsilon = files_of(entry)
    command = [predictions, "y.csv", "--like", name, "-e", epsilon, *padded(entry)]
    loss = number(data, *command)
    result = data.run("loss", *command, "--report")
    assert result.code == 0
    assert f"{loss:.6f}" in result.out
    assert f"as {name}, " in result.err


# ε of each row

EPSILONS = np.round(0.45 * np.random.default_rng(1).random(ROWS), 2)
EPSILONS[0] = 0


@pytest.mark.parametrize(
    "name",
    [
        "torch",
        "keras",
        "fairseq",
        "espnet",
        "torch-kl",
        "classy",
        "opennmt",
        "nemo",
        "t5",
        "smp-bce",
        "torch-bce",
    ],
)
def test_epsilon_of_each_row(data: Work, name: str) -> None:
    rows = zip(LABELS, EPSILONS, strict=True)
    data.write("e.csv", "label,e\n" + "".join(f"{label},{epsilon}\n" for label, epsilon in rows))
    pad: dict[str, Any] = {"pad": 4} if name == "opennmt" else {}
    flags: list[object] = ["--like", name, "--epsilon-column", "e", *(["--pad", 4] if pad else []), "-q"]
    wanted = [
        lsmooth.cross_entropy(LOGITS, LABELS, epsilon, like=name, reduction="none", **pad)[row]
        for row, epsilon in enumerate(EPSILONS.tolist())
    ]
    found = data.ok("loss", "z.npy", "e.csv", "--column", "label", *flags, "--reduction", "none").split()
    assert [float(line) for line in found] == pytest.approx(wanted, rel=1e-13, abs=1e-15)
    total = number(data, "z.npy", "e.csv", "--column", "label", *flags, "--reduction", "sum")
    assert total == pytest.approx(
        math.fsum(wanted) * (K if name in ("smp-bce", "torch-bce") else 1), rel=1e-13
    )
    out = data.ok("smooth", "e.csv", "--column", "label", "-k", K, *flags).splitlines()[1:]
    for row, line in enumerate(out):
        targets = lsmooth.smooth(LABELS[row : row + 1], float(EPSILONS[row]), K, like=name, **pad)
        assert [float(cell) for cell in line.split(",")] == pytest.approx(targets[0].tolist(), rel=1e-14)


@pytest.mark.parametrize("name", ["tensor2tensor", "t5x"])
def test_a_constant_of_one_epsilon_is_not_taken_off_rows_of_several(data: Work, name: str) -> None:
    data.write("e.csv", "label,e\n" + "".join(f"{label},0.1\n" for label in LABELS))
    flags = ["--column", "label", "--epsilon-column", "e", "--like", name]
    assert "subtracts a constant of one epsilon" in data.refused("loss", "z.npy", "e.csv", *flags)


@pytest.mark.parametrize("name", ["torch", "espnet", "classy"])
def test_epsilon_of_each_class(data: Work, name: str) -> None:
    amounts = np.array([0.0, 0.1, 0.2, 0.3, 0.4])
    wanted = [
        lsmooth.cross_entropy(LOGITS[[row]], [label], amounts[label], like=name)
        for row, label in enumerate(LABELS)
    ]
    flags = ["--like", name, "--per-class", ",".join(map(str, amounts)), "--reduction", "none"]
    found = [float(line) for line in data.ok("loss", "z.npy", "y.csv", *flags).split()]
    assert found == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("name", ["torch", "classy"])
def test_epsilon_of_each_row_is_told_as_given(data: Work, name: str) -> None:
    rows = zip(LABELS, EPSILONS, strict=True)
    data.write("e.csv", "label,e\n" + "".join(f"{label},{epsilon}\n" for label, epsilon in rows))
    command = ["loss", "z.npy", "e.csv", "--column", "label", "--epsilon-column", "e", "--like", name]
    found = json.loads(data.ok(*command, "--json"))
    assert found["epsilon"] == pytest.approx(EPSILONS.mean(), rel=1e-13)


# Clipping


def test_keras_clips_probabilities_of_0_after_dividing_by_their_sum(data: Work) -> None:
    data.write("p.csv", "0,0.5,0.5\n0.2,0.8,0\n")
    data.write("y3.csv", "0\n1\n")
    low, high = -math.log(1e-7), -math.log1p(-1e-7)
    assert high < 1e-6
    half, tiny = math.log(2), -math.log(0.2)
    target = np.array([0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3])
    rows = [target @ [low, half, half], target @ [-math.log(0.8), tiny, low]]
    found = number(data, "p.csv", "y3.csv", "--like", "keras", "-e", "0.1", "--as", "probs")
    assert found == pytest.approx(np.mean(rows), rel=1e-13)
    assert data.ok("loss", "p.csv", "y3.csv", "--like", "torch", "--as", "probs") == "inf\n"
    data.write("p.csv", "0,5,5\n2,8,0\n")
    assert number(data, "p.csv", "y3.csv", "--like", "keras", "--as", "probs") == pytest.approx(found)
    data.refused("loss", "p.csv", "y3.csv", "--like", "torch", "--as", "probs")


def test_torch_bce_costs_no_more_than_100(data: Work) -> None:
    data.write("p.csv", "0,1\n1,0.5\n")
    data.write("m.csv", "1,0\n1,1\n")
    flags = ["--labels", "multilabel", "--as", "probs", "--like", "torch-bce", "-e", "0", "--no-header"]
    assert number(data, "p.csv", "m.csv", *flags) == pytest.approx((100 + 100 + math.log(2)) / 4, rel=1e-14)


# The library


def test_files_in_the_library(data: Work) -> None:
    for like in ("fairseq", next(entry for entry in ENTRIES if entry.name == "fairseq")):
        result = lsmooth.loss_file("z.npy", "y.csv", epsilon=0.2, like=like)
        assert (result.like, result.reduction, result.spread) == ("fairseq", "sum", "others")
        wanted = lsmooth.cross_entropy(LOGITS, LABELS, 0.2, like="fairseq")
        assert ulps(result.loss, wanted) <= 4
        data.folder.joinpath("t.npy").unlink(missing_ok=True)
        summary = lsmooth.smooth_file("y.csv", "t.npy", epsilon=0.2, classes=K, like=like, dtype="float64")
        assert (summary.epsilon, summary.spread) == (0.2, "others")
        np.testing.assert_allclose(np.load("t.npy")[0, LABELS[0]], 0.8, rtol=1e-15)


def test_files_in_the_library_with_padding_and_an_alias(data: Work) -> None:
    assert lsmooth.loss_file("z.npy", "y.csv", like="hf").like == "huggingface"
    result = lsmooth.loss_file("z.npy", "y.csv", epsilon=0.1, like="joeynmt", pad=4)
    assert result.ignored == int((LABELS == 4).sum())
    assert ulps(result.loss, lsmooth.cross_entropy(LOGITS, LABELS, 0.1, like="joeynmt", pad=4)) <= 4
    summary = lsmooth.smooth_file("y.csv", "t.npy", classes=K, like="joeynmt", pad=4)
    assert summary.ignored == result.ignored
    mean = lsmooth.loss_file("z.npy", "y.csv", like="joeynmt", pad=4, reduction="mean")
    assert mean.loss * mean.rows == pytest.approx(result.loss, rel=1e-13)
    assert data.files().count("t.npy") == 1


@pytest.mark.parametrize(
    "flags",
    [
        {"like": "torch", "spread": "others"},
        {"like": "torch", "prior": "labels"},
        {"like": "torch", "exclude": [0]},
        {"like": "opennmt"},
        {"like": "timm", "epsilon": 1.0},
        {"like": "nothing"},
        {"pad": 0},
    ],
    ids=str,
)
@pytest.mark.usefixtures("work")
def test_usage_errors_of_the_library(flags: dict[str, Any]) -> None:
    with pytest.raises(lsmooth.UsageError):
        lsmooth.smooth_file("missing.csv", "t.npy", classes=K, **flags)
    with pytest.raises(lsmooth.UsageError):
        lsmooth.loss_file("missing.npy", "missing.csv", **flags)
