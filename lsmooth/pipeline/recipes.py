"""The recipe that the flags ask for, once the classes are known."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.tables import ClassMap, class_values, read_map, read_names
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.flags import LabelFlags, RecipeFlags
from lsmooth.pipeline.learn import Learnt
from lsmooth.smoothing import Rule
from lsmooth.smoothing.spread import Spread, build_spread

GivenMap = Mapping[str, float] | Sequence[float] | str | os.PathLike[str]


def with_names(flags: LabelFlags) -> LabelFlags:
    """Return the flags with the class names in them, where they name a file."""
    if not isinstance(flags.names, str):
        return flags
    names = read_names(flags.names)
    if flags.classes not in (None, len(names)):
        raise LsmoothError(
            f"{flags.names} holds {len(names)} names, --classes is {flags.classes}", "drop --classes"
        )
    return replace(flags, names=names)


def spread_of(flags: RecipeFlags, rule: Rule, learnt: Learnt) -> Spread:
    """Return the spread that the flags ask for over the classes found."""
    exclude = [learnt.classes.find(name) for name in flags.exclude]
    prior = None
    if flags.counts_labels:
        prior = learnt.counts
    elif flags.prior is not None:
        prior = map_values(flags.prior, learnt.classes, "--prior")
    return build_spread(rule, learnt.classes.count, prior, exclude)


def map_values(given: GivenMap, classes: Classes, flag: str) -> NDArray[np.float64]:
    """Return the values of a class map, given or in a file, in class order, (K,)."""
    values: ClassMap
    if isinstance(given, str | os.PathLike):
        values = read_map(os.fspath(given))
    else:
        values = dict(given) if isinstance(given, Mapping) else list(given)
    return class_values(values, classes, flag)
