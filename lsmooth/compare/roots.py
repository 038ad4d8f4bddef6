"""Where a function of ε comes near 0, and the simplest decimal of an interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal

Function = Callable[[float], float]

_STEPS = 90


def find_roots(off: Function, top: float, slack: float, *, convex: bool) -> Iterator[tuple[float, float]]:
    """Yield the intervals of [0, top] on which a monotone or a convex function is within `slack` of 0.

    A smoothed cross-entropy is affine in ε, less an entropy it is convex: so there are two at most.

    >>> square = lambda e: (e - 0.3) ** 2 - 0.01
    >>> [(round(low, 6), round(high, 6)) for low, high in find_roots(square, 1.0, 1e-9, convex=True)]
    [(0.2, 0.2), (0.4, 0.4)]
    """
    bottom = _lowest(off, top) if convex else min((0.0, top), key=off)
    if off(bottom) > slack:
        return
    left = _within(off, bottom, 0.0, slack)
    right = _within(off, bottom, top, slack)
    if left is not None and right is not None and left[1] >= right[0]:
        yield left[0], right[1]
        return
    for part in (left, right):
        if part is not None:
            yield part


def _lowest(off: Function, top: float) -> float:
    """Return where the function is lowest."""
    low, high = 0.0, top
    for _ in range(_STEPS):
        third = (high - low) / 3
        one, other = low + third, high - third
        if off(one) <= off(other):
            high = other
        else:
            low = one
    return min((0.0, top, (low + high) / 2), key=off)


def _within(off: Function, bottom: float, end: float, slack: float) -> tuple[float, float] | None:
    """Return the part between the lowest place and an end where the function is within `slack` of 0."""
    if off(end) < -slack:
        return None
    inner = bottom if off(bottom) >= -slack else _crossing(off, bottom, end, -slack)
    outer = end if off(end) <= slack else _crossing(off, bottom, end, slack)
    return min(inner, outer), max(inner, outer)


def _crossing(off: Function, below: float, above: float, level: float) -> float:
    """Return where the function, below a level at one place and above at the other, crosses it."""
    for _ in range(_STEPS):
        middle = (below + above) / 2
        if off(middle) < level:
            below = middle
        else:
            above = middle
    return (below + above) / 2


def simplest(low: float, high: float, top: float = 1.0) -> float:
    """Return the decimal with the fewest digits in an interval of [0, top], the lowest of equals.

    >>> simplest(0.0973, 0.1012), simplest(0.14996, 0.15004), simplest(0.0, 1.0)
    (0.1, 0.15, 0.0)
    """
    slack = 4 * math.ulp(max(high, 1e-3))
    low, high = max(0.0, low - slack), min(top, high + slack)
    for digits in range(17):
        step = Decimal(1).scaleb(-digits)
        first = (Decimal(low) / step).to_integral_value(rounding="ROUND_CEILING") * step
        if first <= Decimal(high):
            return float(first)
    return (low + high) / 2
