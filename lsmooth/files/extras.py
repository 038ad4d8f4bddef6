"""Libraries that not everybody installs, imported where they are used."""

from __future__ import annotations

import sys
import threading
from typing import Any

from lsmooth.errors import LsmoothError

#: A thread that finds an import under way takes the module as it is, though the import fails in the end.
_importing = threading.Lock()


def load_zstd() -> Any:
    """Return the module that packs and unpacks zstd; raise LsmoothError where there is none."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - an extra
        else:
            from backports import zstd  # noqa: PLC0415 - an extra
    except ImportError:
        raise _missing("zstd", "backports.zstd") from None
    return zstd


def load_polars() -> Any:
    """Return polars; raise LsmoothError where there is none."""
    try:
        import polars as pl  # noqa: PLC0415 - an extra
    except ImportError:
        raise _missing("polars", "polars") from None
    return pl


def load_distributed() -> Any:
    """Return the scheduler of Dask; raise LsmoothError where there is none."""
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError:
        raise _missing("dask", "distributed") from None
    return distributed


def find_polars() -> Any | None:
    """Return polars, None where it is not installed."""
    with _importing:
        try:
            return load_polars()
        except LsmoothError:
            return None


def has_polars() -> bool:
    """Whether polars is installed; nothing is imported to see it."""
    from importlib.util import find_spec  # noqa: PLC0415 - for wide text

    return find_spec("polars") is not None


def _missing(extra: str, library: str) -> LsmoothError:
    message = f"the library {library} is not installed"
    return LsmoothError(message, f"pip install 'lsmooth[{extra}]'")
