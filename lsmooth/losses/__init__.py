"""Smoothed cross-entropy in one pass: L(ε) = (1-ε)·CE(label) + ε·CE(spread), in nats.

No targets are built: cross-entropy is linear in the target, so each row gives a hard term and a smooth term,
and every ε is a combination of their sums. Szegedy et al. 2016 (arXiv 1512.00567), equation 4.
"""

from lsmooth.losses.loss import Loss
from lsmooth.losses.reduction import LossAt, Reduction, as_convention, clip_of, misfit
from lsmooth.losses.sample import Sample, main_class
from lsmooth.losses.sums import Sums, part_of
from lsmooth.losses.terms import Floats, Terms, mix, product
from lsmooth.losses.weights import Weighting, Weights

__all__ = [
    "Floats",
    "Loss",
    "LossAt",
    "Reduction",
    "Sample",
    "Sums",
    "Terms",
    "Weighting",
    "Weights",
    "as_convention",
    "clip_of",
    "main_class",
    "misfit",
    "mix",
    "part_of",
    "product",
]
