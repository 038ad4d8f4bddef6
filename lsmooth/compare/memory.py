"""lsmooth.match: predictions and labels in memory to the conventions that give a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from numpy.typing import ArrayLike

from lsmooth.arrays.cases import class_weights, read_case
from lsmooth.compare.candidates import Data
from lsmooth.compare.evidence import gather_arrays
from lsmooth.compare.matching import Match, find_matches, parse_loss
from lsmooth.labels import LabelChoice
from lsmooth.predictions import PredictionKind
from lsmooth.smoothing.epsilon import check_epsilon


def match(
    predictions: ArrayLike,
    labels: ArrayLike,
    value: str | float,
    epsilon: float | None = None,
    *,
    predicted: PredictionKind | Literal["auto"] = "auto",
    kind: LabelChoice = "auto",
    names: Sequence[str] | None = None,
    ignore: Sequence[int | str] = (),
    weights: ArrayLike | None = None,
    pad: int | str | None = None,
) -> tuple[Match, ...]:
    """Return which conventions, reductions, denominators and ε give a loss that somebody printed.

    >>> logits = [[2.0, 0.5, 0.3], [0.1, -1.2, 3.3], [1.0, 1.0, 1.0], [-4.0, 7.0, 0.5]]
    >>> first = match(logits, [0, 2, 1, 1], "2.911")[0]
    >>> first.conventions, first.reduction, first.epsilon
    (('fairseq', 'megatron', 'nemo'), 'sum', 0.1)

    Args:
        predictions: (N, K) logits, probabilities or log-probabilities.
        labels: N class indices, names, or rows of K probabilities or independent labels.
        value: the loss in nats; text tells the digits that it was printed with, a float has all of them.
            What a float32 prints is matched to float32.
        epsilon: ε in [0, 1]; None looks for every ε in [0, 1] that gives the value.
        predicted: what the predictions are, as in `cross_entropy`.
        kind: what the labels are.
        names: the class names in the order of the columns.
        ignore: labels of rows that do not count.
        weights: (K,) class weights ≥ 0.
        pad: the class of padding.

    Returns:
        The matches, those with the simplest ε first; conventions that agree are in one.

    Raises:
        LsmoothError: where nothing gives the value, naming the nearest; for bad input as `cross_entropy`.
        UsageError: for arguments that are wrong on their own.
    """
    wanted = parse_loss(value) if isinstance(value, str) else parse_loss(repr(float(value)), exact=True)
    amount = None if epsilon is None else check_epsilon(epsilon)
    hidden = tuple(ignore) if pad is None else (*ignore, pad)
    case = read_case(predictions, labels, predicted, kind, names, hidden)
    data = Data(
        *(case.kind, case.read_as, case.told, case.values.dtype),
        classes=case.classes.count,
        weights=class_weights(weights, case.classes.count),
        padding=None if pad is None else case.classes.find(str(pad)),
    )
    return find_matches(gather_arrays(data, case.values, case.labels, amount), wanted, amount)
