"""How much: the smoothing factor ε."""

from __future__ import annotations

import math

from lsmooth.errors import UsageError, shown

DEFAULT_EPSILON = 0.1


def check_epsilon(epsilon: float) -> float:
    """Return ε as a float; raise UsageError unless it lies in [0, 1].

    >>> check_epsilon(0.1)
    0.1
    """
    try:
        value = float(epsilon)
    except (TypeError, ValueError):
        raise UsageError(f"epsilon is {shown(epsilon)}, wanted a number", "pass a share, as 0.1") from None
    if math.isnan(value) or not 0 <= value <= 1:
        raise UsageError(f"epsilon is {value:g}, which is not in [0, 1]", "pass a share of the mass, as 0.1")
    return value
