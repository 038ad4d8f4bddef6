"""All that is decided before a pass over predictions: what is read as what, and which loss is taken."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lsmooth.conventions.model import Clip, Convention, Subtracted
from lsmooth.errors import LsmoothError, listed
from lsmooth.files.npy import NpyTable
from lsmooth.files.source import Source
from lsmooth.labels import HARD, LabelKind
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import Classes
from lsmooth.losses import Loss, Reduction, Weights, as_convention, main_class, misfit
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.chunks import Table
from lsmooth.pipeline.flags import LabelFlags
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.items import Items
from lsmooth.pipeline.learn import Learnt, learn_labels
from lsmooth.pipeline.like import settled
from lsmooth.pipeline.loss_flags import LossFlags, PredictionFlags
from lsmooth.pipeline.reading import open_table
from lsmooth.pipeline.recipes import Choice, Chosen, map_values, with_names
from lsmooth.pipeline.scores import ScoreLayout, decide_scores
from lsmooth.predictions import LossKind
from lsmooth.smoothing import PER_LABEL, Rule
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON


@dataclass(frozen=True)
class Setting:
    """All that is decided before the pass: what is read as what, and which loss is taken."""

    table: Table
    scores: ScoreLayout
    inputs: Inputs
    classes: Classes
    loss: Loss
    reduction: Reduction
    chosen: Chosen
    sweep: tuple[float, ...] | None
    binary: bool
    sorted_names: bool

    @property
    def epsilons(self) -> tuple[float, ...] | None:
        """The ε that the loss is taken at, None where classes or rows have their own."""
        if self.sweep is not None:
            return self.sweep
        constant = self.chosen.recipe.constant
        return None if constant is None or self.chosen.rows is not None else (constant,)

    def epsilon_of(self, labels: Labels, rows: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        """Return the ε of a block where it is not one for all: (n, 1) by row, or (1, K) by column."""
        if rows is not None:
            return rows[:, None]
        if self.epsilons is not None:
            return None
        by_class = np.asarray(self.chosen.recipe.epsilon)
        return by_class[None, :] if labels.indices is None else by_class[main_class(labels), None]

    def check_convention(self, convention: Convention) -> None:
        """Raise LsmoothError for what was found that a convention does not take."""
        for epsilon in self.epsilons or ():
            convention.check_epsilon(epsilon)
        if convention.subtract == "t2t" and self.epsilons is None:
            message = f"{convention.name} subtracts a constant of one epsilon, and there are several"
            raise LsmoothError(message, "pass one --epsilon")

    def notes(self) -> tuple[str, ...]:
        """Say what was decided without being told, where it matters."""
        notes = []
        if self.binary:
            rule = self.loss.spread.rule
            notes.append(f"one prediction column is read as class 1 of two, with {rule} smoothing")
        if self.sorted_names:
            notes.append(f"the columns have no names, so they are the label names sorted: {self.names()}")
        return (*notes, *self.chosen.notes)

    def names(self) -> str:
        """The class names, the first of them."""
        return listed(self.classes.names or (), 6)

    def warnings(self, counts: NDArray[np.int64] | None) -> list[str]:
        """Say what is legal but seldom meant; `counts` are the rows of each class where labels are hard."""
        warnings = []
        if counts is not None and self.epsilons is not None and self.loss.weights.values is not None:
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
    label_flags, recipe = settled(with_names(label_flags), recipe)
    table = open_table(stack.enter_context(Source(flags.path, flags.format)))
    scores = decide_scores(table, flags, label_flags, apart=apart)
    binary = len(scores.columns) == 1
    count = 2 if binary and label_flags.kind != "multilabel" else len(scores.columns)
    if label_flags.classes not in (None, count, len(scores.columns)):
        message = f"{table.name} has {len(scores.columns)} columns, --classes says {label_flags.classes}"
        raise LsmoothError(message, "K is the number of prediction columns")
    known, recipe = settled(replace(label_flags, classes=count, names=scores.names), recipe)
    if scores.labels is None and table.is_text and not known.are_text:
        known = replace(known, header=None)  # which is that of the predictions
    if scores.labels is None:
        inputs = Inputs.open(known, stack)
    else:
        found = scores.labels.classes or Classes(count, scores.names)
        hard = scores.labels.kind == "index" or scores.names is not None
        inputs = Inputs([table], known, replace(scores.labels, classes=found if hard else None))
    _check_axes(table, inputs)
    learnt, sorted_names = _learn(inputs, table, recipe, count, progress)
    if label_flags.item is not None:
        inputs = Items(inputs, learnt.classes)
        if recipe.weights.counts_labels:
            learnt = learn_labels(inputs, progress)
    rule = recipe.rule_for(inputs.layout.kind)
    recipe.check_kind(inputs.layout.kind, told=label_flags.kind == "auto")
    if binary and recipe.rule is None:
        rule = "half"
    columns = Learnt(Classes(1), None, 0, np.zeros(0)) if binary else learnt
    default = DEFAULT_EPSILON if inputs.layout.kind in HARD else 0.0
    kind = _kind(rule, inputs.layout.kind, recipe.like, binary=binary)
    told = scores.kind(flags, kind, table.name, 1 + (table.header is not None))
    if recipe.like is not None and (reason := misfit(recipe.like, kind, told, columns.classes.count)):
        raise LsmoothError(f"{recipe.like.name} {reason}", "drop --like")
    chosen = Choice(recipe, columns, inputs, stack, progress).choose(rule, default)
    weights = _weights(wanted, kind, columns.classes)
    clip = None if wanted.clip is None else Clip(wanted.clip)
    loss = Loss(kind, chosen.recipe.spread, told, weights, clip)
    if recipe.like is not None:
        loss = as_convention(loss, recipe.like, scores.sample.dtype)
    padding = None if recipe.pad is None else learnt.classes.find(recipe.pad)
    reduction = reduction_of(wanted, padding)
    setting = Setting(
        *(table, scores, inputs, learnt.classes, loss, reduction, chosen, wanted.epsilons),
        binary=binary,
        sorted_names=sorted_names,
    )
    if recipe.like is not None:
        setting.check_convention(recipe.like)
    return setting


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
        if learnt.classes.in_order_of_text:
            first, by_value = learnt.classes.names or (), sorted(learnt.classes.names or (), key=int)
            message = (
                f"{table.name} has columns without names, and the classes are numbers as text:"
                f" are they in the order {listed(first, 4)}, or {listed(by_value, 4)}?"
            )
            raise LsmoothError(message, "pass --names with all classes in the order of the columns")
        return learnt, True
    if classes.count != count:
        raise LsmoothError(f"{table.name} has {count} columns, the labels {classes.count} classes")
    if recipe.weights.counts_labels:
        inputs.need_again("the prior", "pass --prior with values, or a file")
        return learn_labels(inputs, progress), False
    return Learnt(classes, None, 0, np.zeros(0)), False


def _kind(rule: Rule, labels: LabelKind, like: Convention | None, *, binary: bool) -> LossKind:
    """Return the kind of the loss."""
    if like is not None:
        return like.kind
    return "sigmoid" if binary or labels == "multilabel" or rule in PER_LABEL else "softmax"


def _weights(wanted: LossFlags, kind: LossKind, classes: Classes) -> Weights:
    """Return the class weights."""
    if kind == "sigmoid" and wanted.divisor == "weights":
        raise LsmoothError(
            "--denominator weights needs one class a row, each label here is on its own",
            "pass --denominator valid or all",
        )
    values = None if wanted.weights is None else map_values(wanted.weights, classes, "--weights")
    return Weights(values, wanted.weighting)


def reduction_of(wanted: LossFlags, padding: int | None) -> Reduction:
    """Return how the flags want a loss to be reduced; `padding` is the class of ignored rows, if known."""
    mean = wanted.reduction == "mean"
    if wanted.like is not None:
        return Reduction.of(wanted.like, mean=mean, padding=padding)
    subtract: Subtracted | None = "entropy" if wanted.minus_entropy else None
    return Reduction(mean, wanted.divisor, subtract=subtract, padding=padding)
