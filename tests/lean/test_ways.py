"""Which rows are taken in which way, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from hypothesis import given
from hypothesis import strategies as st
from kits.lean import NEAR, QUICK, WIDTHS, Array, Case, chances, check, noise, random, single, softmax

from lsmooth.errors import LsmoothError
from lsmooth.labels.classes import IGNORED
from lsmooth.predictions import PredictionKind, faulty_rows


@pytest.mark.parametrize("classes", [10, 100, 1000, 1025, 50257])
@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_what_a_model_gives_is_taken_from_sums(classes: int, scale: float) -> None:
    assert noise(classes, scale).safe().mean() > 0.95
    assert chances(classes, scale).safe().mean() > 0.95


@pytest.mark.parametrize("offset", [-5.0, -1e-3])
def test_logits_below_0_are_taken_from_sums_too(offset: float) -> None:
    case = noise(1000, 3)
    z = case.values.astype(np.float64)
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    assert Case(single(z + offset), case.labels).safe().mean() > 0.9


def test_safe_and_unsafe_rows_in_one_block() -> None:
    case = noise(10, 3, rows=300)
    values = case.values.copy()
    values[::3] += np.float32(1e4)
    values[1::7, 4] = -np.inf
    mixed = Case(values, case.labels)
    assert 0 < mixed.safe().mean() < 1
    check(mixed)


def test_what_is_not_safe_is_read_again_and_only_once() -> None:
    case = noise(10, 3, rows=20)
    values = case.values.copy()
    calls = []

    def original() -> Array:
        calls.append(1)
        return values

    Case(values, case.labels).lean_from(original)
    assert not calls
    values[[3, 5]] += np.float32(1e4)
    Case(values, case.labels).lean_from(original)
    assert len(calls) == 1


@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_the_logsumexp_of_the_logits(kind: PredictionKind) -> None:
    case = noise(10, 3, rows=50) if kind == "logits" else chances(10)
    values = case.values.copy()
    if kind == "logits":
        values[::4] += np.float32(1e4)
    case = Case(values, case.labels, kind)
    wanted = np.log(np.exp(values.astype(np.longdouble)).sum(axis=1)) if kind == "logits" else 0.0
    assert (np.abs(case.lean().logsumexp() - wanted) <= NEAR).all()


def test_ignored_rows_count_for_nothing() -> None:
    case = noise(10, 3, rows=40)
    values, labels = case.values.copy(), case.labels.copy()
    labels[::3] = IGNORED
    values[:6] += np.float32(1e4)
    check(Case(values, labels))
    assert not Case(values, labels).losses("all", 0.1)[::3].any()


# Probabilities


@pytest.mark.parametrize("classes", WIDTHS)
@pytest.mark.parametrize("scale", [0.01, 1.0, 5.0, 30.0])
def test_random_probabilities(classes: int, scale: float) -> None:
    check(chances(classes, scale))


@pytest.mark.parametrize("classes", [2, 3, 10, 49, 1000, 1003, 1024, 1025, 5000, 50257])
def test_equal_probabilities(classes: int) -> None:
    check(Case(single(np.full((2, classes), 1 / classes)), np.array([0, classes - 1]), "probs"))


def test_probabilities_at_the_ends() -> None:
    least, normal = float(np.nextafter(np.float32(0), np.float32(1))), float(np.finfo(np.float32).tiny)
    below = float(np.nextafter(np.float32(1), np.float32(0)))
    rows = [
        [1, 0, 0, 0],
        [1, least, 0, 0],
        [1, least, least, least],
        [1, normal / 3, normal, normal * 3],
        [below, 1e-7, 1e-30, 1e-38],
        [0.5, 0.5, 0, 0],
        [0.5, 0.5, 1e-44, 1e-45],
        [1, -0.0, 0, 1e-20],
        [1 + 2**-23, 1e-7, 1e-8, 1e-9],
        [0.25, 0.25, 0.25, 0.25],
    ]
    for known in range(4):
        check(Case(single(rows), np.full(len(rows), known), "probs"))
    for known in range(2):
        pairs = [[below, 1 - below], [1, least], [1, 0], [0.999, 0.001], [1 + 2**-22, 0]]
        check(Case(single(pairs), np.full(len(pairs), known), "probs"))


@pytest.mark.parametrize("classes", [2, 10, 1000, 1025])
@QUICK
@given(st.floats(-3e-5, 3e-5), st.sampled_from([0.0, 1e-5, -1e-5, 5e-6]), st.integers(0, 99))
def test_how_far_from_1_a_row_may_sum(classes: int, off: float, base: float, seed: int) -> None:
    p = softmax(random(seed).normal(0, 2, (3, classes)))
    p[1] *= 1 + base + (off if base == 0 else off / 100)
    case = Case(single(p), np.zeros(3, dtype=np.int64), "probs")
    if faulty_rows(case.values, "probs", lambda _row: None).size:
        with pytest.raises(LsmoothError, match="sum to") as caught:
            case.lean()
        assert caught.value.row == 1
    else:
        check(case, [0.1])


# Half precision


@pytest.mark.parametrize("classes", [2, 10, 1000, 1025])
@pytest.mark.parametrize("scale", [0.1, 3.0, 50.0])
def test_half_precision(classes: int, scale: float) -> None:
    case = noise(classes, scale)
    check(Case(case.values.astype(np.float16), case.labels))
    p = chances(classes, min(scale, 3.0), np.float16)
    fine = ~np.isin(np.arange(len(p.labels)), faulty_rows(p.values, "probs", lambda _row: None))
    assert fine.any()
    check(Case(p.values[fine], p.labels[fine], "probs"))


def test_the_largest_half_precision_logits() -> None:
    values = np.array([[65504, 0, -65504], [65504, 65504, 65504], [6e-8, -6e-8, 0]], dtype=np.float16)
    for known in range(3):
        check(Case(values, np.full(3, known)))


# What is refused, as it is for float64


NAN, INF = np.nan, np.inf

#: What begins a row whose other values are 1/8.
FAULTS: dict[tuple[PredictionKind, str], list[float]] = {
    ("logits", "nan"): [0, 0, 0, NAN],
    ("logits", "+inf"): [0, INF],
    ("logits", "-inf"): [-INF] * 8,
    ("logits", "both"): [INF, -INF],
    ("probs", "nan"): [0, 0, 0, NAN],
    ("probs", "+inf"): [0, INF],
    ("probs", "-inf"): [0, -INF],
    ("probs", "negative"): [0.5, -0.25],
    ("probs", "negative-label"): [-0.25, 0.5],
    ("probs", "negative-sum"): [-0.125],
    ("probs", "large"): [1.5, -1.25],
    ("probs", "low"): [0],
    ("probs", "high"): [1],
    ("probs", "zeros"): [0] * 8,
}


@pytest.mark.parametrize(("kind", "fault"), FAULTS)
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2"])
def test_what_is_refused_is_what_float64_is_refused_for(
    work: Work, kind: PredictionKind, fault: str, dtype: str
) -> None:
    values = random(1).normal(0, 1, (1500, 8)) if kind == "logits" else np.full((1500, 8), 1 / 8)
    values = values.astype(dtype)
    values[400] = values[401] = 1 / 8
    for row in (1100, 1499, 0):
        bad, begins = values.copy(), FAULTS[kind, fault]
        for place in (row, 1300) if row == 1100 else (row,):
            bad[place] = [*begins, *[1 / 8] * (8 - len(begins))]
        np.save("y.npy", np.zeros(1500, dtype=np.int64))
        said = []
        for wide in (bad, bad.astype(np.float64)):
            np.save("z.npy", wide)
            said.append(work.refused("loss", "z.npy", "y.npy", "--as", kind))
        assert said[0] == said[1]
        assert f"z.npy: row {row}:" in said[0]


@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_the_row_that_is_named_is_that_of_the_block(kind: PredictionKind) -> None:
    case = noise(8, 1, rows=40) if kind == "logits" else chances(8)
    values = case.values.copy()
    if kind == "logits":
        values[:20] += np.float32(1e4)  # not safe, and not at fault
    values[30, 2] = np.nan
    with pytest.raises(LsmoothError, match="NaN") as caught:
        Case(values, case.labels, kind).lean()
    assert caught.value.row == 30


def test_an_ignored_row_that_is_no_number_is_refused_too(work: Work) -> None:
    values = single(np.zeros((4, 8)))
    values[2, 3] = np.nan
    np.save("y.npy", np.array([0, 1, -100, 2]))
    for dtype in (np.float32, np.float64):
        np.save("z.npy", values.astype(dtype))
        assert "z.npy: row 2: the prediction is NaN" in work.refused(
            "loss", "z.npy", "y.npy", "--as", "logits", "--ignore", -100
        )
