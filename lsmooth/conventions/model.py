"""What a convention is: a point on a few axes, as data. Loads no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lsmooth.errors import UsageError

Spread = Literal["all", "others", "half", "flip", "relative"]
Kind = Literal["softmax", "sigmoid"]
WeightRule = Literal["class", "target", "row"]
Divisor = Literal["valid", "all", "weights", "all-weights", "nonzero", "split"]
Subtracted = Literal["entropy", "t2t"]


@dataclass(frozen=True)
class Clip:
    """How probabilities are kept off 0 and 1 before the logarithm; logits are left as they are.

    Attributes:
        low: probabilities are clipped to [low, 1-low]; None takes the machine epsilon of their dtype.
        renormalise: rows are first divided by their sum.
        cost: the largest -log p, where that is what is clipped, in nats.
    """

    low: float | None = None
    renormalise: bool = False
    cost: float | None = None


@dataclass(frozen=True)
class Focal:
    """The focal loss: α·(1-p)^γ multiplies each -log p. Lin et al. 2017, arXiv 1708.02002."""

    gamma: float
    alpha: float


@dataclass(frozen=True)
class Convention:
    """What a framework computes when it smooths labels.

    Attributes:
        name: by which it is asked for.
        title: the function or class.
        spread: where ε goes: `all` (ε/K each), `others` (ε/(K-1) each, none for the true class), `half`
            (y(1-ε)+ε/2), `flip` (y(1-2ε)+ε), `relative` (`all` with ε/(1+ε) for ε).
        default_epsilon: ε when none is given; None where it has to be.
        versions: for which all this is true.
        source: where it was read: `repository@commit:path:lines`, or the function.
        aliases: other names.
        kind: `softmax` (one class a row) or `sigmoid` (each label on its own).
        soft: whether it takes soft rows as labels (else class indices alone).
        weights: what class weights multiply: each `class`'s term, the hard term (`target`), the whole `row`;
            None where it takes none.
        ignore: the label of rows that do not count, unless another is named.
        reserved: whether a padding class is needed, which gets no mass.
        divisor: what a mean divides by: `valid` rows (not ignored), `all` rows, the `weights` of the labels
            of valid rows, `all-weights` (those of ignored rows too), rows whose weight is not 0 (`nonzero`),
            or `split`: weights for the hard term, all rows for the smooth term. Without class weights a row
            weighs 1.
        plus: is added to what a mean divides by.
        reduction: what it returns; `mean` too where it returns rows.
        subtract: what is taken off the cross-entropy: the `entropy` of the target, or `t2t`, the entropy with
            1e-20 added inside its logarithm.
        z_loss: z, which adds z·logsumexp² of the logits to each row.
        clip: how probabilities are clipped.
        focal: the focal loss, instead of the cross-entropy.
        epsilons: the ε that it takes, an interval; `0` for none but 0.
        log_probs: whether it is given log-probabilities, so that logits pass unnoticed.
        single: whether it computes in float32 inside, so that it agrees to float32.
        notes: what else is to be known, a sentence each.
    """

    name: str
    title: str
    spread: Spread
    default_epsilon: float | None
    versions: str
    source: str
    aliases: tuple[str, ...] = ()
    kind: Kind = "softmax"
    soft: bool = False
    weights: WeightRule | None = None
    ignore: str | None = None
    reserved: bool = False
    divisor: Divisor = "valid"
    plus: float = 0.0
    reduction: Literal["mean", "sum"] = "mean"
    subtract: Subtracted | None = None
    z_loss: float = 0.0
    clip: Clip | None = None
    focal: Focal | None = None
    epsilons: Literal["[0, 1]", "[0, 1)", "0"] = "[0, 1]"
    log_probs: bool = False
    single: bool = False
    notes: tuple[str, ...] = ()

    @property
    def true_class(self) -> str:
        """The target of the true class, as a formula."""
        return {
            "all": "1-ε+ε/K",
            "others": "1-ε",
            "half": "1-ε/2",
            "flip": "1-ε",
            "relative": "(1+ε/K)/(1+ε)",
        }[self.spread]

    @property
    def other_classes(self) -> str:
        """The target of each other class, as a formula."""
        if self.reserved:
            return "ε/(K-2), padding 0"
        return {"all": "ε/K", "others": "ε/(K-1)", "half": "ε/2", "flip": "ε", "relative": "(ε/K)/(1+ε)"}[
            self.spread
        ]

    def takes(self, epsilon: float) -> bool:
        """Whether the framework takes an ε in [0, 1]."""
        return epsilon == 0 or (self.epsilons != "0" and (epsilon < 1 or self.epsilons == "[0, 1]"))

    def check_epsilon(self, epsilon: float) -> None:
        """Raise UsageError for an ε in [0, 1] that the framework does not take."""
        if self.takes(epsilon):
            return
        if self.epsilons == "0":
            raise UsageError(f"{self.name} does not smooth labels, and epsilon is {epsilon:g}", "pass -e 0")
        raise UsageError(f"{self.name} takes epsilon in [0, 1), and it is 1", "pass less than 1")
