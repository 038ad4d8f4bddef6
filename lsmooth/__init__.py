"""Label smoothing on files: soft targets from labels, smoothed losses from predictions.

>>> import lsmooth
>>> lsmooth.smooth([2], epsilon=0.1, classes=4, spread="all")
array([[0.025, 0.025, 0.925, 0.025]])
>>> lsmooth.cross_entropy([[2.0, 0.5, 0.3]], [0], epsilon=0.1)
0.4472829364813661
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lsmooth.arrays.loss import cross_entropy
    from lsmooth.arrays.targets import smooth
    from lsmooth.calibration import brier_scores, calibration_errors
    from lsmooth.compare.detected import Detection
    from lsmooth.compare.detection import detect
    from lsmooth.compare.memory import match
    from lsmooth.conventions import list_conventions
    from lsmooth.errors import LsmoothError, LsmoothWarning, UsageError
    from lsmooth.pipeline.amounts import EpsilonRule
    from lsmooth.pipeline.library import loss_file, smooth_file
    from lsmooth.pipeline.results import LossResult, Summary
    from lsmooth.pipeline.weights import SpreadWeights

__version__ = "0.1.0"
_HOMES = {
    "Detection": "lsmooth.compare.detected",
    "LossResult": "lsmooth.pipeline.results",
    "LsmoothError": "lsmooth.errors",
    "LsmoothWarning": "lsmooth.errors",
    "Summary": "lsmooth.pipeline.results",
    "EpsilonRule": "lsmooth.pipeline.amounts",
    "SpreadWeights": "lsmooth.pipeline.weights",
    "UsageError": "lsmooth.errors",
    "brier_scores": "lsmooth.calibration",
    "calibration_errors": "lsmooth.calibration",
    "cross_entropy": "lsmooth.arrays.loss",
    "detect": "lsmooth.compare.detection",
    "list_conventions": "lsmooth.conventions",
    "match": "lsmooth.compare.memory",
    "loss_file": "lsmooth.pipeline.library",
    "smooth": "lsmooth.arrays.targets",
    "smooth_file": "lsmooth.pipeline.library",
}
__all__ = [
    "Detection",
    "EpsilonRule",
    "LossResult",
    "LsmoothError",
    "LsmoothWarning",
    "SpreadWeights",
    "Summary",
    "UsageError",
    "__version__",
    "brier_scores",
    "calibration_errors",
    "cross_entropy",
    "detect",
    "list_conventions",
    "loss_file",
    "match",
    "smooth",
    "smooth_file",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that `import lsmooth` alone loads no numpy."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
