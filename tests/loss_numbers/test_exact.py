"""Beside exact arithmetic."""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from conftest import Work
from kits.numbers import DIGITS, Array, exact_loss, loss, noise, rows, ulps


def exact_mean(logits: Array, labels: Array, epsilon: float, spread: str = "all") -> float:
    with localcontext() as context:
        context.prec = DIGITS
        pairs = zip(logits.tolist(), labels.tolist(), strict=True)
        return float(sum(exact_loss(row, label, epsilon, spread) for row, label in pairs) / len(labels))


HARD_DATA: dict[str, tuple[Array, Array]] = {
    "K = 2": noise(40, 2),
    "K = 10": noise(40, 10),
    "K = 1000": noise(4, 1000),
    "confident": noise(40, 10, 30.0),
    "all but certain": (
        np.array([[40.0, 0.0, 1.0], [0.0, 36.0, -5.0], [0.0, 0.0, 700.0]]),
        np.array([0, 1, 2]),
    ),
    "far from certain": (
        np.array([[40.0, 0.0, 1.0], [0.0, 36.0, -5.0], [0.0, 0.0, 700.0]]),
        np.array([1, 2, 0]),
    ),
    "1e4 up and down": noise(40, 10, 1e4),
    "1e4 in common": (noise(40, 10)[0] + 1e4, noise(40, 10)[1]),
    "-1e4 in common": (noise(40, 10)[0] - 1e4, noise(40, 10)[1]),
    "1e15 in common": (noise(40, 10)[0] + 1e15, noise(40, 10)[1]),
    "all equal": (np.full((5, 7), 1e4), np.arange(5)),
    "the maximum twice": (np.array([[9.0, 9.0, -9.0], [-9.0, 9.0, 9.0]]), np.array([1, 0])),
}


@pytest.mark.parametrize("name", HARD_DATA)
@pytest.mark.parametrize(("epsilon", "spread"), [(0.0, "all"), (0.1, "all"), (0.3, "others"), (1.0, "all")])
def test_float64_logits_are_within_8_ulp_of_exact_arithmetic(
    name: str, epsilon: float, spread: str, work: Work
) -> None:
    logits, labels = HARD_DATA[name]
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    flags = ["z.npy", "y.npy", "--as", "logits", "-e", epsilon, "--spread", spread]
    assert ulps(loss(work, *flags), exact_mean(logits, labels, epsilon, spread)) <= 8
    for row, value in enumerate(rows(work, *flags)):
        wanted = exact_mean(logits[row : row + 1], labels[row : row + 1], epsilon, spread)
        assert ulps(value, wanted) <= 8, row


@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_a_confident_row_keeps_its_digits(epsilon: float, work: Work) -> None:
    # -log p = log1p(e⁻³⁰) is about 1e-13: log(1 + 1e-13) would have three digits
    work.write("z.csv", "0,30\n")
    work.write("y.csv", "1\n")
    with localcontext() as context:
        context.prec = DIGITS
        wanted = float(exact_loss([0.0, 30.0], 1, epsilon))
    assert loss(work, "z.csv", "y.csv", "-e", epsilon) == pytest.approx(wanted, rel=1e-14, abs=0)


@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_float16_logits_do_not_overflow(epsilon: float, work: Work) -> None:
    logits = np.array([[65504, -65504, 0, 12], [-65504, -65500, -65472, -65504]], np.float16)
    more, truth = noise(60, 4, 100.0)
    logits = np.vstack([logits, more.astype(np.float16)])
    labels = np.concatenate([[1, 2], truth])
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    wanted = exact_mean(logits.astype(np.float64), labels, epsilon)
    assert loss(work, "z.npy", "y.npy", "-e", epsilon) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_float32_logits_are_within_1e_6_of_exact_arithmetic(classes: int, epsilon: float, work: Work) -> None:
    logits, labels = noise(5, classes)
    narrow = logits.astype(np.float32)
    np.save("z.npy", narrow)
    np.save("y.npy", labels)
    wanted = exact_mean(narrow.astype(np.float64), labels, epsilon)
    assert loss(work, "z.npy", "y.npy", "-e", epsilon) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("epsilon", [0.1, 0.5])
def test_logits_of_any_size_that_can_be_subtracted_have_their_loss(epsilon: float, work: Work) -> None:
    logits, labels = np.array([[4e307, -4e307]]), np.array([0])
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    wanted = exact_mean(logits, labels, epsilon)
    assert loss(work, "z.npy", "y.npy", "-e", epsilon) == pytest.approx(wanted, rel=1e-15)


