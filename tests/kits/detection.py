"""Targets of every spread, and what is read from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lsmooth.compare.detected import Detection, Reading

Floats = NDArray[np.float64]


def rows(labels: list[int], classes: int, on: float, off: float) -> Floats:
    targets = np.full((len(labels), classes), off)
    targets[np.arange(len(labels)), labels] = on
    return targets


def reading(found: Detection, spread: str) -> Reading:
    (one,) = [each for each in found.readings if each.spread == spread]
    return one
