"""Rules and weights that need more than the labels: trees, matrices, epochs, columns, predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.trees import read_matrix, read_tree
from lsmooth.pipeline.amounts import EpsilonRule
from lsmooth.pipeline.pairs import RowEpsilon
from lsmooth.pipeline.recipes import Choice, read_values
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


@dataclass(frozen=True)
class Rules:
    """What a choice asks for beyond a constant and a prior."""

    choice: Choice

    def spread(self, rule: Rule, exclude: list[int]) -> Spread:
        """Return where ε goes, by a tree, an order, a matrix, or predictions."""
        weights, classes = self.choice.flags.weights, self.choice.learnt.classes
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
        weights, classes = self.choice.flags.weights, self.choice.learnt.classes
        assert weights.hierarchy is not None
        names = classes.names or tuple(map(str, range(classes.count)))
        table = read_tree(weights.hierarchy, names)
        try:
            tree = Tree.from_rows(table.rows, names)
        except LsmoothError as error:
            raise error.at(table.where(error.row)) from None
        if tree.joined:
            self.choice.notes.append(f"hierarchy: {tree.joined} roots joined under one")
        beta = 4.0 if weights.beta is None else weights.beta
        distance = weights.distance or "height"
        hierarchy = Hierarchy(tree, beta, distance, rule == "others", tuple(exclude))
        if rule == "half":
            return build_spread(rule, classes.count, exclude=exclude, tree=hierarchy)
        return build_spread(rule, classes.count, exclude=exclude, by_class=hierarchy)

    def _scored(self, path: str) -> ScoredLabels:
        assert self.choice.inputs is not None
        self.choice.inputs.need_again(f"what {path} is compared with", "pass files that can be read twice")
        return self._compared(path)

    def _compared(self, path: str) -> ScoredLabels:
        choice = self.choice
        assert choice.inputs is not None
        return ScoredLabels(
            path,
            choice.flags.predictions,
            choice.inputs,
            choice.learnt.classes,
            choice.stack,
            choice.progress,
        )

    def epsilon(self) -> float | NDArray[np.float64]:
        """Return ε by the epoch, or by how well predictions do."""
        flags = self.choice.flags.epsilon
        if flags.epoch is not None:
            epsilon = ramp_epsilon(*_span(flags), *flags.epoch, flags.ramp or "linear")
            self.choice.notes.append(f"epoch {flags.epoch[0]}/{flags.epoch[1]}: epsilon {epsilon:g}")
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
            self.choice.notes.append(f"adaptive: {metric} {overall:.4g}, by class: {span}")
            return values
        epsilon = float(chosen_epsilon(*_span(flags), 1 - overall, gamma))
        self.choice.notes.append(f"adaptive: {metric} {overall:.4g}: epsilon {epsilon:.4g}")
        return epsilon

    def rows(self) -> RowEpsilon:
        """Return the rule that gives each row its ε."""
        like, rule = self.choice.flags.like, self._row_rule()
        return rule if like is None else AcceptedEpsilon(rule, like)

    def _row_rule(self) -> RowEpsilon:
        flags = self.choice.flags.epsilon
        assert self.choice.inputs is not None
        layout = self.choice.inputs.layout
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
