"""A convention gives the number of its framework."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kits.golden import GOLDEN, T2T, Cell, Run, data_of, find, numbers, ulps, ulps32
from kits.golden_runs import ANY, RUNS, UNREACHED

import lsmooth

CELLS: set[Cell] = {
    (row, epsilon, key)
    for row, by_epsilon in GOLDEN.items()
    for epsilon, values in by_epsilon.items()
    for key in values
}


def stands_for(entry: Cell, cell: Cell) -> bool:
    return all(part in (ANY, wanted) for part, wanted in zip(entry, cell, strict=True))


CASES = [
    pytest.param(run, like, epsilon, key, id=f"{row}, {key}, {epsilon}: {like}")
    for run in RUNS
    for like in run.likes.split()
    for row, epsilon, key in run.cells()
]


@pytest.mark.parametrize(("run", "like", "epsilon", "key"), CASES)
def test_a_convention_gives_the_number_of_its_framework(run: Run, like: str, epsilon: str, key: str) -> None:
    found = run.values(like, float(epsilon), key)
    wanted = numbers(GOLDEN[run.row][epsilon][key])
    if key == "targets":
        # some rows hold the target of label 0 alone, the first
        found = found[: len(wanted)]
    assert len(found) == len(wanted)
    away = ulps32 if key in run.single.split() else ulps
    for value, expected in zip(found, wanted, strict=True):
        assert value == expected or away(value, expected) <= run.within, (value, expected)


# What is and what is not reached


def test_every_cell_is_reached_or_stands_among_the_unreached() -> None:
    normalizing = {(T2T, epsilon, "normalizing") for epsilon in GOLDEN[T2T]}
    reached = {cell for run in RUNS for cell in run.cells()} | normalizing
    unreached = {cell for cell in CELLS for entry in UNREACHED if stands_for(entry, cell)}
    assert reached <= CELLS
    assert CELLS - reached - unreached == set()
    assert reached & unreached == set()


def test_every_reason_is_for_a_cell() -> None:
    assert [entry for entry in UNREACHED if not any(stands_for(entry, cell) for cell in CELLS)] == []


#: The conventions of the issue, by name or by alias: those whose framework returns the mean, and the sum.
MEANS = """
    torch torch-soft torch-bce torch-kl keras keras-bce keras-focal tf1 optax timm timm-bce huggingface
    tensor2tensor t5 scenic espnet wenet speechbrain allennlp gluon sockeye apex flash-attn liger mlx tinygrad
    composer nemo megatron mmpretrain mmpretrain-multilabel classy mindspore mindspore-old burn burn-bce smp
    smp-bce yolo paddle tensorflow sklearn hf t2t torch-prob mm-multilabel
"""
SUMS = "fairseq fairseq-old opennmt opennmt3 annotated joeynmt t5x flax marian speechbrain-kl"


@pytest.mark.parametrize("name", [*MEANS.split(), *SUMS.split()])
def test_the_list_holds_what_the_issue_names(name: str) -> None:
    holders = [entry for entry in lsmooth.list_conventions() if name in (entry.name, *entry.aliases)]
    assert len(holders) == 1


def test_every_convention_of_the_list_gives_a_golden_number() -> None:
    reaching = {find(like).name for run in RUNS for like in run.likes.split()}
    # t5 is reached as the sum of two cells, below
    assert {entry.name for entry in lsmooth.list_conventions()} - reaching == {"t5"}


def test_a_framework_that_ran_in_float64_and_agrees_to_float32_is_said_to_be_single() -> None:
    wide = [run for run in RUNS if run.single and run.predictions.dtype == np.float64]
    names = {run.likes.split()[0] for run in wide}
    assert len(names) > 8
    assert [name for name in sorted(names) if not find(name).single] == []


def test_without_a_reduction_a_convention_reduces_as_its_framework_does() -> None:
    for entry in lsmooth.list_conventions():
        predictions, labels, epsilon, flags = data_of(entry)
        flags["like"] = entry.name
        own = lsmooth.cross_entropy(predictions, labels, epsilon, **flags)
        mean = lsmooth.cross_entropy(predictions, labels, epsilon, reduction="mean", **flags)
        total = lsmooth.cross_entropy(predictions, labels, epsilon, reduction="sum", **flags)
        assert mean != total
        assert own == (total if entry.name in SUMS.split() else mean), entry.name


def test_a_convention_is_reached_by_each_of_its_names_and_as_an_object() -> None:
    for entry in lsmooth.list_conventions():
        predictions, labels, epsilon, flags = data_of(entry)
        wanted = lsmooth.cross_entropy(predictions, labels, epsilon, like=entry.name, **flags)
        likes: list[Any] = [entry, *entry.aliases]
        for like in likes:
            assert lsmooth.cross_entropy(predictions, labels, epsilon, like=like, **flags) == wanted
