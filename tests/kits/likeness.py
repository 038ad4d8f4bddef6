"""Conventions, and files for each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import Work

import lsmooth

K = 5
ROWS = 30
RANDOM = np.random.default_rng(20_210_203)
LOGITS = 2 * RANDOM.normal(size=(ROWS, K))
LABELS = RANDOM.integers(0, K, ROWS)
MULTILABEL = RANDOM.integers(0, 2, (ROWS, K)).astype(np.float64)
LOGS = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
PROBS = np.exp(LOGS)

SPREADS = {
    "others": "fairseq tensor2tensor t5x espnet speechbrain-kl nemo megatron",
    "reserved": "opennmt annotated joeynmt",
    "half": "torch-bce keras-bce yolo",
    "flip": "smp-bce mmpretrain-multilabel",
    "relative": "classy",
}

SUMS = [
    *("fairseq", "fairseq-old", "opennmt", "opennmt3", "annotated", "joeynmt", "t5x", "marian"),
    "speechbrain-kl",
]
ENTRIES: list[Any] = list(lsmooth.list_conventions())
every = pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])


def ulps(value: float, wanted: float) -> float:
    return abs(value - wanted) / math.ulp(max(1.0, abs(wanted)))


def column(values: Any) -> str:
    return "".join(f"{value}\n" for value in values)


def files_of(entry: Any) -> tuple[str, str]:
    """The predictions that a convention takes, and an ε."""
    return ("p.npy", "0") if entry.name == "sklearn" else ("z.npy", "0.1")


def padded(entry: Any) -> list[str]:
    return ["--pad", "4"] if entry.reserved else []


def number(work: Work, *arguments: object) -> float:
    return float(work.ok("loss", *arguments, "-q"))
