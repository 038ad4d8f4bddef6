"""lsmooth.cross_entropy: predictions and labels in memory to the smoothed loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.arrays.reading import SAMPLE_ROWS, as_array, count_labels, read_labels, tell_kind
from lsmooth.errors import LsmoothError, UsageError, check_choice
from lsmooth.labels import LABEL_KINDS, LabelChoice, check_given_names
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import Classes, Ignore
from lsmooth.losses import Loss, Weighting, Weights
from lsmooth.predictions import PREDICTION_KINDS, LossKind, PredictionKind, check, tell
from lsmooth.smoothing import PER_LABEL, RULES, Rule
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON, check_epsilon
from lsmooth.smoothing.spread import build_spread
from lsmooth.tiles import Total, tile_rows

Denominator = Literal["valid", "all", "weights"]


def cross_entropy(
    predictions: ArrayLike,
    labels: ArrayLike,
    epsilon: float | None = None,
    spread: Rule | None = None,
    *,
    reduction: Literal["mean", "sum", "none"] = "mean",
    predicted: PredictionKind | Literal["auto"] = "auto",
    kind: LabelChoice = "auto",
    names: Sequence[str] | None = None,
    prior: ArrayLike | Literal["labels"] | None = None,
    exclude: Sequence[int | str] = (),
    ignore: Sequence[int | str] = (),
    weights: ArrayLike | None = None,
    weighting: Weighting = "class",
    denominator: Denominator = "valid",
    clip: float | None = None,
    minus_entropy: bool = False,
) -> Any:
    """Return the cross-entropy of predictions with smoothed labels, in nats.

    L(ε) = (1-ε)·CE(label) + ε·CE(spread), computed in float64 without overflow for logits of any size.

    >>> cross_entropy([[0.7, 0.2, 0.1]], [[0.9, 0.05, 0.05]])
    0.5166085998162665
    >>> cross_entropy([[2.0, 0.5, 0.3]], [[0.05, 0.90, 0.05]], minus_entropy=True)
    1.3812185783672564
    >>> cross_entropy([[2.0, 0.5, 0.3], [0.1, -1.2, 3.3]], [0, 2], 0.1, reduction="none").round(6)
    array([0.447283, 0.307237])

    Args:
        predictions: (N, K) or (..., K) logits, probabilities or log-probabilities, of any float dtype; (N,)
            or (N, 1) for the probability or logit of class 1 of two.
        labels: N class indices, names, or rows of K probabilities or independent labels.
        epsilon: ε in [0, 1]; None is 0.1 for hard labels and 0 for soft rows.
        spread: `all`, `others`, `half` or `flip`, as in `smooth`; `half`, `flip` and multilabel rows take
            the sigmoid loss (binary cross-entropy), all else the softmax loss.
        reduction: `mean`, `sum`, or `none` for one loss a row (ignored rows 0). Under the sigmoid loss a
            row's loss is the mean over its labels, and `sum` adds every term.
        predicted: what the predictions are; `auto` tells from the first 1,000 rows, and asks where it cannot.
        kind: what the labels are, as in `smooth`.
        names: the class names in the order of the columns.
        prior: (K,) weights ≥ 0 to spread by, or `"labels"` to count them.
        exclude: classes that get no mass; they stay in the softmax.
        ignore: labels of rows that do not count; -100 only when named.
        weights: (K,) class weights ≥ 0.
        weighting: what they multiply: each `class`'s term, the hard term only (`target`), the whole `row`.
        denominator: what the mean divides by: `valid` rows, `all` rows, or the sum of the `weights` of the
            labels (PyTorch's mean with `weight`).
        clip: probabilities are first clipped to [clip, 1-clip], without renormalising.
        minus_entropy: return KL(target ‖ prediction), the excess over the lowest loss reachable.

    Returns:
        The loss ≥ 0, inf where a class with target mass has probability 0; for `none` (N,) float64.

    Raises:
        LsmoothError: for shapes that do not fit, NaN, rows that are no probabilities, all rows ignored.
        UsageError: for arguments that are wrong on their own.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture", arXiv 1512.00567, section 7.
    """
    check_choice("reduction", reduction, ("mean", "sum", "none"))
    check_choice("denominator", denominator, get_args(Denominator))
    scores = _scores(predictions)
    block, classes, rule, hard_labels = _labels(scores, labels, kind, names, spread, ignore)
    excluded = [classes.find(str(label)) for label in exclude]
    block.refuse(excluded, classes)
    if isinstance(prior, str):
        check_choice("prior", prior, ["labels"])
        prior = count_labels(block, classes)
    sigmoid = scores.shape[1] == 1 or kind == "multilabel" or rule in PER_LABEL
    loss_kind: LossKind = "sigmoid" if sigmoid else "softmax"
    loss = Loss(
        loss_kind,
        build_spread(rule, classes.count, prior, excluded),
        _told(scores, predicted, loss_kind),
        _weights(weights, weighting, classes.count),
        _checked_clip(clip),
    )
    amount = check_epsilon(epsilon if epsilon is not None else DEFAULT_EPSILON if hard_labels else 0.0)
    terms = loss.terms(scores, block)
    if reduction == "none":
        losses = terms.at(amount) - (loss.floors(block, amount) if minus_entropy else 0)
        return losses / loss.labels_a_row
    tile = tile_rows(loss.classes)
    shared = 1.0 if reduction == "sum" else _denominator(loss, block, denominator)
    hard, smooth = Total.of(terms.hard, tile).value / shared, Total.of(terms.smooth, tile).value / shared
    value = (0 if amount == 1 else (1 - amount) * hard) + (0 if amount == 0 else amount * smooth)
    return value - Total.of(loss.floors(block, amount), tile).value / shared if minus_entropy else value


def _labels(
    scores: NDArray[np.floating],
    labels: ArrayLike,
    kind: LabelChoice,
    names: Sequence[str] | None,
    spread: Rule | None,
    ignore: Sequence[int | str],
) -> tuple[Labels, Classes, Rule, bool]:
    """Return the labels of predictions, their classes, the rule to smooth them by, whether they are hard."""
    check_choice("kind", kind, ("auto", *LABEL_KINDS))
    if spread is not None:
        check_choice("spread", spread, RULES)
    if names is not None:
        check_given_names(names, "names")
    ignoring = Ignore(tuple(map(str, ignore)))
    given = as_array(labels)
    read_as = tell_kind(given, kind, ignoring)
    binary = scores.shape[1] == 1
    count = 2 if binary and read_as != "multilabel" else scores.shape[1]
    classes, block = read_labels(given, read_as, count, names, ignoring)
    if len(block) != len(scores):
        raise LsmoothError(f"there are {len(scores):,} rows of predictions and {len(block):,} labels")
    if binary and block.indices is not None:
        block = Labels.soft((block.indices == 1)[:, None].astype(np.float64), block.hides())
    rule: Rule = spread or ("half" if binary or read_as == "multilabel" else "all")
    hard = read_as in ("index", "name")
    return block, Classes(1) if binary else classes, rule, hard


def _told(
    scores: NDArray[np.floating], predicted: PredictionKind | Literal["auto"], kind: LossKind
) -> PredictionKind:
    check_choice("predicted", predicted, ("auto", *PREDICTION_KINDS))
    told = predicted if predicted != "auto" else tell(scores[:SAMPLE_ROWS], kind, _no_places)
    check(scores, told, kind, _no_places)
    return told


def _checked_clip(clip: float | None) -> float | None:
    if clip is not None and not 0 < clip < 0.5:
        raise UsageError(f"clip is {clip:g}, wanted a number between 0 and 0.5", "pass 1e-7")
    return clip


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


def _weights(weights: ArrayLike | None, weighting: Weighting, classes: int) -> Weights:
    check_choice("weighting", weighting, get_args(Weighting))
    if weights is None:
        return Weights()
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (classes,) or not (np.isfinite(values) & (values >= 0)).all():
        raise LsmoothError(f"weights have shape {values.shape}, wanted {classes} numbers of at least 0")
    return Weights(values, weighting)


def _denominator(loss: Loss, labels: Labels, denominator: Denominator) -> float:
    valid = ~labels.hides()
    if not valid.any():
        raise LsmoothError("every row is ignored, so there is no loss", "ignore fewer labels")
    if denominator == "weights":
        if loss.kind == "sigmoid":
            raise LsmoothError("the denominator `weights` needs one class a row", "pass `valid` or `all`")
        weights = loss.weights.of(labels)
        total = float(weights[valid].sum())
        if total == 0:
            raise LsmoothError("the weights of all rows are 0, so there is no mean", "pass `valid`")
        return total
    rows = int(np.count_nonzero(valid)) if denominator == "valid" else len(labels)
    return float(rows * loss.labels_a_row)
