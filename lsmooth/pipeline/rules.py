"""Rules and weights that need more than the labels: trees, matrices, epochs, columns, predictions."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.trees import read_matrix, read_tree
from lsmooth.pipeline.amounts import EpsilonRule, RecipeFlags
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.learn import Learnt
from lsmooth.pipeline.pairs import RowEpsilon
from lsmooth.pipeline.recipes import read_values
from lsmooth.pipeline.row_epsilon import AcceptedEpsilon, ColumnEpsilon, ConditionalEpsilon, MappedEpsilon
from lsmooth.pipeline.scored import ScoredLabels
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import check_epsilon
from lsmooth.smoothing.hierarchy import Hierarchy
from lsmooth.smoothing.performance import chosen_epsilon
from lsmooth.smoothing.ramps import ramp_epsilon
from lsmooth.smoothing.rows import Matrix, Ordinal, similarity
from lsmooth.smoothing.spread import Spread, build_spread
from lsmooth.smoothing.tree import Tree


class Rules:
    """What the flags ask for beyond a constant and a prior; what is chosen is put into `notes`, in words."""

    def __init__(
        self,
        flags: RecipeFlags,
        learnt: Learnt,
        inputs: Inputs | None,
        stack: ExitStack,
        progress: Progress | None,
        notes: list[str],
    ) -> None:
        self._flags = flags
        self._learnt = learnt
        self._inputs = inputs
        self._stack = stack
        self._progress = progress
        self._notes = notes

    def spread(self, rule: Rule, exclude: list[int]) -> Spread:
        """Return where ε goes, by a tree, an order, a matrix, or predictions."""
        weights, classes = self._flags.weights, self._learnt.classes
        if weights.hierarchy is not None:
            return self._tree(rule, exclude)
        if weights.ordinal:
            decay = 0.1 if weights.decay is None else weights.decay
            return build_spread(rule, classes.count, exclude=exclude, by_class=Ordinal(classes.count, decay))
        if weights.similarity is not None:
            matrix = similarity(read_matrix(weights.similarity, classes.names, classes.count), classes.count)
            return build_spread(rule, classes.count, exclude=exclude, by_class=matrix)
        path = weights.confusion or weights.online or ""
        kind: Literal["confusion", "online"] = "confusion" if weights.confusion else "online"
        learnt = self._scored(path).matrix(kind, others=rule == "others")
        return build_spread(rule, classes.count, exclude=exclude, by_class=Matrix(learnt))

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

    def epsilon(self) -> float | NDArray[np.float64]:
        """Return ε by the epoch, or by how well predictions do."""
        flags = self._flags.epsilon
        if flags.epoch is not None:
            epsilon = ramp_epsilon(*_span(flags), *flags.epoch, flags.ramp or "linear")
            self._notes.append(f"epoch {flags.epoch[0]}/{flags.epoch[1]}: epsilon {epsilon:g}")
            return epsilon
        return self._adaptive(flags)

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

    def rows(self) -> RowEpsilon:
        """Return the rule that gives each row its ε."""
        like, rule = self._flags.like, self._row_rule()
        return rule if like is None else AcceptedEpsilon(rule, like)

    def _row_rule(self) -> RowEpsilon:
        flags = self._flags.epsilon
        assert self._inputs is not None
        layout = self._inputs.layout
        if flags.column is not None:
            return ColumnEpsilon(layout.extra[0])
        if flags.by_column is not None:
            assert flags.per_class is not None
            values = read_values(flags.per_class)
            if isinstance(values, list):
                raise LsmoothError(
                    "--per-class with --epsilon-by wants value=epsilon pairs", "pass 'web=.2,*=.1'"
                )
            for value in values.values():
                check_epsilon(value)
            return MappedEpsilon(layout.extra[0], dict(values), flags.by_column)
        assert flags.conditional is not None
        return ConditionalEpsilon(
            self._compared(flags.conditional),
            _span(flags),
            flags.uncertainty or "entropy",
            1.0 if flags.gamma is None else flags.gamma,
            invert=flags.invert,
        )


def _span(flags: EpsilonRule) -> tuple[float, float]:
    assert flags.span is not None
    return flags.span
