"""How much: the smoothing factor ε."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from lsmooth.errors import UsageError, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_EPSILON = 0.1

Amount = TypeVar("Amount", "float", "NDArray[np.float64]", "float | NDArray[np.float64]")


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


def relative_share(epsilon: Amount) -> Amount:
    """Return ε/(1+ε), what is spread where the label keeps 1 and the whole is then divided by 1+ε.

    >>> relative_share(0.25)
    0.2
    """
    return epsilon / (1 + epsilon)
