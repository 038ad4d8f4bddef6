"""What was read, found and written, for people and for machines."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lsmooth.calibration import Reliability
    from lsmooth.labels import LabelKind
    from lsmooth.losses import LossAt
    from lsmooth.predictions import LossKind, PredictionKind


@dataclass(frozen=True)
class Summary:
    """What `smooth_file` read and wrote.

    Attributes:
        output: the path, or `-` for standard output.
        size: bytes written (or, for a dry run, that would be).
        rows: rows written.
        ignored: rows that were ignored.
        classes: K.
        names: the class names in order, or None.
        epsilon: ε where it is one for all, else None.
        epsilons: ε of each class where each has its own, else None.
        spread: the rule.
        kind: what the labels were read as.
        column: the label column where it was picked by name, or None.
        header: whether the input has a header.
        found: whether the classes were found in the data and not given.
        rounded: soft rows that sum to 1 only within the decimals that they are written with.
        warnings: what is legal but seldom meant.
        dry: whether nothing was written.
        free: for a dry run, the bytes free where the output would be; else None.
        notes: what rules have chosen.
        mean_epsilon: the mean over rows that count, where each row has its own ε, else None.
    """

    output: str
    size: int
    rows: int
    ignored: int
    classes: int
    names: tuple[str, ...] | None
    epsilon: float | None
    epsilons: tuple[float, ...] | None
    spread: str
    kind: LabelKind
    column: str | None
    header: bool
    found: bool
    rounded: int
    warnings: tuple[str, ...]
    dry: bool
    free: int | None
    notes: tuple[str, ...]
    mean_epsilon: float | None = None


@dataclass(frozen=True)
class ManySummary:
    """What became of several inputs with one output each.

    Attributes:
        done: how many outputs were written (or, for a dry run, would be).
        skipped: how many were there already.
        failed: the inputs that failed, and why.
        together: those done as if they were one: sizes and rows added up, None where none was done.
    """

    done: int
    skipped: int
    failed: tuple[tuple[str, str], ...]
    together: Summary | None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        told = {
            "done": self.done,
            "skipped": self.skipped,
            "failed": [{"input": path, "error": error} for path, error in self.failed],
        }
        return told | ({} if self.together is None else asdict(self.together))


@dataclass(frozen=True)
class Report:
    """What else the predictions show; None where it has no meaning for the kind of loss.

    Attributes:
        perplexity: exp of the mean -log p of the true class.
        accuracy: the share of rows whose largest prediction is the label (the lowest index of equals).
        confidence: the mean of the largest probability.
        ece: the expected calibration error, 15 bins.
        mce: the maximum calibration error.
        brier: the mean Σ_k (p_k - [k = y])², in [0, 2].
        reliability: the bins.
        class_rows: (K,) rows of each class.
        class_losses: (K,) their mean loss.
        class_accuracy: (K,) their accuracy.
    """

    perplexity: float | None
    accuracy: float | None
    confidence: float | None
    ece: float | None
    mce: float | None
    brier: float | None
    reliability: Reliability | None
    class_rows: NDArray[np.int64]
    class_losses: NDArray[np.float64]
    class_accuracy: NDArray[np.float64]


@dataclass(frozen=True)
class LossResult:
    """What `loss_file` found.

    Attributes:
        at: the loss at each ε asked for.
        reduction: `mean`, `sum` or `none`.
        denominator: what a mean was divided by.
        like: the convention, or None.
        rows: rows that count.
        ignored: rows that do not.
        classes: K.
        names: the class names in order, or None.
        spread: the rule.
        kind: `softmax` or `sigmoid`.
        predictions: what the predictions were read as.
        labels: what the labels were read as.
        binary: whether a single column was read as the probability (or logit) of class 1.
        report: what else there is to see, or None where not asked for.
        warnings: what is legal but seldom meant.
        notes: what was decided without being told.
        infinite: rows whose loss is infinite.
    """

    at: tuple[LossAt, ...]
    reduction: str
    denominator: str
    like: str | None
    rows: int
    ignored: int
    classes: int
    names: tuple[str, ...] | None
    spread: str
    kind: LossKind
    predictions: PredictionKind
    labels: LabelKind
    binary: bool
    report: Report | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    infinite: int

    @property
    def loss(self) -> float:
        """The loss at the first ε, in nats."""
        return self.at[0].loss

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for JSON: plain values, None for what is infinite or has no meaning."""
        first = self.at[0]
        values: dict[str, Any] = {
            "epsilon": [at.epsilon for at in self.at],
            "sweep": [_plain(at) for at in self.at],
        }
        if len(self.at) == 1:
            values = _plain(first)
        report = self.report
        for key in ("perplexity", "accuracy", "confidence", "ece", "mce", "brier"):
            values[key] = _finite(getattr(report, key)) if report is not None else None
        return values | {
            "per_class": None if report is None else self._per_class(report),
            "rows": self.rows,
            "ignored": self.ignored,
            "infinite": self.infinite,
            "classes": self.classes,
            "names": self.names,
            "spread": self.spread,
            "kind": self.kind,
            "predictions": self.predictions,
            "labels": self.labels,
            "reduction": self.reduction,
            "denominator": self.denominator,
            "like": self.like,
            "warnings": self.warnings,
            "notes": self.notes,
        }

    def class_name(self, label: int) -> str:
        """Return the name of a class, its index where it has none."""
        return self.names[label] if self.names is not None else str(label)

    def _per_class(self, report: Report) -> list[dict[str, Any]]:
        return [
            {
                "class": self.class_name(label),
                "rows": rows,
                "loss": _finite(float(report.class_losses[label])) if rows else None,
                "accuracy": float(report.class_accuracy[label]) if rows else None,
            }
            for label, rows in enumerate(report.class_rows.tolist())
        ]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _plain(at: LossAt) -> dict[str, Any]:
    return {
        key: _finite(getattr(at, key))
        for key in ("epsilon", "loss", "hard", "smooth", "floor", "excess", "z_loss", "subtracted")
    }
