"""A convention among the arguments: what it fills in."""

from __future__ import annotations

from collections.abc import Sequence

from lsmooth.conventions import find_convention
from lsmooth.conventions.fixed import Asked, check_asked
from lsmooth.conventions.model import Convention
from lsmooth.errors import UsageError
from lsmooth.labels import ignored_values
from lsmooth.labels.classes import Classes


def conform(
    like: str | Convention | None, pad: int | str | None, ignore: Sequence[int | str], asked: Asked
) -> tuple[Convention | None, tuple[int | str, ...]]:
    """Return the convention, and the labels that are ignored under it; raise UsageError for a clash."""
    convention = find_convention(like) if isinstance(like, str) else like
    ignore = ignored_values(ignore)
    if convention is None:
        if pad is not None:
            raise UsageError("pad needs like", "pass ignore for rows that do not count")
        return None, tuple(ignore)
    check_asked(convention, asked)
    if pad is not None:
        return convention, (*ignore, pad)
    return convention, tuple(ignore) or (() if convention.ignore is None else (convention.ignore,))


def excluded_classes(
    exclude: Sequence[int | str], convention: Convention | None, pad: int | str | None, classes: Classes
) -> list[int]:
    """Return the classes that get no mass."""
    if convention is None:
        return [classes.find(str(label)) for label in exclude]
    return [classes.find(str(pad))] if convention.reserved else []
