"""A corpus of hostile inputs, made by these scripts: each with the result or the error that is right.

Nothing is copied and nothing is random: the same cases in the same order, each time.
"""

from __future__ import annotations

from dataclasses import replace

from kits.torture.arrays import array_headers, array_values, arrays, other_arrays
from kits.torture.cases import Case
from kits.torture.files import compressed, small_files
from kits.torture.predictions import explained, losses
from kits.torture.text import encodings, quotes, shapes
from kits.torture.values import labels, numbers, rows

SECTIONS = (
    encodings,
    quotes,
    shapes,
    numbers,
    labels,
    rows,
    arrays,
    other_arrays,
    array_headers,
    array_values,
    compressed,
    small_files,
    losses,
    explained,
)


def corpus() -> list[Case]:
    """Return all cases; the names are told apart by their section."""
    return [
        replace(case, name=f"{section.__name__}: {case.name}") for section in SECTIONS for case in section()
    ]
