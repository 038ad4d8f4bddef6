"""The recipe that the flags ask for, once the classes are known; what it needs of predictions is learnt."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.tables import ClassMap, class_values, read_map, read_names
from lsmooth.files.trees import read_matrix, read_tree
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.amounts import EpsilonRule, RecipeFlags
from lsmooth.pipeline.flags import LabelFlags
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.learn import Learnt
from lsmooth.pipeline.pairs import RowEpsilon
from lsmooth.pipeline.row_epsilon import AcceptedEpsilon, ColumnEpsilon, ConditionalEpsilon, MappedEpsilon
from lsmooth.pipeline.scored import ScoredLabels
from lsmooth.pipeline.weights import GivenMap
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import check_epsilon
from lsmooth.smoothing.hierarchy import Hierarchy
from lsmooth.smoothing.performance import chosen_epsilon
from lsmooth.smoothing.ramps import ramp_epsilon
from lsmooth.smoothing.rows import Matrix, Ordinal, similarity
from lsmooth.smoothing.spread import Spread, build_spread
from lsmooth.smoothing.targets import Recipe
from lsmooth.smoothing.tree import Tree


@dataclass(frozen=True)
class Chosen:
    """A recipe, the rule that gives each row its ε where there is one, and what was chosen in words."""

    recipe: Recipe
    rows: RowEpsilon | None
    notes: tuple[str, ...]


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
    return class_values(_read(given), classes, flag)


def _read(given: GivenMap) -> ClassMap:
    if isinstance(given, str | os.PathLike):
        return read_map(os.fspath(given))
    return dict(given) if isinstance(given, Mapping) else list(given)


class Choice:
    """Choosing a recipe: the labels, what has been learnt of them, and the predictions that rules look at."""

    def __init__(
        self,
        flags: RecipeFlags,
        learnt: Learnt,
        inputs: Inputs | None,
        stack: ExitStack,
        progress: Progress | None,
    ) -> None:
        self._flags = flags
        self._learnt = learnt
        self._inputs = inputs
        self._stack = stack
        self._progress = progress
        self._notes: list[str] = []

    def choose(self, rule: Rule, default_epsilon: float) -> Chosen:
        """Return the recipe, and the rule for rows where there is one."""
        spread = self.spread(rule)
        epsilon = self._epsilon(default_epsilon)
        like = self._flags.like
        rows = self._rows()
        if like is not None:
            for value in [] if rows is not None else np.atleast_1d(epsilon).tolist():
                like.check_epsilon(value)
            rows = rows and AcceptedEpsilon(rows, like)
        relative = like is not None and like.spread == "relative"
        return Chosen(Recipe(epsilon, spread, relative), rows, tuple(self._notes))

    def spread(self, rule: Rule) -> Spread:
        """Return where ε goes."""
        weights, classes = self._flags.weights, self._learnt.classes
        exclude = [classes.find(name) for name in self._flags.exclude]
        others = rule == "others"
        if weights.hierarchy is not None:
            return self._tree(rule, exclude)
        if weights.ordinal:
            decay = 0.1 if weights.decay is None else weights.decay
            return build_spread(rule, classes.count, exclude=exclude, by_class=Ordinal(classes.count, decay))
        if weights.similarity is not None:
            matrix = similarity(read_matrix(weights.similarity, classes.names, classes.count), classes.count)
            return build_spread(rule, classes.count, exclude=exclude, by_class=matrix)
        if weights.confusion is not None or weights.online is not None:
            path = weights.confusion or weights.online or ""
            learnt = self._scored(path).matrix("confusion" if weights.confusion else "online", others=others)
            return build_spread(rule, classes.count, exclude=exclude, by_class=Matrix(learnt))
        prior = None
        if weights.counts_labels:
            prior = self._learnt.counts
        elif weights.prior is not None:
            prior = map_values(weights.prior, classes, "--prior")
        return build_spread(rule, classes.count, prior, exclude)

    def _tree(self, rule: Rule, exclude: list[int]) -> Spread:
        weights, classes = self._flags.weights, self._learnt.classes
        assert weights.hierarchy is not None
        names = classes.names or tuple(map(str, range(classes.count)))
        table = read_tree(weights.hierarchy, names)
        try:
            tree = Tree.from_rows(table.rows, names)
        except LsmoothError as error:
            raise error.at(table.where(error.row)) from None
        if tree.joined:
            self._notes.append(f"hierarchy: {tree.joined} roots joined under one")
        beta = 4.0 if weights.beta is None else weights.beta
        distance = weights.distance or "height"
        hierarchy = Hierarchy(tree, beta, distance, rule == "others", tuple(exclude))
        if rule == "half":
            return build_spread(rule, classes.count, exclude=exclude, tree=hierarchy)
        return build_spread(rule, classes.count, exclude=exclude, by_class=hierarchy)

    def _scored(self, path: str) -> ScoredLabels:
        assert self._inputs is not None
        self._inputs.need_again(f"what {path} is compared with", "pass files that can be read twice")
        return self._compared(path)

    def _compared(self, path: str) -> ScoredLabels:
        assert self._inputs is not None
        classes = self._learnt.classes
        return ScoredLabels(path, self._flags.predictions, self._inputs, classes, self._stack, self._progress)

    def _epsilon(self, default: float) -> float | NDArray[np.float64]:
        flags = self._flags.epsilon
        classes = self._learnt.classes
        if flags.epoch is not None:
            epsilon = ramp_epsilon(*_span(flags), *flags.epoch, flags.ramp or "linear")
            self._notes.append(f"epoch {flags.epoch[0]}/{flags.epoch[1]}: epsilon {epsilon:g}")
            return epsilon
        if flags.adaptive is not None:
            return self._adaptive(flags)
        if flags.per_class is not None and flags.by_column is None:
            values = map_values(flags.per_class, classes, "--per-class")
            for value in values.tolist():
                check_epsilon(value)
            return values
        return check_epsilon(default if flags.epsilon is None else flags.epsilon)

    def _adaptive(self, flags: EpsilonRule) -> float | NDArray[np.float64]:
        assert flags.adaptive is not None
        performance = self._scored(flags.adaptive).performance()
        metric = flags.metric or "accuracy"
        gamma = 1.0 if flags.gamma is None else flags.gamma
        overall = performance.overall(metric)
        if flags.by == "class":
            values = np.asarray(chosen_epsilon(*_span(flags), 1 - performance.by_class(metric), gamma))
            span = f"epsilon {values.min():.4g}-{values.max():.4g}"
            self._notes.append(f"adaptive: {metric} {overall:.4g}, by class: {span}")
            return values
        epsilon = float(chosen_epsilon(*_span(flags), 1 - overall, gamma))
        self._notes.append(f"adaptive: {metric} {overall:.4g}: epsilon {epsilon:.4g}")
        return epsilon

    def _rows(self) -> RowEpsilon | None:
        flags = self._flags.epsilon
        if self._inputs is None or not flags.by_row:
            return None
        layout = self._inputs.layout
        if flags.column is not None:
            return ColumnEpsilon(layout.extra[0])
        if flags.by_column is not None:
            assert flags.per_class is not None
            values = _read(flags.per_class)
            if isinstance(values, list):
                raise LsmoothError(
                    "--per-class with --epsilon-by wants value=epsilon pairs", "pass 'web=.2,*=.1'"
                )
            for value in values.values():
                check_epsilon(value)
            return MappedEpsilon(layout.extra[0], dict(values), flags.by_column)
        if flags.conditional is not None:
            return ConditionalEpsilon(
                self._compared(flags.conditional),
                _span(flags),
                flags.uncertainty or "entropy",
                1.0 if flags.gamma is None else flags.gamma,
                invert=flags.invert,
            )
        return None


def _span(flags: EpsilonRule) -> tuple[float, float]:
    assert flags.span is not None
    return flags.span
