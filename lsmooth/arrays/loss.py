"""lsmooth.cross_entropy: predictions and labels in memory to the smoothed loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from numpy.typing import ArrayLike

from lsmooth.arrays.cases import Case, class_weights, read_case
from lsmooth.arrays.like import conform, excluded_classes
from lsmooth.arrays.reading import count_labels
from lsmooth.conventions.fixed import Asked
from lsmooth.conventions.model import Clip, Convention
from lsmooth.errors import LsmoothError, UsageError, check_choice
from lsmooth.labels import HARD, LabelChoice
from lsmooth.losses import Loss, Reduction, Sample, Sums, Weighting, Weights, as_convention, part_of
from lsmooth.predictions import PredictionKind
from lsmooth.smoothing import Rule
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
    reduction: Literal["mean", "sum", "none"] | None = None,
    predicted: PredictionKind | Literal["auto"] = "auto",
    kind: LabelChoice = "auto",
    names: Sequence[str] | None = None,
    prior: ArrayLike | Literal["labels"] | None = None,
    exclude: Sequence[int | str] = (),
    ignore: Sequence[int | str] = (),
    weights: ArrayLike | None = None,
    weighting: Weighting | None = None,
    denominator: Denominator | None = None,
    clip: float | None = None,
    minus_entropy: bool = False,
    like: str | Convention | None = None,
    pad: int | str | None = None,
) -> Any:
    """Return the cross-entropy of predictions with smoothed labels, in nats.

    L(ε) = (1-ε)·CE(label) + ε·CE(spread), computed in float64 without overflow for logits of any size.

    >>> cross_entropy([[0.7, 0.2, 0.1]], [[0.9, 0.05, 0.05]])
    0.5166085998162665
    >>> cross_entropy([[2.0, 0.5, 0.3]], [[0.05, 0.90, 0.05]], minus_entropy=True)
    1.3812185783672564
    >>> cross_entropy([[2.0, 0.5, 0.3], [0.1, -1.2, 3.3]], [0, 2], 0.1, reduction="none").round(6)
    array([0.447283, 0.307237])
    >>> round(cross_entropy([[2.0, 0.5, 0.3], [0.1, -1.2, 3.3]], [0, 2], 0.1, like="fairseq"), 12)
    0.936186943666

    Args:
        predictions: (N, K) or (..., K) logits, probabilities or log-probabilities, of any float dtype; (N,)
            or (N, 1) for the probability or logit of class 1 of two.
        labels: N class indices, names, or rows of K probabilities or independent labels.
        epsilon: ε in [0, 1]; None is 0.1 for hard labels and 0 for soft rows.
        spread: `all`, `others`, `half` or `flip`, as in `smooth`; `half`, `flip` and multilabel rows take
            the sigmoid loss (binary cross-entropy), all else the softmax loss.
        reduction: `mean`, `sum`, or `none` for one loss a row (ignored rows 0); None is `mean`, or what
            the convention returns. Under the sigmoid loss a
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
        like: a framework's convention, by name (see `list_conventions`): it sets spread, kind, ignored
            label, weighting, denominator, clipping, what is subtracted, and the reduction; never ε.
        pad: with `like`, the class of padding: such rows do not count, and where the convention reserves
            that class, it gets no mass.

    Returns:
        The loss ≥ 0, inf where a class with target mass has probability 0; for `none` (N,) float64.

    Raises:
        LsmoothError: for shapes that do not fit, NaN, rows that are no probabilities, all rows ignored.
        UsageError: for arguments that are wrong on their own.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture", arXiv 1512.00567, section 7.
    """
    source = None if prior is None else "prior"
    asked = Asked(
        *(spread, source, bool(exclude), pad is not None, weights is not None, weighting, denominator),
        clip=clip is not None,
        minus_entropy=minus_entropy,
        dashes="",
    )
    convention, ignored = conform(like, pad, ignore, asked)
    how = reduction or ("mean" if convention is None else convention.reduction)
    check_choice("reduction", how, ("mean", "sum", "none"))
    check_choice("denominator", denominator or "valid", get_args(Denominator))
    check_choice("weighting", weighting or "class", get_args(Weighting))
    case = read_case(predictions, labels, predicted, kind, names, ignored, spread, convention)
    excluded = excluded_classes(exclude, convention, pad, case.classes)
    case.labels.refuse(excluded, case.classes)
    weighted = Weights(
        class_weights(weights, case.classes.count),
        weighting or (None if convention is None else convention.weights) or "class",
    )
    spreading = build_spread(case.rule, case.classes.count, _prior(prior, case), excluded)
    loss = Loss(case.kind, spreading, case.told, weighted, _clip(clip))
    amount = epsilon if epsilon is not None else DEFAULT_EPSILON if case.read_as in HARD else 0.0
    mean, amount = how == "mean", check_epsilon(amount)
    reduced = Reduction(mean, denominator or "valid", subtract="entropy" if minus_entropy else None)
    if convention is not None:
        convention.check_epsilon(amount)
        loss = as_convention(loss, convention, case.values.dtype)
        reduced = Reduction.of(
            convention, mean=mean, padding=None if pad is None else case.classes.find(str(pad))
        )
    return _reduced(loss, reduced, Sample(case.values, case.told, case.labels), amount, rows=how == "none")


def _prior(prior: ArrayLike | Literal["labels"] | None, case: Case) -> ArrayLike | None:
    if not isinstance(prior, str):
        return prior
    check_choice("prior", prior, ["labels"])
    return count_labels(case.labels, case.classes)


def _clip(low: float | None) -> Clip | None:
    if low is not None and not 0 < low < 0.5:
        raise UsageError(f"clip is {low:g}, wanted a number between 0 and 0.5", "pass 1e-7")
    return None if low is None else Clip(low)


def _reduced(loss: Loss, reduction: Reduction, sample: Sample, epsilon: float, *, rows: bool) -> Any:
    """Return the loss of all rows, or of each."""
    labels, terms = sample.labels, loss.terms(sample)
    entropy = reduction.subtract == "entropy"
    floors = loss.floors(labels, reduction.amount(epsilon)) if entropy else None
    if rows:
        return reduction.rows(terms, loss, epsilon, floors, labels.hides())
    if loss.kind == "sigmoid" and reduction.divisor == "weights":
        raise LsmoothError("the denominator `weights` needs one class a row", "pass `valid` or `all`")
    tile = tile_rows(loss.classes)
    sums = Sums(loss.classes)
    sums.merge(part_of(loss, terms, sample, tile), str)
    if not sums.valid:
        raise LsmoothError("every row is ignored, so there is no loss", "ignore fewer labels")
    return reduction.at(sums, loss, epsilon, None if floors is None else Total.of(floors, tile).value).loss
