"""Inputs of many rows, and where targets of them go."""

from __future__ import annotations

LABELS = "0\n1\n2\n"
OLD = b"old\n"
BIG = ("smooth", "labels.npy", "-k", 10)
MANY_ROWS = 150_000
