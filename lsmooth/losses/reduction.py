"""How the sums of a loss become one number: what it is divided by, what is taken off, what is added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.conventions.model import Clip, Convention, Divisor, Subtracted
from lsmooth.errors import LsmoothError
from lsmooth.losses.loss import Loss
from lsmooth.losses.sums import Sums
from lsmooth.losses.terms import Floats, Terms
from lsmooth.predictions import LossKind, PredictionKind
from lsmooth.smoothing.epsilon import relative_share


@dataclass(frozen=True)
class LossAt:
    """The loss at one ε, in nats, reduced as asked for.

    Attributes:
        epsilon: ε.
        loss: hard + smooth, plus the z-loss, less what is subtracted.
        hard: (1-ε) times the cross-entropy with the labels.
        smooth: ε times the cross-entropy with the spread.
        floor: the lowest hard + smooth reachable (the entropy of the targets), or None where not asked for.
        excess: hard + smooth above the floor, or None.
        z_loss: z·logsumexp² of the logits, for a convention that adds it.
        subtracted: what is taken off: the floor, or what a convention takes for it.
    """

    epsilon: float
    loss: float
    hard: float
    smooth: float
    floor: float | None
    excess: float | None
    z_loss: float = 0.0
    subtracted: float = 0.0


@dataclass(frozen=True)
class Reduction:
    """How the sums of a loss become one number.

    Attributes:
        mean: whether they are divided.
        divisor: by what: see `Convention.divisor`.
        plus: is added to what is divided by.
        subtract: what is taken off.
        z_loss: z of z·logsumexp².
        relative: whether ε/(1+ε) stands for ε.
        padding: the class of ignored rows, where it is known.
    """

    mean: bool = True
    divisor: Divisor = "valid"
    plus: float = 0.0
    subtract: Subtracted | None = None
    z_loss: float = 0.0
    relative: bool = False
    padding: int | None = None

    @classmethod
    def of(cls, convention: Convention, *, mean: bool, padding: int | None = None) -> Reduction:
        """Return how a convention reduces."""
        return cls(
            mean,
            convention.divisor,
            convention.plus,
            convention.subtract,
            convention.z_loss,
            convention.spread == "relative",
            padding,
        )

    def amount(self, epsilon: float) -> float:
        """Return the share that is really spread at an ε."""
        return relative_share(epsilon) if self.relative else epsilon

    def amounts(self, epsilons: Floats) -> Floats:
        """Return the same for many ε."""
        return relative_share(epsilons) if self.relative else epsilons

    def divisors(self, sums: Sums, loss: Loss) -> tuple[float, float]:
        """Return what the hard and the smooth sum are divided by."""
        if not self.mean:
            return 1.0, 1.0
        match self.divisor:
            case "valid":
                rows: float = sums.valid
            case "all":
                rows = sums.rows
            case "nonzero":
                values = loss.weights.values
                rows = sums.valid if values is None else int(sums.counts[values > 0].sum())
            case "weights" | "all-weights" | "split":
                rows = self._weight(sums, loss)
        if rows == 0:
            message = "the weights of all rows are 0, so there is no mean"
            raise LsmoothError(message, "give the class of some row a weight above 0")
        hard = rows * loss.labels_a_row + self.plus
        return hard, (sums.rows * loss.labels_a_row if self.divisor == "split" else hard)

    def _weight(self, sums: Sums, loss: Loss) -> float:
        values = loss.weights.values
        ignored = sums.rows - sums.valid if self.divisor == "all-weights" else 0
        if values is None:
            return sums.valid + ignored
        if ignored and self.padding is None:
            message = "the mean divides by the weights of ignored rows too, and their class is not known"
            raise LsmoothError(message, "pass --pad with their class in place of --ignore")
        weight = sums.weight.value or float(sums.counts @ values)
        return weight + (ignored * float(values[self.padding]) if ignored else 0.0)

    def at(self, sums: Sums, loss: Loss, epsilon: float | None, floor: float | None) -> LossAt:
        """Return the loss at an ε.

        Args:
            sums: of the loss.
            loss: what was added up.
            epsilon: ε, None where rows or classes had their own and the terms are mixed already.
            floor: the sum of the floors of all rows, None where it is not known.
        """
        by, smooth_by = self.divisors(sums, loss)
        hard, smooth = sums.hard.value / by, sums.smooth.value / smooth_by
        shown = sums.epsilon.value / sums.valid
        if epsilon is not None:
            shown, amount = epsilon, self.amount(epsilon)
            hard = 0.0 if amount == 1 else (1 - amount) * hard
            smooth = 0.0 if amount == 0 else amount * smooth
        lowest = None if floor is None or self.divisor == "split" or loss.focal is not None else floor / by
        z_loss = self.z_loss * sums.squares.value / by if self.z_loss else 0.0
        subtracted = 0.0
        if self.subtract == "entropy":
            assert lowest is not None
            subtracted = lowest
        elif self.subtract == "t2t":
            assert epsilon is not None
            subtracted = t2t_constant(epsilon, loss.classes) * sums.valid / by
        value = hard + smooth
        excess = None if lowest is None else value - lowest
        return LossAt(shown, value + z_loss - subtracted, hard, smooth, lowest, excess, z_loss, subtracted)

    def rows(
        self, terms: Terms, loss: Loss, epsilon: float, floors: Floats | None, hides: NDArray[np.bool_]
    ) -> Floats:
        """Return the loss of each row at an ε, (n,); ignored rows have 0.

        Args:
            terms: of the rows; where they are mixed already, `epsilon` is not looked at.
            loss: what they are terms of.
            epsilon: ε.
            floors: of the rows, where the entropy is subtracted.
            hides: which rows are ignored.
        """
        losses = terms.at(self.amount(epsilon))
        if self.z_loss:
            assert terms.logsumexp is not None
            losses = losses + self.z_loss * terms.logsumexp**2
        if self.subtract == "t2t":
            losses = np.where(hides, losses, losses - t2t_constant(epsilon, loss.classes))
        elif self.subtract == "entropy":
            assert floors is not None
            losses = losses - floors
        rows: Floats = losses / loss.labels_a_row
        return rows


def clip_of(convention: Convention, predictions: PredictionKind, dtype: np.dtype[Any]) -> Clip | None:
    """Return how a convention clips predictions; logits only where its focal loss takes probabilities."""
    clip = convention.clip
    if clip is None or (predictions == "logits" and convention.focal is None):
        return None
    if clip.low is None and clip.cost is None:
        return replace(clip, low=float(np.finfo(dtype).eps))
    return clip


def as_convention(loss: Loss, convention: Convention, dtype: np.dtype[Any]) -> Loss:
    """Return a loss with clipping, focal loss and z-loss of a convention.

    Args:
        loss: of the kind, spread and weighting of the convention.
        convention: whose loss it is.
        dtype: of the predictions.
    """
    clip = clip_of(convention, loss.predictions, dtype)
    return replace(loss, clip=clip, focal=convention.focal, logsumexp=convention.z_loss > 0)


def misfit(convention: Convention, loss: LossKind, predictions: PredictionKind, classes: int) -> str | None:
    """Return why a convention cannot take a loss of so many classes from such predictions, or None."""
    if loss == "softmax" and classes < 2:
        return "takes one column for each class, and there is one column"
    if convention.reserved and classes < 3:
        return "spreads to the classes but the true one and padding, and there is none"
    if loss == "sigmoid" and classes == 1 and convention.spread == "all":
        return "spreads over several labels, and there is one"
    if convention.epsilons == "0" and predictions == "logits":
        return "takes probabilities, and these are logits"
    if convention.z_loss and predictions != "logits":
        return "adds a term of the logits, and these are probabilities"
    return None


def t2t_constant(epsilon: float, classes: int) -> float:
    """Return what tensor2tensor, T5X and flax take off: the entropy of (1-ε, ε/(K-1), ...), nearly, in nats.

    >>> round(t2t_constant(0.1, 3), 12)
    0.394397691447
    """
    off = epsilon / (classes - 1)
    on = 1 - epsilon
    return -(on * float(np.log(on)) + (classes - 1) * off * float(np.log(off + 1e-20)))
