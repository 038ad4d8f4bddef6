"""Numbers of a loss, beside exact ones."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from conftest import DATA, Work
from numpy.typing import NDArray

Array = NDArray[Any]

#: Values that the frameworks themselves computed, 17 digits: torch 2.13.0 CPU, keras 3.15.1 (torch backend),
#: optax 0.2.8 on jax 0.10.2, and timm, fairseq, OpenNMT-py, Annotated Transformer, JoeyNMT, SpeechBrain,
#: WeNet, segmentation_models.pytorch, NeMo, T5X, scenic; formulas transcribed for Megatron, MindSpore,
#: Burn, Paddle, MLX, flash-attn, mmpretrain, ClassyVision.
#: {cell: {ε: {"mean" | "sum" | "per" | "batchmean": text}}}
GOLDEN: dict[str, dict[str, dict[str, str]]] = json.loads((DATA / "golden.json").read_text())

#: The data of all cells.
LOGITS = np.array([[2, 0.5, 0.3], [0.1, -1.2, 3.3], [1, 1, 1], [-4, 7, 0.5]])
CLASS_WEIGHTS = "1,2,0.5"
LABELS = [0, 2, 1, 1]


def softmax(logits: Array) -> Array:
    """Probabilities, by the definition."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def column(values: Sequence[object]) -> str:
    return "".join(f"{value}\n" for value in values)


def ulps(value: float, wanted: float) -> float:
    """How far a value is off, in the ulp of max(1, |wanted|)."""
    return abs(value - wanted) / math.ulp(max(1.0, abs(wanted)))


def loss(work: Work, *arguments: object) -> float:
    """The one number that `loss` prints."""
    out = work.ok("loss", *arguments)
    value = float(out)
    assert out == f"{value!r}\n"
    return value


def rows(work: Work, *arguments: object) -> list[float]:
    """The loss of each row."""
    return [float(line) for line in work.ok("loss", *arguments, "--reduction", "none").splitlines()]


DIGITS = 40


def exact_loss(
    logits: Sequence[float],
    label: int,
    epsilon: float,
    spread: str = "all",
    weights: Sequence[float] | None = None,
) -> Decimal:
    """The loss of a row of logits, to 40 digits, of the very doubles that were given."""
    scale = [Decimal(w) for w in weights or [1.0] * len(logits)]
    z = [Decimal(value) for value in logits]
    top = max(z)
    lse = top + sum(((value - top).exp() for value in z), Decimal(0)).ln()
    share = Decimal(epsilon) / (len(z) - (spread == "others"))
    total = (1 - Decimal(epsilon)) * scale[label] * (lse - z[label])
    for k, value in enumerate(z):
        if spread == "all" or k != label:
            total += share * scale[k] * (lse - value)
    return total


def noise(rows: int, classes: int, scale: float = 4.0, seed: int = 0) -> tuple[Array, Array]:
    generator = np.random.default_rng(seed)
    return generator.normal(0, scale, (rows, classes)), generator.integers(0, classes, rows)
