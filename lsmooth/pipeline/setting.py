"""All that is decided before a pass over predictions: what is read as what, and which loss is taken."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, listed
from lsmooth.files.npy import NpyTable
from lsmooth.files.source import Source
from lsmooth.labels.classes import Classes
from lsmooth.losses import Loss, Weights
from lsmooth.pipeline.flags import LabelFlags, LossFlags, PredictionFlags, RecipeFlags
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.learn import Learnt, learn_labels
from lsmooth.pipeline.reading import Table, open_table
from lsmooth.pipeline.recipes import map_values, spread_of, with_names
from lsmooth.pipeline.scores import ScoreLayout, decide_scores
from lsmooth.predictions import LossKind
from lsmooth.smoothing import PER_LABEL
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON


@dataclass(frozen=True)
class Setting:
    """All that is decided before the pass: what is read as what, and which loss is taken."""

    table: Table
    scores: ScoreLayout
    inputs: Inputs
    classes: Classes
    loss: Loss
    epsilons: tuple[float, ...]
    binary: bool
    sorted_names: bool

    def notes(self) -> tuple[str, ...]:
        """Say what was decided without being told, where it matters."""
        notes = []
        if self.binary:
            notes.append("one prediction column is read as class 1 of two, with half smoothing")
        if self.sorted_names:
            notes.append(f"the columns have no names, so they are the label names sorted: {self.names()}")
        return tuple(notes)

    def names(self) -> str:
        """The class names, the first of them."""
        return listed(self.classes.names or (), 6)

    def warnings(self, counts: NDArray[np.int64] | None) -> list[str]:
        """Say what is legal but seldom meant; `counts` are the rows of each class where labels are hard."""
        warnings = []
        if counts is not None and self.loss.weights.values is not None:
            moved = np.flatnonzero(self.loss.moved_optimum(self.epsilons[0]) & (counts > 0))
            if moved.size:
                name = self.classes.names[moved[0]] if self.classes.names else moved[0]
                warnings.append(
                    f"class weights make another class the best answer for label `{name}`"
                    f" at epsilon {self.epsilons[0]:g}: its weighted target is not the largest"
                )
        return warnings


def decide_setting(
    flags: PredictionFlags,
    label_flags: LabelFlags,
    recipe: RecipeFlags,
    wanted: LossFlags,
    stack: ExitStack,
    progress: Progress | None,
    *,
    apart: bool,
) -> Setting:
    """Open the files and decide everything; labels stand `apart` or in the file of the predictions."""
    label_flags = with_names(label_flags)
    table = open_table(stack.enter_context(Source(flags.path, flags.format)))
    scores = decide_scores(table, flags, label_flags, apart=apart)
    binary = len(scores.columns) == 1
    count = 2 if binary and label_flags.kind != "multilabel" else len(scores.columns)
    if label_flags.classes not in (None, count, len(scores.columns)):
        message = f"{table.name} has {len(scores.columns)} columns, --classes says {label_flags.classes}"
        raise LsmoothError(message, "K is the number of prediction columns")
    known = replace(label_flags, classes=count, names=scores.names)
    if scores.labels is None:
        inputs = Inputs.open(known, stack)
    else:
        found = scores.labels.classes or Classes(count, scores.names)
        hard = scores.labels.kind == "index" or scores.names is not None
        inputs = Inputs([table], known, replace(scores.labels, classes=found if hard else None))
    _check_axes(table, inputs)
    learnt, sorted_names = _learn(inputs, table, recipe, count, progress)
    loss = _loss(scores, flags, inputs, learnt, recipe, wanted, table, binary=binary)
    hard_labels = inputs.layout.kind in ("index", "name")
    epsilons = wanted.epsilons or ((DEFAULT_EPSILON if hard_labels else 0.0),)
    return Setting(table, scores, inputs, learnt.classes, loss, epsilons, binary, sorted_names)


def _check_axes(table: Table, inputs: Inputs) -> None:
    """Raise for predictions of the shape (N, C, H, W) beside labels of the shape (N, H, W)."""
    labels = inputs.tables[0]
    if not isinstance(table, NpyTable) or not isinstance(labels, NpyTable) or len(table.shape) < 3:
        return
    shape, outer = table.shape, labels.shape if inputs.layout.flat else labels.shape[:-1]
    if shape[:-1] == outer:
        return
    if (shape[0], *shape[2:]) == outer:
        message = f"{table.name} has the shape {shape}, with the classes on axis 1, wanted them on the last"
        raise LsmoothError(message, "save numpy.moveaxis(predictions, 1, -1)")
    raise LsmoothError(f"{table.name} has the shape {shape}, {labels.name} {labels.shape}")


def _learn(
    inputs: Inputs, table: Table, recipe: RecipeFlags, count: int, progress: Progress | None
) -> tuple[Learnt, bool]:
    classes = inputs.layout.classes
    if classes is None:
        inputs.need_again("the order of the classes", "pass --names")
        inputs.flags = replace(inputs.flags, classes=None)
        learnt = learn_labels(inputs, progress)
        if learnt.classes.count != count:
            message = (
                f"{table.name} has {count} columns without names, the labels {learnt.classes.count} names"
            )
            raise LsmoothError(message, "pass --names with all classes in the order of the columns")
        return learnt, True
    if classes.count != count:
        raise LsmoothError(f"{table.name} has {count} columns, the labels {classes.count} classes")
    if recipe.counts_labels:
        inputs.need_again("the prior", "pass --prior with values, or a file")
        return learn_labels(inputs, progress), False
    return Learnt(classes, None, 0, np.zeros(0)), False


def _loss(
    scores: ScoreLayout,
    flags: PredictionFlags,
    inputs: Inputs,
    learnt: Learnt,
    recipe: RecipeFlags,
    wanted: LossFlags,
    table: Table,
    *,
    binary: bool,
) -> Loss:
    rule = recipe.rule_for(inputs.layout.kind)
    if binary and recipe.rule is None:
        rule = "half"
    kind: LossKind = "softmax"
    if binary or inputs.layout.kind == "multilabel" or rule in PER_LABEL:
        kind = "sigmoid"
    columns = Learnt(Classes(1), None, 0, np.zeros(0)) if binary else learnt
    spread = spread_of(recipe, rule, columns)
    values = None if wanted.weights is None else map_values(wanted.weights, columns.classes, "--weights")
    if kind == "sigmoid" and wanted.denominator == "weights":
        raise LsmoothError(
            "--denominator weights needs one class a row, each label here is on its own",
            "pass --denominator valid or all",
        )
    predictions = scores.kind(flags, kind, table.name, 1 + (table.header is not None))
    return Loss(kind, spread, predictions, Weights(values, wanted.weighting), wanted.clip)
