"""Predictions and labels in memory: what they are, checked, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.arrays.reading import as_array, read_labels, tell_kind
from lsmooth.conventions.fixed import check_labels, rule_of
from lsmooth.conventions.model import Convention
from lsmooth.errors import LsmoothError, check_choice
from lsmooth.labels import LABEL_KINDS, LabelChoice, LabelKind, check_given_names, sample_rows
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import Classes, Ignore
from lsmooth.losses import misfit
from lsmooth.predictions import PREDICTION_KINDS, LossKind, PredictionKind, check, tell
from lsmooth.smoothing import PER_LABEL, RULES, Rule


@dataclass(frozen=True)
class Case:
    """Predictions beside their labels.

    Attributes:
        values: (N, K) predictions.
        told: what they are.
        labels: N of them.
        read_as: what those are.
        classes: in order.
        rule: by which labels of this kind are smoothed.
        kind: of the loss.
    """

    values: NDArray[np.floating]
    told: PredictionKind
    labels: Labels
    read_as: LabelKind
    classes: Classes
    rule: Rule
    kind: LossKind


def read_case(
    predictions: ArrayLike,
    labels: ArrayLike,
    predicted: PredictionKind | Literal["auto"],
    label_kind: LabelChoice,
    names: Sequence[str] | None,
    ignore: Sequence[int | str],
    spread: Rule | None = None,
    convention: Convention | None = None,
) -> Case:
    """Return predictions and labels, read and checked; raise LsmoothError for what cannot be read."""
    check_choice("kind", label_kind, ("auto", *LABEL_KINDS))
    check_choice("predicted", predicted, ("auto", *PREDICTION_KINDS))
    if spread is not None:
        check_choice("spread", spread, RULES)
    if names is not None:
        check_given_names(names, "names")
    values = _scores(predictions)
    ignoring = Ignore(tuple(map(str, ignore)))
    given = as_array(labels)
    read_as = tell_kind(given, label_kind, ignoring)
    binary = values.shape[1] == 1
    count = 2 if binary and read_as != "multilabel" else values.shape[1]
    classes, block = read_labels(given, read_as, count, names, ignoring)
    if len(block) != len(values):
        raise LsmoothError(f"there are {len(values):,} rows of predictions and {len(block):,} labels")
    if binary and block.indices is not None:
        block = Labels.soft((block.indices == 1)[:, None].astype(np.float64), block.hides())
    rule: Rule = spread or ("half" if binary or read_as == "multilabel" else "all")
    kind: LossKind = "sigmoid" if binary or read_as == "multilabel" or rule in PER_LABEL else "softmax"
    renormalised = False
    if convention is not None:
        check_labels(convention, read_as)
        rule, kind = rule_of(convention), convention.kind
        renormalised = convention.clip is not None and convention.clip.renormalise
    sample = values[: sample_rows(values.shape[1])]
    told = predicted if predicted != "auto" else tell(sample, kind, _no_places)
    check(values, told, kind, _no_places, renormalised=renormalised)
    if convention is not None and (reason := misfit(convention, kind, told, values.shape[1])):
        raise LsmoothError(f"{convention.name} {reason}")
    return Case(values, told, block, read_as, Classes(1) if binary else classes, rule, kind)


def class_weights(weights: ArrayLike | None, classes: int) -> NDArray[np.float64] | None:
    """Return (K,) class weights, checked."""
    if weights is None:
        return None
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (classes,) or not (np.isfinite(values) & (values >= 0)).all():
        raise LsmoothError(f"weights have shape {values.shape}, wanted {classes} numbers of at least 0")
    return values


def _no_places(_row: int) -> None:
    """Binary numbers have no decimals."""


def _scores(predictions: ArrayLike) -> NDArray[np.floating]:
    values = np.asarray(predictions)
    if values.dtype.kind not in "biuf" or values.ndim == 0 or not values.size:
        raise LsmoothError(
            f"predictions have shape {values.shape} and dtype `{values.dtype}`, wanted numbers (N, K)"
        )
    values = values if values.dtype.kind == "f" else values.astype(np.float64)
    return values[:, None] if values.ndim == 1 else values.reshape(-1, values.shape[-1])
