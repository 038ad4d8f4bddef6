"""How much, by epoch: ε that moves from LOW to HIGH over training (gradual smoothing)."""

from __future__ import annotations

import math
from typing import Literal, get_args

from lsmooth.errors import UsageError, check_choice

Ramp = Literal["linear", "cosine", "exponential"]
RAMPS: tuple[Ramp, ...] = get_args(Ramp)


def ramp_epsilon(low: float, high: float, epoch: int, total: int, ramp: Ramp = "linear") -> float:
    """Return ε at an epoch of a ramp from `low` to `high`.

    With τ = (epoch-1)/(total-1):

    - `linear`: the double of `numpy.linspace(low, high, total)[epoch - 1]`;
    - `cosine`: low + (high-low)·½(1 - cos πτ), slow at both ends;
    - `exponential`: low·(high/low)^τ, the same factor every epoch.

    >>> [ramp_epsilon(0.0, 0.1, epoch, 5) for epoch in (1, 2, 3, 5)]
    [0.0, 0.025, 0.05, 0.1]
    >>> round(ramp_epsilon(0.01, 0.1, 2, 3, "exponential"), 10)
    0.0316227766

    Args:
        low: ε at the first epoch, exactly.
        high: ε at the last epoch, exactly, where there is more than one; may be below `low`.
        epoch: counts from 1.
        total: how many epochs; the only one of 1 gets `low`.
        ramp: one of RAMPS.

    Returns:
        ε, between `low` and `high`.

    Raises:
        UsageError: for an epoch outside 1..total, an unknown ramp, and an exponential ramp with an end that
            is not above 0.

    Reference:
        numpy.linspace for the linear ramp; Loshchilov & Hutter 2017, arXiv 1608.03983, for half a cosine.
        Published schedules go both ways: falling ones start high.
    """
    check_choice("--ramp", ramp, RAMPS)
    if total < 1:
        raise UsageError(f"there are {total} epochs, wanted at least 1", "pass --epoch T/TOTAL, as 3/10")
    if not 1 <= epoch <= total:
        raise UsageError(f"epoch {epoch} is outside 1 to {total}", "epochs count from 1, as in --epoch 3/10")
    low, high = float(low), float(high)
    if ramp == "exponential" and not (low > 0 and high > 0):
        raise UsageError(
            f"an exponential ramp from {low:g} to {high:g} needs both ends above 0",
            "pass a range as --epsilon 0.001:0.1, or --ramp linear",
        )
    if epoch == 1:
        return low
    if epoch == total:
        return high
    if ramp == "linear":
        return _linear(low, high, epoch - 1, total - 1)
    share = (epoch - 1) / (total - 1)
    if ramp == "cosine":
        value = low + (high - low) * (0.5 * (1 - math.cos(math.pi * share)))
    else:
        value = low * (high / low) ** share
    return min(max(value, min(low, high)), max(low, high))


def _linear(low: float, high: float, index: int, steps: int) -> float:
    step = (high - low) / steps
    if step == 0:  # as numpy does it, where a step is too small for a double
        return index / steps * (high - low) + low
    return index * step + low
