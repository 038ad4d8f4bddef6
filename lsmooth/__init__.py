"""Label smoothing on files: soft targets from labels, in constant memory, in the convention you name.

>>> import lsmooth
>>> lsmooth.smooth([2], epsilon=0.1, classes=4, spread="all")
array([[0.025, 0.025, 0.925, 0.025]])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lsmooth.errors import LsmoothError, LsmoothWarning, UsageError
    from lsmooth.pipeline.targets import Summary, smooth_file
    from lsmooth.smoothing.arrays import smooth

__version__ = "0.1.0"
__all__ = ["LsmoothError", "LsmoothWarning", "Summary", "UsageError", "__version__", "smooth", "smooth_file"]

_HOMES = {
    "LsmoothError": "lsmooth.errors",
    "LsmoothWarning": "lsmooth.errors",
    "UsageError": "lsmooth.errors",
    "Summary": "lsmooth.pipeline.targets",
    "smooth_file": "lsmooth.pipeline.targets",
    "smooth": "lsmooth.smoothing.arrays",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that `import lsmooth` alone loads no numpy."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
