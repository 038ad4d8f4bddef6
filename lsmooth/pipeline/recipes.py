"""The recipe that the flags ask for, once the classes are known; what it needs of predictions is learnt."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.tables import ClassMap, class_values, read_map, read_names
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.blocks import ClassTargets
from lsmooth.pipeline.flags import LabelFlags
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.learn import Learnt
from lsmooth.pipeline.weights import GivenMap
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import check_epsilon
from lsmooth.smoothing.spread import Spread, build_spread
from lsmooth.smoothing.targets import Recipe

if TYPE_CHECKING:
    from lsmooth.pipeline.pairs import RowEpsilon
    from lsmooth.pipeline.rules import Rules


@dataclass(frozen=True)
class Chosen:
    """A recipe, the rule that gives each row its ε where there is one, and what was chosen in words."""

    recipe: Recipe
    rows: RowEpsilon | None
    notes: tuple[str, ...]
    _targets: dict[np.dtype[Any], ClassTargets] = field(default_factory=dict)

    def class_targets(self, dtype: np.dtype[Any]) -> ClassTargets:
        """Return the targets of each class: the same for all files that are written by this."""
        return self._targets.setdefault(dtype, ClassTargets(self.recipe, dtype))


def with_names(flags: LabelFlags) -> LabelFlags:
    """Return the flags with the class names in them, where they name a file."""
    if not isinstance(flags.names, str):
        return flags
    names = read_names(flags.names)
    if flags.classes not in (None, len(names)):
        message = f"{flags.names} holds {len(names)} names, --classes is {flags.classes}"
        raise LsmoothError(message, "drop --classes")
    return replace(flags, names=names)


def map_values(given: GivenMap, classes: Classes, flag: str) -> NDArray[np.float64]:
    """Return the values of a class map, given or in a file, in class order, (K,)."""
    return class_values(read_values(given), classes, flag)


def read_values(given: GivenMap) -> ClassMap:
    """Return the values of a class map, given or in a file."""
    if isinstance(given, str | os.PathLike):
        return read_map(os.fspath(given))
    return dict(given) if isinstance(given, Mapping) else list(given)


@dataclass(frozen=True)
class Choice:
    """Choosing a recipe: what is asked for, the labels, what is learnt; `notes` say what is chosen."""

    flags: RecipeFlags
    learnt: Learnt
    inputs: Inputs | None
    stack: ExitStack
    progress: Progress | None
    notes: list[str] = field(default_factory=list)

    def choose(self, rule: Rule, default_epsilon: float) -> Chosen:
        """Return the recipe, and the rule for rows where there is one."""
        spread = self._spread(rule)
        epsilon = self._epsilon(default_epsilon)
        rows = None if self.inputs is None or not self.flags.epsilon.by_row else self._rules.rows()
        like = self.flags.like
        if like is not None and rows is None:
            for value in np.atleast_1d(epsilon).tolist():
                like.check_epsilon(value)
        relative = like is not None and like.spread == "relative"
        return Chosen(Recipe(epsilon, spread, relative), rows, tuple(self.notes))

    @cached_property
    def _rules(self) -> Rules:
        from lsmooth.pipeline.rules import Rules  # noqa: PLC0415 - trees and predictions, where they are used

        return Rules(self)

    def _spread(self, rule: Rule) -> Spread:
        """Return where ε goes."""
        weights, classes = self.flags.weights, self.learnt.classes
        exclude = [classes.find(name) for name in self.flags.exclude]
        if weights.sources() not in ([], ["--prior"]):
            return self._rules.spread(rule, exclude)
        prior = None
        if weights.counts_labels:
            prior = self.learnt.counts
        elif weights.prior is not None:
            prior = map_values(weights.prior, classes, "--prior")
        return build_spread(rule, classes.count, prior, exclude)

    def _epsilon(self, default: float) -> float | NDArray[np.float64]:
        flags = self.flags.epsilon
        if flags.epoch is not None or flags.adaptive is not None:
            return self._rules.epsilon()
        if flags.per_class is not None and flags.by_column is None:
            values = map_values(flags.per_class, self.learnt.classes, "--per-class")
            for value in values.tolist():
                check_epsilon(value)
            return values
        return check_epsilon(default if flags.epsilon is None else flags.epsilon)
