"""ε by a rule: ramps over epochs, and a range that an amount chooses in."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lsmooth.errors import LsmoothError, UsageError
from lsmooth.smoothing.performance import chosen_epsilon
from lsmooth.smoothing.ramps import RAMPS, Ramp, ramp_epsilon

QUICK = settings(max_examples=200, deadline=None)

shares = st.floats(0, 1) | st.sampled_from([0.0, 0.1, 0.3, 1.0, 5e-324, 1e-310])
above_zero = st.floats(1e-6, 1)
every_ramp = pytest.mark.parametrize("ramp", RAMPS)

#: name: (LOW, HIGH, ramp, ε of each epoch), with the place that the numbers are from
SCHEDULES: dict[str, tuple[float, float, Ramp, list[float]]] = {
    # numpy.linspace(0, 0.1, 5)
    "linear": (0, 0.1, "linear", [0, 0.025, 0.05, 0.075, 0.1]),
    # ½(1 - cos πτ) at τ = 0, ¼, ½, ¾, 1: 0, (2-√2)/4, ½, (2+√2)/4, 1
    "cosine": (0, 0.1, "cosine", [0, 0.0146446609, 0.05, 0.0853553391, 0.1]),
    # powers of 10^¼
    "exponential": (0.01, 0.1, "exponential", [0.01, 0.0177827941, 0.0316227766, 0.0562341325, 0.1]),
    # pkd9001/Gradual_Label_Smoothing: s - s·t/(T-1) with s = 0.4, T = 10, which falls
    "falling": (
        *(0.4, 0, "linear"),
        [0.4, 0.3555556, 0.3111111, 0.2666667, 0.2222222, 0.1777778, 0.1333333, 0.0888889, 0.0444444, 0],
    ),
    # fairseq's criterion: 0 to 0.3 over the first half of the updates
    "first half": (0, 0.3, "linear", [0, 0.06, 0.12, 0.18, 0.24, 0.3]),
}


def schedule(low: float, high: float, total: int, ramp: Ramp = "linear") -> list[float]:
    """The ε of every epoch."""
    return [ramp_epsilon(low, high, epoch, total, ramp) for epoch in range(1, total + 1)]


@pytest.mark.parametrize("name", SCHEDULES)
def test_worked_schedules(name: str) -> None:
    low, high, ramp, wanted = SCHEDULES[name]
    assert schedule(low, high, len(wanted), ramp) == pytest.approx(wanted, abs=5e-8)


@QUICK
@given(shares, shares, st.integers(1, 60))
@example(0.0, 5e-324, 7)
@example(0.0, 0.1, 1)
@example(0.3, 0.1, 2)
def test_linear_is_linspace_bit_for_bit(low: float, high: float, total: int) -> None:
    assert np.array(schedule(low, high, total)).tobytes() == np.linspace(low, high, total).tobytes()


@pytest.mark.parametrize("total", [90, 300, 1000])
def test_linear_is_linspace_over_long_trainings(total: int) -> None:
    for low, high in [(0.0, 0.1), (0.1, 0.0), (0.02, 0.3), (1 / 3, 2 / 3), (0.1, 0.1), (0.0, 1.0)]:
        assert schedule(low, high, total) == np.linspace(low, high, total).tolist()


@QUICK
@given(above_zero, above_zero, st.integers(2, 40), st.sampled_from(RAMPS))
def test_a_ramp_starts_and_ends_exactly_and_never_turns(
    low: float, high: float, total: int, ramp: Ramp
) -> None:
    values = schedule(low, high, total, ramp)
    assert (values[0], values[-1]) == (low, high)
    ordered = sorted(values) if low <= high else sorted(values, reverse=True)
    assert values == pytest.approx(ordered, rel=1e-15)


@QUICK
@given(above_zero, above_zero, st.integers(2, 40), st.sampled_from(["cosine", "exponential"]))
@example(0.8885923720325766, 0.8885923720325767, 9, "exponential")
def test_bent_ramps_stay_between_the_ends(low: float, high: float, total: int, ramp: Ramp) -> None:
    assert all(min(low, high) <= value <= max(low, high) for value in schedule(low, high, total, ramp))


@QUICK
@given(above_zero, above_zero, st.integers(2, 40), st.sampled_from(RAMPS))
def test_swapped_ends_mirror_the_ramp(low: float, high: float, total: int, ramp: Ramp) -> None:
    mirrored = schedule(high, low, total, ramp)[::-1]
    assert schedule(low, high, total, ramp) == pytest.approx(mirrored, rel=1e-12)


@QUICK
@given(above_zero, st.integers(1, 40), st.sampled_from(RAMPS))
def test_equal_ends_are_standard_smoothing(epsilon: float, total: int, ramp: Ramp) -> None:
    assert schedule(epsilon, epsilon, total, ramp) == [epsilon] * total


@every_ramp
def test_one_epoch_gives_the_low_end(ramp: Ramp) -> None:
    assert schedule(0.02, 0.3, 1, ramp) == [0.02]


@pytest.mark.parametrize("total", [2, 3, 4, 7])
def test_cosine_and_exponential_by_their_formulas(total: int) -> None:
    share = np.arange(total) / (total - 1)
    cosine = 0.02 + 0.28 * 0.5 * (1 - np.cos(math.pi * share))
    assert schedule(0.02, 0.3, total, "cosine") == pytest.approx(cosine.tolist(), rel=1e-14)
    exponential = np.geomspace(0.02, 0.3, total)
    assert schedule(0.02, 0.3, total, "exponential") == pytest.approx(exponential.tolist(), rel=1e-14)


@every_ramp
@pytest.mark.parametrize("epoch", [0, -1, 6])
def test_an_epoch_outside_the_ramp_is_refused(epoch: int, ramp: Ramp) -> None:
    with pytest.raises(UsageError, match=rf"^epoch {epoch} is outside 1 to 5$") as error:
        ramp_epsilon(0.01, 0.1, epoch, 5, ramp)
    assert error.value.hint == "epochs count from 1, as in --epoch 3/10"


@pytest.mark.parametrize("total", [0, -3])
def test_a_ramp_without_epochs_is_refused(total: int) -> None:
    with pytest.raises(UsageError, match=rf"^there are {total} epochs, wanted at least 1$"):
        ramp_epsilon(0.01, 0.1, 1, total)


@pytest.mark.parametrize(
    ("low", "high", "shown"), [(0, 0.1, "0 to 0.1"), (0.1, 0, "0.1 to 0"), (0, 0, "0 to 0")]
)
@pytest.mark.parametrize("total", [1, 5])
def test_an_exponential_ramp_needs_both_ends_above_zero(
    low: float, high: float, shown: str, total: int
) -> None:
    wanted = f"^an exponential ramp from {shown} needs both ends above 0$"
    with pytest.raises(UsageError, match=wanted) as error:
        ramp_epsilon(low, high, 1, total, "exponential")
    assert error.value.hint == "pass a range as --epsilon 0.001:0.1, or --ramp linear"


def test_an_unknown_ramp_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^--ramp is `steps`$") as error:
        ramp_epsilon(0, 0.1, 1, 5, "steps")  # type: ignore[arg-type]
    assert error.value.hint == "pass one of linear, cosine, exponential"


def test_ramps_load_no_numpy() -> None:
    code = "import sys, lsmooth.smoothing.ramps; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@QUICK
@given(shares, shares, st.floats(1e-3, 50))
def test_the_ends_of_the_amount_give_the_ends_of_the_range(low: float, high: float, gamma: float) -> None:
    assert chosen_epsilon(low, high, 0.0, gamma) == low
    assert chosen_epsilon(low, high, 1.0, gamma) == high
    assert chosen_epsilon(low, high, np.array([0.0, 1.0]), gamma).tolist() == [low, high]


@QUICK
@given(shares, st.lists(shares, max_size=20), st.floats(1e-3, 50))
def test_a_range_of_one_value_is_that_value(epsilon: float, amounts: list[float], gamma: float) -> None:
    assert chosen_epsilon(epsilon, epsilon, np.array(amounts), gamma).tolist() == [epsilon] * len(amounts)


@QUICK
@given(shares, shares, st.lists(shares, min_size=1, max_size=20), st.floats(1e-2, 20))
def test_more_amount_is_never_further_from_the_high_end(
    low: float, high: float, amounts: list[float], gamma: float
) -> None:
    values = chosen_epsilon(low, high, np.sort(np.array(amounts)), gamma)
    assert (values >= min(low, high)).all()
    assert (values <= max(low, high)).all()
    steps = np.diff(values) if low <= high else -np.diff(values)
    assert (steps >= -1e-15).all()


@QUICK
@given(st.lists(shares, max_size=20), st.sampled_from([0.5, 1.0, 2.0, 3.0, 0.7]))
def test_a_number_and_an_array_give_the_same_double(amounts: list[float], gamma: float) -> None:
    alone = [chosen_epsilon(0.02, 0.3, amount, gamma) for amount in amounts]
    assert chosen_epsilon(0.02, 0.3, np.array(amounts), gamma).tolist() == alone
    assert all(type(value) is float for value in alone)


@QUICK
@given(shares, shares, shares)
def test_both_directions_mirror_each_other(low: float, high: float, amount: float) -> None:
    both = chosen_epsilon(low, high, amount) + chosen_epsilon(low, high, 1 - amount)
    assert both == pytest.approx(low + high, abs=1e-15)


def test_gamma_bends_the_rule() -> None:
    amounts = np.array([0.25, 0.5])
    assert chosen_epsilon(0.0, 0.2, amounts, 2).tolist() == pytest.approx([0.0125, 0.05])
    assert chosen_epsilon(0.0, 0.2, amounts, 0.5).tolist() == pytest.approx([0.1, 0.2 * math.sqrt(0.5)])
    assert chosen_epsilon(0.1, 0.2, amounts).tolist() == pytest.approx([0.125, 0.15])


def test_an_amount_a_rounding_outside_is_taken_as_the_end() -> None:
    assert chosen_epsilon(0.05, 0.2, np.array([-1e-9, 1 + 1e-9]), 0.5).tolist() == [0.05, 0.2]


@pytest.mark.parametrize(("gamma", "shown"), [(0, "0"), (-1, "-1"), (math.inf, "inf"), (math.nan, "nan")])
def test_gamma_must_be_above_zero(gamma: float, shown: str) -> None:
    with pytest.raises(LsmoothError, match=f"^gamma is {shown}, wanted a finite number above 0$") as error:
        chosen_epsilon(0, 0.2, 0.5, gamma)
    assert error.value.hint == "pass --gamma 1, or 2"
