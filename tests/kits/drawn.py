"""Labels, priors and numbers that are drawn."""

from __future__ import annotations

import gzip
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import lsmooth
from lsmooth.smoothing import Rule

Array = NDArray[Any]

#: Each example writes files into the one scratch folder, over those of the example before.
FILES = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
RULES: list[Rule] = ["all", "others", "half", "flip"]
epsilons = st.floats(0, 1) | st.sampled_from([0.0, 0.1, 0.5, 1.0])
seeds = st.integers(0, 2**32 - 1)


@st.composite
def hard_labels(draw: st.DrawFn, least: int = 2) -> tuple[Array, int]:
    """Class indices and K."""
    classes = draw(st.integers(least, 12))
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=8))
    return np.array(labels), classes


@st.composite
def soft_labels(draw: st.DrawFn) -> Array:
    """Rows of probabilities, zeros and ones among them."""
    classes = draw(st.integers(2, 8))
    parts = st.lists(st.integers(0, 20), min_size=classes, max_size=classes).filter(any)
    counts = np.array(draw(st.lists(parts, min_size=1, max_size=6)), dtype=float)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def bits(array: Array) -> tuple[Any, ...]:
    """An array for a comparison bit for bit."""
    return array.shape, array.dtype, array.tobytes()


#: Round the edges of tiles (256 rows) and of the rows that decide what is read as what (1,000).
counts = st.sampled_from([1, 2, 255, 256, 257, 513, 999, 1000, 1001, 1300])


def numbers_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices, one a line."""
    return "".join(f"{label}\n" for label in rng.integers(0, 5, rows)).encode()


def outputs(source: Path, options: dict[str, Any], suffixes: list[str]) -> list[bytes]:
    """The bytes that smooth_file writes, decompressed."""
    found = []
    for suffix in suffixes:
        target = source.with_name(f"out.{suffix}")
        lsmooth.smooth_file(source, target, force=True, **options)
        data = target.read_bytes()
        found.append(gzip.decompress(data) if suffix.endswith(".gz") else data)
    return found


@st.composite
def halfway(draw: st.DrawFn) -> str:
    """A number in the middle between two floats, all its digits or the first ones of them."""
    low = draw(st.floats(1e-5, 1e18))
    with localcontext(prec=100):
        middle = (Decimal(low) + Decimal(float(np.nextafter(low, np.inf)))) / 2
        return f"{middle:f}"[: draw(st.integers(17, 60))]