def test_logits_too_large_to_be_subtracted_are_refused(work: Work) -> None:
    np.save("z.npy", np.array([[1e308, -1e308]]))
    np.save("y.npy", np.array([0]))
    error = work.refused("loss", "z.npy", "y.npy")
    assert error.startswith("error: z.npy: row 0: the logit `1e+308` is too large to be taken from another\n")


def test_float32_logits_of_1e4_with_a_common_offset_do_not_overflow(work: Work) -> None:
    logits = (noise(30, 6, 1e4)[0] + 1e4).astype(np.float32)
    labels = noise(30, 6)[1]
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    wanted = exact_mean(logits.astype(np.float64), labels, 0.1)
    assert loss(work, "z.npy", "y.npy", "-e", 0.1) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_sigmoid_logits_are_within_8_ulp_of_exact_arithmetic(epsilon: float, work: Work) -> None:
    generator = np.random.default_rng(1)
    logits = np.vstack([generator.normal(0, 10, (30, 5)), [[1e4, -1e4, 40.0, -40.0, 0.0]]])
    truth = generator.integers(0, 2, logits.shape)
    np.save("z.npy", logits)
    np.save("y.npy", truth)
    with localcontext() as context:
        context.prec = DIGITS
        total = Decimal(0)
        for z, y in zip(logits.ravel().tolist(), truth.ravel().tolist(), strict=True):
            yes = y * (1 - Decimal(epsilon)) + Decimal(epsilon) / 2
            rest = (1 + (-abs(Decimal(z))).exp()).ln()
            total += yes * (max(Decimal(-z), Decimal(0)) + rest) + (1 - yes) * (
                max(Decimal(z), Decimal(0)) + rest
            )
        wanted = float(total / logits.size)
    found = loss(work, "z.npy", "y.npy", "--labels", "multilabel", "--as", "logits", "-e", epsilon)
    assert ulps(found, wanted) <= 8


def test_probabilities_and_log_probabilities_are_within_8_ulp_of_exact_arithmetic(work: Work) -> None:
    # halves of halves are exact doubles that sum to exactly 1
    p = np.array([[0.5, 0.25, 0.125, 0.125], [2.0**-40, 0.5, 0.25, 0.25 - 2.0**-40]])
    np.save("p.npy", p)
    np.save("l.npy", np.log(p))
    work.write("y.csv", "2\n0\n")
    with localcontext() as context:
        context.prec = DIGITS
        total, epsilon = Decimal(0), Decimal.from_float(0.1)
        for row, label in zip(p.tolist(), [2, 0], strict=True):
            costs = [-Decimal(value).ln() for value in row]
            total += (1 - epsilon) * costs[label] + epsilon * sum(costs) / 4
        wanted = float(total / 2)
    assert ulps(loss(work, "p.npy", "y.csv"), wanted) <= 8
    assert ulps(loss(work, "l.npy", "y.csv"), wanted) <= 8


def test_a_sum_over_many_rows_loses_no_digits(work: Work) -> None:
    # one huge term first, after which a plain running sum would drop the digits of all others
    logits = np.tile([[0.3, 0.0]], (100_000, 1))
    logits[0] = [0.0, 1e16]
    np.save("z.npy", logits)
    np.save("y.npy", np.zeros(len(logits), int))
    flags = ["z.npy", "y.npy", "-e", 0]
    wanted = 1e16 + 99_999 * math.log1p(math.exp(-0.3))
    assert ulps(loss(work, *flags, "--reduction", "sum"), wanted) <= 8
    assert ulps(loss(work, *flags), wanted / 100_000) <= 8


def test_a_mean_is_the_correctly_rounded_mean_of_its_rows(work: Work) -> None:
    logits, labels = noise(30_000, 3, seed=5)
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    flags = ["z.npy", "y.npy", "-e", 0.1]
    wanted = math.fsum(rows(work, *flags)) / len(labels)
    assert ulps(loss(work, *flags), wanted) <= 4


def test_floors_and_weights_over_many_rows_lose_no_digits(work: Work) -> None:
    np.save("z.npy", np.zeros((100_000, 3)))
    np.save("t.npy", np.tile([[0.05, 0.9, 0.05]], (100_000, 1)))
    flags = ["--as", "logits", "--weights", "0.1,0.1,0.1", "--denominator", "weights", "--json"]
    found = json.loads(work.ok("loss", "z.npy", "t.npy", *flags))
    # Σ w_c t_c·log 3 over Σ w_c t_c, and the entropy of the target
    assert ulps(found["loss"], math.log(3)) <= 8
    assert ulps(found["floor"], 0.39439769144744274) <= 8
