"""A number is found again."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from conftest import Work
from kits.formulas import FORMULAS, OTHERS, ROWS, K, having, matches, mean, ulps, xlogx

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
